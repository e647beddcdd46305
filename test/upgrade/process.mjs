// A receiver or a worker of the rolling switch, of the build in `lib`: all ways to keep and to handle events at once.
// As `seed` it only puts a message of a later version into each queue.
import { createRequire } from 'node:module'
import express from 'express'
import { Redis } from 'ioredis'
import pg from 'pg'
import { onShutdown } from '../../examples/shared/shutdown.js'

const { lib, version, role, runId, redisUrl, databaseUrl, credential, bullmqs, bosses } = JSON.parse(
  process.env.UPGRADE_SETUP,
)
const [
  { smileIdCallbacks },
  { redisStore },
  { postgresStore, inTransaction },
  { bullmqInbox, bullmqProcessor, bullmqWorker },
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
const database = {
  connectionString: databaseUrl,
  query_timeout: 10_000,
  connectionTimeoutMillis: 5_000,
  keepAlive: true,
}

const redis = new Redis(redisUrl, { socketTimeout: 5_000 })
const pool = new pg.Pool({ ...database, max: 2 })
/** By the name of its way. */
const queues = {}
for (const { way, packageName } of bullmqs) {
  const { Queue, Worker } = await import(packageName)
  const prefix = `${runId}:${packageName}`
  queues[way] = { Worker, prefix, queue: new Queue('smile-id', { connection, prefix }) }
}
const opened = {}
for (const { way, root, packageName, schema } of bosses) {
  const loaded = createRequire(root)(packageName)
  opened[way] = new (loaded.PgBoss ?? loaded)({ ...database, schema, max: 2 })
  opened[way].on('error', (error) => console.error(error))
  await opened[way].start()
}
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
  inTransaction(pool, way, (event, { client }) => insert(client, way, event), {
    table: `${runId}.effects_${way.replace(/\W/g, '')}`,
  })

const ways = {
  redis: { store: stores.redis('redis'), handler: plain('redis') },
  postgres: { store: stores.postgres('postgres'), handler: effect('postgres') },
}
for (const [way, { queue, Worker, prefix }] of Object.entries(queues)) {
  const options = { connection, prefix, concurrency: 5 }
  ways[way] = {
    store: stores.redis(way),
    inbox: bullmqInbox(queue),
    handler: plain(way),
    // bullmqWorker makes one of the newest.
    work: (callbacks) =>
      way === 'bullmq' ? bullmqWorker(callbacks, options) : new Worker('smile-id', bullmqProcessor(callbacks), options),
  }
}
for (const [way, boss] of Object.entries(opened)) {
  ways[way] = {
    store: stores.postgres(way.replace(/\W/g, '')),
    inbox: pgBossInbox(boss, { createQueue }),
    handler: effect(way),
    work: (callbacks) => pgBossWorker(callbacks, boss, { createQueue, concurrency: 5 }),
  }
}

const end = async () => {
  await Promise.all(Object.values(opened).map((boss) => boss.stop({ graceful: false })))
  await Promise.all([...Object.values(queues).map(({ queue }) => queue.close()), pool.end(), redis.quit()])
}

if (role === 'seed') {
  const later = { version: 99, id: '0'.repeat(32), text: 'as of later' }
  for (const { queue } of Object.values(queues)) await queue.add('later', later, { jobId: later.id, attempts: 2 })
  for (const boss of Object.values(opened))
    await boss.send('smile-id', later, { id: '11111111-1111-4111-8111-111111111111' })
  await end()
  process.exit()
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
  await end()
})
