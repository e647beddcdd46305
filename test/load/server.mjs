// One server of the load tests: a receiver, and in the inbox modes a worker, in a process that may be killed at any time.
import { createServer } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import express from 'express'
import pg from 'pg'
import { Redis } from 'ioredis'
import { smileIdCallbacks } from '../../dist/index.js'

const {
  mode,
  runId,
  redisUrl,
  databaseUrl,
  storeUrl = databaseUrl,
  credential,
  handlerTimeout,
  storeTimeout,
  lease,
} = JSON.parse(process.env.LOAD_SETUP)
const prefix = `${runId}:${mode}:`
const effects = `${runId}."effects_${mode}"`
const pool = new pg.Pool({ connectionString: databaseUrl, max: 5 })
const storePool = new pg.Pool({ connectionString: storeUrl, max: 5 })
const redis = new Redis(redisUrl, { maxRetriesPerRequest: null, retryStrategy: () => 100 })
for (const client of [pool, storePool, redis]) client.on('error', () => undefined)
const { hostname: host, port, pathname } = new URL(redisUrl)
const connection = {
  host,
  port: Number(port || 6379),
  db: Number(pathname.slice(1) || 0),
  maxRetriesPerRequest: null,
  retryStrategy: () => 100,
}

const work = {
  // What a crash in the middle does to a handler that is not idempotent.
  async plain(event) {
    await sleep(Math.random() * 10)
    await pool.query(`INSERT INTO ${effects} (event_id, pid) VALUES ($1, $2)`, [event.id, process.pid])
    await sleep(Math.random() * 25)
  },
  async counter(event) {
    await redis.multi().hincrby(`${prefix}runs`, event.id, 1).hincrby(`${prefix}pids`, String(process.pid), 1).exec()
    await sleep(Math.random() * 5)
  },
}

const redisStore = async () => (await import('../../dist/redis.js')).redisStore(redis, { prefix })
const postgresStore = async () =>
  (await import('../../dist/postgres.js')).postgresStore(storePool, { table: `${runId}.events_${mode}` })

const modes = {
  redis: async () => ({ store: await redisStore(), handler: work.plain }),
  two: async () => ({ store: await redisStore(), handler: work.counter }),
  async bullmq() {
    const { Queue } = await import('bullmq')
    const { bullmqInbox, bullmqWorker } = await import('../../dist/bullmq.js')
    const options = { connection, prefix: `${prefix}bull` }
    return {
      store: await redisStore(),
      inbox: bullmqInbox(
        new Queue('smile-id', options).on('error', () => undefined),
        { timeout: handlerTimeout },
      ),
      handler: work.plain,
      start: (callbacks) =>
        bullmqWorker(callbacks, { ...options, concurrency: 5, lockDuration: 4_000, stalledInterval: 1_000 }).on(
          'error',
          () => undefined,
        ),
    }
  },
  async pgboss() {
    const { default: PgBoss } = await import('pg-boss')
    const { pgBossInbox, pgBossWorker } = await import('../../dist/pg-boss.js')
    const boss = new PgBoss({
      connectionString: storeUrl,
      schema: `${runId}_boss`,
      maintenanceIntervalSeconds: 1,
      max: 5,
      query_timeout: 3_000,
      connectionTimeoutMillis: 2_000,
      keepAlive: true,
    })
    boss.on('error', () => undefined)
    await boss.start()
    const createQueue = { expireInSeconds: 5, retryDelay: 1, retryBackoff: false }
    return {
      store: await postgresStore(),
      inbox: pgBossInbox(boss, { createQueue, timeout: handlerTimeout }),
      handler: work.plain,
      start: (callbacks) => pgBossWorker(callbacks, boss, { createQueue, concurrency: 10, pollingInterval: 500 }),
    }
  },
}

const { store, inbox, handler, start } = await modes[mode]()
const callbacks = smileIdCallbacks({
  credentials: credential,
  allowedIps: ['127.0.0.1', '::ffff:127.0.0.1'],
  logger: false,
  store,
  ...(inbox && { inbox }),
  handlerTimeout,
  once: { timeout: storeTimeout, lease },
  // A machine that stands still for longer than handlers may take makes repeats without any crash.
  onDelivery({ code, claim, event }) {
    if (code === 'handler_timeout' || claim?.end === 'lost' || claim?.end === 'unavailable')
      process.send({ late: event.id })
  },
})
callbacks.onAny(handler)
await start?.(callbacks)

const server = createServer(express().use('/smile-id', callbacks.router)).listen(0, '127.0.0.1', () =>
  process.send({ port: server.address().port }),
)
