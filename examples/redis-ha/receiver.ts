// Takes callbacks, and answers 200 as soon as Redis has them. Handlers run in worker.ts, in another process.
import { Queue } from 'bullmq'
import express from 'express'
import { smileIdCallbacks } from 'express-smile-id'
import { bullmqInbox } from 'express-smile-id/bullmq'
import { redisStore } from 'express-smile-id/redis'
import { credential } from '../shared/settings.js'
import { connect, prefix, receiving } from './settings.ts'

export const redis = connect(receiving)
export const queue = new Queue('smile-id', { connection: redis, prefix })
queue.on('error', (error) => console.error(error))

const callbacks = smileIdCallbacks({
  credentials: credential,
  // Its keys lie on any node: each is used alone.
  store: redisStore(redis),
  // 12 attempts over some hours unless you say otherwise; here the second comes soon.
  inbox: bullmqInbox(queue, { job: { backoff: { type: 'fixed', delay: 300 } } }),
  logger: false,
})

export const app = express().use('/smile-id', callbacks.router)
