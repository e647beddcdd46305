// One process of the reconcile test: a receiver, or a run of reconcile that may be killed at any time.
import { createServer } from 'node:http'
import express from 'express'
import pg from 'pg'
import { Redis } from 'ioredis'
import { smileIdCallbacks } from '../../dist/index.js'
import { inTransaction, postgresStore } from '../../dist/postgres.js'
import { reconcile } from '../../dist/reconcile.js'
import { redisStore } from '../../dist/redis.js'

const { role, store, schema, redisUrl, databaseUrl, credential, baseUrl, jobs, lease } = JSON.parse(
  process.env.RECONCILE_SETUP,
)
const pool = new pg.Pool({ connectionString: databaseUrl, max: 5 })
pool.on('error', () => undefined)
const redis = store === 'redis' ? new Redis(redisUrl, { maxRetriesPerRequest: null }) : undefined

const callbacks = smileIdCallbacks({
  credentials: credential,
  allowedIps: ['127.0.0.1'],
  logger: false,
  handlerTimeout: 5_000,
  once: { lease, timeout: 2_000 },
  store: redis ? redisStore(redis, { prefix: `${schema}:` }) : postgresStore(pool, { table: `${schema}.events` }),
})
callbacks.on(
  ['approved', 'rejected'],
  inTransaction(
    pool,
    'open-account',
    (event, { client }) =>
      client.query(`INSERT INTO ${schema}.accounts (job, outcome, origin) VALUES ($1, $2, $3)`, [
        event.jobId,
        event.outcome,
        event.delivery.origin,
      ]),
    { table: `${schema}.effects` },
  ),
)
callbacks.on('id_info', () => undefined)

if (role === 'receiver') {
  const server = createServer(express().use('/smile-id', callbacks.router)).listen(0, '127.0.0.1', () =>
    process.send({ port: server.address().port }),
  )
} else {
  let settled = 0
  const onProgress = () => {
    settled += 1
    if (settled % 10 === 0) process.send({ settled })
  }
  const report = await reconcile(callbacks, { environment: 'production', baseUrl, jobs, concurrency: 4, onProgress })
  process.send({ report }, () => process.exit(0))
}
