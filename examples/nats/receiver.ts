// Takes callbacks, and answers 200 as soon as NATS has them. Handlers run in worker.ts, in another process.
import express from 'express'
import { smileIdCallbacks } from 'express-smile-id'
import { credential } from '../shared/settings.js'
import { natsInbox, openStream } from './stream.ts'
import { queue } from './settings.ts'

export const opened = await openStream(queue.name)
const callbacks = smileIdCallbacks({ credentials: credential, inbox: natsInbox(opened), logger: false })

export const app = express().use('/smile-id', callbacks.router)
