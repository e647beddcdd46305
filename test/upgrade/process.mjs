// A receiver or a worker of the rolling switch, of the build in `lib`: four ways to keep and to handle events at once.
import express from 'express'
import { Redis } from 'ioredis'
import pg from 'pg'
import PgBoss from 'pg-boss'
import { Queue } from 'bullmq'
import { onShutdown } from '../../examples/shared/shutdown.js'

const { lib, version, role, runId, redisUrl, databaseUrl, credential } = JSON.parse(process.env.UPGRADE_SETUP)
const [
  { smileIdCallbacks },
  { redisStore },
  { postgresStore, inTransaction },
  { bullmqInbox, bullmqWorker },
  { pgBossInbox, pgBossWorker },
] = await Promise.all(
  ['index', 'redis', 'postgres', 'bullmq', 'pg-boss'].map((name) => import(new URL(`${name}.js`, lib))),
)

const { hostname: host, port, pathname } = new URL(redisUrl)
const connection = {
  host,
  port: Number(port || 6379),
  db: Number(pathname.slice(1)),
  maxRetriesPerRequest: null,
  socketTimeout: 15_000,
}
const prefix = `${runId}:bull`
const database = {
  connectionString: databaseUrl,
  query_timeout: 10_000,
  connectionTimeoutMillis: 5_000,
  keepAlive: true,
}

const redis = new Redis(redisUrl, { socketTimeout: 5_000 })
const pool = new pg.Pool({ ...database, max: 4 })
const boss = new PgBoss({ ...database, schema: `${runId}_boss`, max: 4 })
boss.on('error', (error) => console.error(error))
await boss.start()
const queue = new Queue('smile-id', { connection, prefix })
const createQueue = { retryDelay: 1, retryBackoff: false }

const stores = {
  redis: (way) => redisStore(redis, { prefix: `${runId}:${way}:` }),
  postgres: (way) => postgresStore(pool, { table: `${runId}.events_${way}` }),
}
const insert = (client, way, { jobId, outcome }) =>
  client.query(`INSERT INTO ${runId}.handled (way, what, version) VALUES ($1, $2, $3)`, [
    way,
    `${jobId} ${outcome}`,
    version,
  ])
const plain = (way) => (event) => insert(pool, way, event)
const effect = (way) =>
  inTransaction(pool, way, (event, { client }) => insert(client, way, event), { table: `${runId}.effects` })

const ways = {
  redis: { store: stores.redis('redis'), handler: plain('redis') },
  postgres: { store: stores.postgres('postgres'), handler: effect('postgres') },
  bullmq: {
    store: stores.redis('bullmq'),
    inbox: bullmqInbox(queue),
    handler: plain('bullmq'),
    work: (callbacks) => bullmqWorker(callbacks, { connection, prefix, concurrency: 5 }),
  },
  'pg-boss': {
    store: stores.postgres('boss'),
    inbox: pgBossInbox(boss, { createQueue }),
    handler: effect('pg-boss'),
    work: (callbacks) => pgBossWorker(callbacks, boss, { createQueue, concurrency: 5 }),
  },
}

const app = express()
const closing = []
for (const [way, { handler, work, ...keeping }] of Object.entries(ways)) {
  const isWorker = role === 'worker'
  if (isWorker && !work) continue
  const callbacks = smileIdCallbacks({
    credentials: credential,
    allowedIps: ['127.0.0.1'],
    logger: false,
    ...(!isWorker && keeping),
  })
  callbacks.onAny(handler)
  if (isWorker) {
    const worker = await work(callbacks)
    closing.push(() => (worker.close ? worker.close() : worker.stop()))
  } else {
    app.use(`/${way}`, callbacks.router)
    closing.push(() => callbacks.close({ timeout: 20_000 }))
  }
}
const server = app.listen(0, '127.0.0.1', () => process.send(server.address()))

onShutdown(async () => {
  await Promise.all(closing.map((close) => close()))
  server.close()
  server.closeAllConnections()
  await boss.stop({ graceful: false })
  await Promise.all([queue.close(), pool.end(), redis.quit()])
})
