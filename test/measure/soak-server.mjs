// The receiver of the soak: every event it handles is told to the parent, and its memory when it is asked.
import { createServer } from 'node:http'
import express from 'express'
import pg from 'pg'
import { Redis } from 'ioredis'
import { smileIdCallbacks } from '../../dist/index.js'
import { postgresStore } from '../../dist/postgres.js'
import { redisStore } from '../../dist/redis.js'

const { redisUrl, databaseUrl, credential } = JSON.parse(process.env.SOAK_SETUP)
const redis = new Redis(redisUrl, { retryStrategy: () => 100, maxRetriesPerRequest: 1 })
const pool = new pg.Pool({ connectionString: databaseUrl, max: 10 })
for (const client of [redis, pool]) client.on('error', () => undefined)

function receiver(store) {
  const callbacks = smileIdCallbacks({ credentials: credential, allowedIps: false, logger: false, store, bodyTimeout: 4_000, maxUnverifiedBytes: '16mb', handlerTimeout: 5_000, once: { timeout: 1_500, lease: 9_000 } })
  callbacks.onAny(async (event) => {
    await new Promise((resolve) => setTimeout(resolve, Math.random() * 20))
    process.send({ handled: event.jobId })
  })
  return callbacks.router
}

const app = express().use('/redis', receiver(redisStore(redis))).use('/postgres', receiver(postgresStore(pool)))
const server = createServer(app).listen(0, '127.0.0.1', () => process.send({ port: server.address().port }))

process.on('message', async () => {
  for (let i = 0; i < 5; i += 1) {
    await new Promise((resolve) => setTimeout(resolve, 200))
    global.gc()
  }
  const { heapUsed, external, rss } = process.memoryUsage()
  process.send({ memory: { held: heapUsed + external, rss } })
})
