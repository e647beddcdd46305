// The receiver under test, as its users write it.
const express = require('express')
const { smileIdCallbacks } = require('express-smile-id')

const credential = { partnerId: '085', apiKey: 'test-key' }
const accounts = []
// With WRONG_KEY the receiver knows another key, and every test of it has to fail.
const callbacks = smileIdCallbacks({ credentials: process.env.WRONG_KEY ? { ...credential, apiKey: process.env.WRONG_KEY } : credential, logger: false })
callbacks.on('approved', ({ partnerParams }) => accounts.push(partnerParams.account_id))

module.exports = { accounts, app: express().use('/smile-id', callbacks.router), credential }
