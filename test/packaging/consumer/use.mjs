// An ESM app on the packed tarball.
import assert from 'node:assert/strict'
import express from 'express'
import { smileIdCallbacks, SmileIdConfigError } from 'express-smile-id'
import { signDelivery } from 'express-smile-id/testing'
import exercise from './exercise.cjs'

await exercise({ assert, express, smileIdCallbacks, SmileIdConfigError, signDelivery })
console.log('ESM works')
