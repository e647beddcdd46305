// The receiver under test, as its users write it.
import express from 'express'
import { smileIdCallbacks } from 'express-smile-id'

export const credential = { partnerId: '085', apiKey: 'test-key' }
export const accounts = []
// With WRONG_KEY the receiver knows another key, and every test of it has to fail.
const callbacks = smileIdCallbacks({ credentials: process.env.WRONG_KEY ? { ...credential, apiKey: process.env.WRONG_KEY } : credential, logger: false })
callbacks.on('approved', ({ partnerParams }) => accounts.push(partnerParams.account_id))

export const app = express().use('/smile-id', callbacks.router)
