// Takes callbacks, and answers 200 as soon as RabbitMQ has them. Handlers run in worker.ts, in another process.
import express from 'express'
import { smileIdCallbacks } from 'express-smile-id'
import { credential } from '../shared/settings.js'
import { openQueue, rabbitInbox } from './queue.ts'
import { queue } from './settings.ts'

export const opened = await openQueue(queue)
const callbacks = smileIdCallbacks({ credentials: credential, inbox: rabbitInbox(opened), logger: false })

export const app = express().use('/smile-id', callbacks.router)
