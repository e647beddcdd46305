// What an event takes in each engine, and the largest message: after `npm run build`: node test/measure/space.mjs [events]
// Starts a Redis of its own; needs Postgres: DATABASE_URL. Figures of 2026-11-28 are in README.md, beside this file.
import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { Queue } from 'bullmq'
import { Redis } from 'ioredis'
import pg from 'pg'
import PgBoss from 'pg-boss'
import { bullmqInbox, bullmqWorker } from '../../dist/bullmq.js'
import { memoryStore, smileIdCallbacks } from '../../dist/index.js'
import { pgBossInbox } from '../../dist/pg-boss.js'
import { postgresStore } from '../../dist/postgres.js'
import { redisStore } from '../../dist/redis.js'
import { sample, signDelivery } from '../../dist/testing.js'
import { ownRedis } from '../support/own-servers.mjs'

const events = Number(process.argv[2] ?? 100_000)
const waiting = Math.ceil(events / 20)
const connectionString = process.env.DATABASE_URL ?? 'postgres://postgres@127.0.0.1:5432/test'
const credential = { partnerId: '085', apiKey: 'test-key-not-a-secret' }
const ttlMs = 7 * 86_400_000
const schema = `space_${process.pid}`

const server = await ownRedis()
const redis = new Redis(server.port)
const pool = new pg.Pool({ connectionString, max: 8 })
await pool.query(`CREATE SCHEMA ${schema}`)
const memory = async () => Number(/used_memory:(\d+)/.exec(await redis.info('memory'))[1])
const relations = async (like) =>
  Number(
    (
      await pool.query(
        `SELECT coalesce(sum(pg_total_relation_size(c.oid)), 0) AS bytes FROM pg_class c
         JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = $1 AND c.relkind = 'r' AND c.relname LIKE $2`,
        [schema, like],
      )
    ).rows[0].bytes,
  )
const say = (what, bytes) => console.log(`${what}: ${Math.round(bytes)} B`)

/** `act` for each of `count`, 50 at once. */
async function many(count, act) {
  let next = 0
  const lane = async () => {
    while (next < count) await act((next += 1))
  }
  await Promise.all(Array.from({ length: 50 }, lane))
}

/** An event that was claimed and is done, with the note of its verdict. */
async function remember(store) {
  await many(events, async () => {
    const id = randomBytes(16).toString('hex')
    const owner = 'o'.repeat(36)
    await store.reserve(id, { owner, leaseMs: 45_000 })
    await store.complete(id, { owner, ttlMs })
    await store.note(`verdict:${randomBytes(16).toString('hex')}`, { ttlMs })
  })
}

/** Handles all that waits, and drops the stream of what happened. */
async function drain(queue, callbacks) {
  const connection = { port: server.port, maxRetriesPerRequest: null }
  const worker = bullmqWorker(callbacks, { connection, concurrency: 50 })
  while ((await queue.getJobCountByTypes('waiting', 'active')) > 0) await sleep(50)
  await worker.close()
  await redis.del('bull:smile-id:events')
}

function receiver(inbox) {
  return smileIdCallbacks({ credentials: credential, allowedIps: false, logger: false, store: memoryStore(), inbox })
}
const payloadOf = (n, more) => ({
  ...sample('document_verification', 'approved', { generation: 'v1', jobId: `job-${n}` }),
  ...more,
})
async function deliver(callbacks, n, more) {
  const delivery = signDelivery({ credential, payload: payloadOf(n, more) })
  const { code, hint } = await callbacks.receive({ method: 'POST', ...delivery })
  if (code !== 'accepted') throw new Error(`${code}: ${hint}`)
  return Buffer.byteLength(delivery.body)
}

/** Bodies at the limit: what Smile ID sends most of, what escapes most, what is no ASCII. */
const largest = 1_570_000
const contents = {
  photos: { Photo: 'A'.repeat(largest - 2_000) },
  'short strings': { list: Array.from({ length: 190_000 }, () => 'short') },
  Amharic: { note: 'ሰ'.repeat(Math.floor((largest - 2_000) / 3)) },
}

try {
  await redis.flushall()
  let before = await memory()
  await remember(redisStore(redis))
  say('redisStore, an event that is done', ((await memory()) - before) / events)
  await redis.flushall()

  await remember(postgresStore(pool, { table: `${schema}.events` }))
  say('postgresStore, an event that is done', (await relations('events')) / events)

  const queue = new Queue('smile-id', { connection: { port: server.port } })
  await queue.waitUntilReady()
  const front = receiver(bullmqInbox(queue))
  const back = receiver(undefined)
  back.onAny(() => undefined)
  // With the scripts of both loaded.
  await deliver(front, 'first')
  await drain(queue, back)
  before = await memory()
  await many(waiting, (n) => deliver(front, n))
  const body = signDelivery({ credential, payload: payloadOf(1) }).body.length
  say(`BullMQ, a waiting callback of ${body} B`, ((await memory()) - before) / waiting)
  await drain(queue, back)
  say('BullMQ, an event that is done, for 24 h', ((await memory()) - before) / waiting)
  for (const [name, more] of Object.entries(contents)) {
    await redis.del(...(await redis.keys('bull:smile-id:*')))
    const bytes = await deliver(front, name, more)
    const [job] = await queue.getJobs('waiting')
    say(`BullMQ, a body of ${bytes} B of ${name}`, await redis.hstrlen(`bull:smile-id:${job.id}`, 'data'))
  }
  await queue.close()

  const boss = new PgBoss({ connectionString, schema: `${schema}b`, max: 8 })
  boss.on('error', console.error)
  await boss.start()
  const inbox = pgBossInbox(boss)
  const stored = receiver(inbox)
  await deliver(stored, 'first')
  const job = async () =>
    Number(
      (
        await pool.query(
          `SELECT sum(pg_total_relation_size(inhrelid)) AS bytes FROM pg_inherits WHERE inhparent = '${schema}b.job'::regclass`,
        )
      ).rows[0].bytes,
    )
  before = await job()
  await many(waiting, (n) => deliver(stored, n))
  say(`pg-boss, a waiting callback of ${body} B`, ((await job()) - before) / waiting)
  for (const [name, more] of Object.entries(contents)) {
    const bytes = await deliver(stored, name, more)
    const { rows } = await pool.query(
      `SELECT pg_column_size(data) AS stored, length(data::text) AS text FROM ${schema}b.job ORDER BY created_on DESC LIMIT 1`,
    )
    say(`pg-boss, a body of ${bytes} B of ${name}, ${rows[0].text} B as text, compressed by Postgres`, rows[0].stored)
  }
  await boss.stop({ graceful: false })
} finally {
  await pool.query(`DROP SCHEMA ${schema} CASCADE; DROP SCHEMA IF EXISTS ${schema}b CASCADE`)
  await pool.end()
  redis.disconnect()
  await server.remove()
}
