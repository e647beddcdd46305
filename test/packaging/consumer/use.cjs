// A CommonJS app on the packed tarball.
const assert = require('node:assert/strict')
const express = require('express')
const { smileIdCallbacks, SmileIdConfigError } = require('express-smile-id')
const { signDelivery } = require('express-smile-id/testing')

require('./exercise.cjs')({ assert, express, smileIdCallbacks, SmileIdConfigError, signDelivery }).then(() => console.log('CommonJS works'))
