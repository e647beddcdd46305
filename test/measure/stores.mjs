// What does a store, or an inbox, cost? After `npm run build`: node test/measure/stores.mjs [seconds] [remembered events]
// Deliveries a second over HTTP, CPU of the receivers and round trips for each, with one and two processes behind this one, which
// sends, and with nothing and so many events remembered. Needs Redis (REDIS_URL) and Postgres (DATABASE_URL); takes back what it makes there.
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { createHmac } from 'node:crypto'
import { Agent, request } from 'node:http'
import { fileURLToPath } from 'node:url'
import express from 'express'
import { Redis } from 'ioredis'
import pg from 'pg'
import { memoryStore, smileIdCallbacks } from '../../dist/index.js'
import { postgresStore } from '../../dist/postgres.js'
import { redisStore } from '../../dist/redis.js'

const redisUrl = process.env.REDIS_URL ?? 'redis://127.0.0.1:6379'
const connectionString = process.env.DATABASE_URL ?? 'postgres://postgres@127.0.0.1:5432/test'
const credentials = { partnerId: '085', apiKey: 'a key that opens nothing' }
const atOnce = 32
const ttlMs = 86_400_000
const engines = ['memory', 'Redis', 'Postgres', 'Redis and BullMQ', 'Postgres and pg-boss']

async function work({ engine, run, remembered }) {
  const counted = { trips: 0 }
  const callbacks = smileIdCallbacks({ credentials, allowedIps: false, logger: false, ...(await optionsOf(engine, run, remembered, counted)) })
  callbacks.onAny(async () => undefined)
  const server = express().use('/hook', callbacks.router).listen(0, '127.0.0.1', () => process.send({ port: server.address().port }))
  process.on('message', () => {
    const { user, system } = process.cpuUsage()
    process.send({ cpuUs: user + system, trips: counted.trips })
  })
  process.on('disconnect', () => process.exit())
}

/** Posts to a receiver for so long; how many deliveries were accepted. */
async function send(port, ms) {
  const agent = new Agent({ keepAlive: true, maxSockets: atOnce })
  const until = performance.now() + ms
  let done = 0
  const lane = async () => {
    for (; performance.now() < until; done += 1) {
      const status = await post(port, agent, delivery())
      if (status !== 200) throw new Error(`answered ${status}`)
    }
  }
  await Promise.all(Array.from({ length: atOnce }, lane))
  agent.destroy()
  return done
}

function post(port, agent, body) {
  return new Promise((resolve, reject) => {
    const headers = { 'Content-Type': 'application/json', 'Content-Length': body.length }
    const req = request({ port, host: '127.0.0.1', path: '/hook', method: 'POST', headers, agent }, (res) => res.resume().on('end', () => resolve(res.statusCode)))
    req.on('error', reject).end(body)
  })
}

let made = 0

/** One result of 2 kB, of a job of its own, signed anew. */
function delivery() {
  made += 1
  const timestamp = new Date(Date.now() - (made % 3_000_000)).toISOString()
  const signature = createHmac('sha256', credentials.apiKey).update(`${timestamp}${credentials.partnerId}sid_request`).digest('base64')
  return Buffer.from(JSON.stringify({ signature, timestamp, ResultCode: '0810', ResultText: 'Enroll User', SmileJobID: '0000000001', ConfidenceValue: '99', PartnerParams: { job_id: `job-${made}`, user_id: 'user-1', job_type: '1', account_id: 'acc-1' }, Actions: { Liveness_Check: 'Passed', Register_Selfie: 'Approved' }, FullData: { note: 'x'.repeat(1_500) } }))
}

async function optionsOf(engine, run, remembered, counted) {
  const [name] = engine.split(' ')
  if (name === 'memory') {
    const store = memoryStore({ maxBytes: 4_000_000_000 })
    for (let n = 0; n < remembered; n += 1) {
      const id = idOf(n)
      store.reserve(id, { owner: 'a', leaseMs: 60_000 })
      store.complete(id, { owner: 'a', ttlMs })
    }
    return { store }
  }
  if (name === 'Redis') {
    const count = (send) => function counting(...args) { counted.trips += 1; return send.apply(this, args) }
    Redis.prototype.sendCommand = count(Redis.prototype.sendCommand)
    const client = () => new Redis(redisUrl, { maxRetriesPerRequest: null })
    const store = redisStore(client(), { prefix: `${run}:` })
    if (engine === name) return { store }
    const { Queue } = await import('bullmq')
    const { bullmqInbox } = await import('../../dist/bullmq.js')
    return { store, inbox: bullmqInbox(new Queue(run, { connection: client() }), { dedupe: 60_000 }) }
  }
  const { query } = pg.Client.prototype
  pg.Client.prototype.query = function counting(...args) { counted.trips += 1; return query.apply(this, args) }
  const pool = new pg.Pool({ connectionString, max: 10 })
  const store = postgresStore(pool, { table: run })
  if (engine === name) return { store }
  const PgBoss = (await import('pg-boss')).default
  const { pgBossInbox } = await import('../../dist/pg-boss.js')
  const boss = new PgBoss({ connectionString, schema: `${run}_boss`, max: 10 })
  boss.on('error', (error) => { throw error })
  await boss.start()
  return { store, inbox: pgBossInbox(boss) }
}

function idOf(n) {
  return n.toString(16).padStart(32, '0')
}

async function measure(seconds, remembered) {
  const run = `stores_${process.pid}`
  const redis = new Redis(redisUrl)
  const pool = new pg.Pool({ connectionString, max: 1 })
  console.log('| | processes | remembered | deliveries a second | µs of CPU each | against memory | round trips each |\n|---|---:|---:|---:|---:|---:|---:|')
  try {
    const inMemory = new Map()
    for (const engine of engines) {
      for (const filled of [0, remembered]) {
        await fill(engine, run, filled, redis, pool)
        for (const processes of [1, 2]) {
          const { perSecond, cpuUs, trips } = await runAll(processes, { engine, run, remembered: filled, seconds })
          const key = `${filled} ${processes}`
          if (engine === 'memory') inMemory.set(key, cpuUs)
          console.log(`| ${engine} | ${processes} | ${filled} | ${Math.round(perSecond)} | ${Math.round(cpuUs)} | ${(cpuUs / inMemory.get(key)).toFixed(2)} | ${trips.toFixed(1)} |`)
        }
      }
    }
  } finally {
    await cleanUp(run, redis, pool)
    await redis.quit()
    await pool.end()
  }
}

/** As many finished events as are to be remembered; those of runs before stay. */
async function fill(engine, run, count, redis, pool) {
  if (count === 0) return cleanUp(run, redis, pool)
  if (engine.startsWith('Redis')) {
    for (let from = 0; from < count; from += 10_000) {
      const pipeline = redis.pipeline()
      for (let n = from; n < Math.min(from + 10_000, count); n += 1) pipeline.set(`${run}:${idOf(n)}`, 'done', 'PX', ttlMs)
      await pipeline.exec()
    }
  }
  if (engine.startsWith('Postgres')) {
    await postgresStore(pool, { table: run }).release('none', { owner: 'none' })
    await pool.query(`INSERT INTO ${run} (id, owner, added, expires_at) SELECT lpad(to_hex(n), 32, '0'), NULL, date_trunc('minute', now()), now() + interval '1 day' FROM generate_series(1, ${Number(count)}) AS n ON CONFLICT DO NOTHING`)
    await pool.query(`VACUUM ANALYZE ${run}`)
  }
  return undefined
}

async function runAll(processes, { seconds, ...setup }) {
  const env = { ...process.env, STORES_SETUP: JSON.stringify(setup) }
  const children = Array.from({ length: processes }, () => fork(fileURLToPath(import.meta.url), { env, execArgv: ['--max-old-space-size=4096'] }))
  const next = async (child) => {
    const [message] = await Promise.race([once(child, 'message'), once(child, 'exit').then(([code]) => { throw new Error(`${setup.engine} ended with ${code}`) })])
    return message
  }
  const ports = (await Promise.all(children.map(next))).map(({ port }) => port)
  const ask = async (child) => {
    const answer = next(child)
    child.send('usage')
    return answer
  }
  await Promise.all(ports.map((port) => send(port, 2_000)))
  const before = await Promise.all(children.map(ask))
  const done = await Promise.all(ports.map((port) => send(port, seconds * 1_000)))
  const after = await Promise.all(children.map(ask))
  for (const child of children) child.disconnect()
  await Promise.all(children.map((child) => once(child, 'exit')))
  const total = done.reduce((sum, one) => sum + one, 0)
  const each = (name) => after.reduce((sum, one, index) => sum + one[name] - before[index][name], 0) / total
  return { perSecond: total / seconds, cpuUs: each('cpuUs'), trips: each('trips') }
}

async function cleanUp(run, redis, pool) {
  for (const pattern of [`${run}:*`, `bull:${run}:*`]) {
    for await (const keys of redis.scanStream({ match: pattern, count: 10_000 })) if (keys.length > 0) await redis.unlink(keys)
  }
  await pool.query(`DROP TABLE IF EXISTS ${run}`)
  await pool.query(`DROP SCHEMA IF EXISTS ${run}_boss CASCADE`)
}

if (process.send) await work(JSON.parse(process.env.STORES_SETUP))
else await measure(Number(process.argv[2] ?? 5), Number(process.argv[3] ?? 1_000_000))
