// One of several processes that receive callbacks behind a load balancer.
import express from 'express'
import { smileIdCallbacks } from 'express-smile-id'
import { redisStore } from 'express-smile-id/redis'
import { credential } from '../shared/settings.js'
import { onShutdown } from '../shared/shutdown.js'
import { connect, tellVerdict } from './results.ts'

const redis = connect()
const callbacks = smileIdCallbacks({
  credentials: credential,
  // The loopback address, so that the demo can post to it. In production leave allowedIps out.
  allowedIps: ['127.0.0.1'],
  logger: false,
  // All processes claim events in the same place: each is handled once, whoever gets it.
  store: redisStore(redis, { prefix: process.env.PREFIX }),
})
callbacks.onAny(async (event) => {
  if (event.kind !== 'result' || !event.final) return
  // Update your database first. A handler that fails here makes Smile ID send the event again.
  await tellVerdict(redis, event)
  process.send?.({ handled: event.jobId })
})

const server = express()
  .use('/smile-id', callbacks.router)
  .listen(0, '127.0.0.1', () => process.send?.(server.address()))

onShutdown(async () => {
  // No new deliveries (503: Smile ID comes again, to another process), those in flight are finished.
  await callbacks.close({ timeout: 10_000 })
  server.close()
  redis.disconnect()
})
