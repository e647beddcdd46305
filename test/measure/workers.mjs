// Do the workers keep up? After `npm run build`: node test/measure/workers.mjs [events] [events a second]
// Handlers that do nothing, two workers of ten slots each: a backlog through pgBossWorker, pg-boss's own work() and bullmqWorker, in one
// run on one machine; then the age of the oldest waiting event while that many arrive a second. Fails if pgBossWorker is less than half
// as fast as work(), or if the age grows. Needs Redis (REDIS_URL) and Postgres (DATABASE_URL); takes back what it makes there.
// pg-boss 12 takes part on Node 22, after `npm ci --prefix test/hosts/pg-boss`.
import { createHmac } from 'node:crypto'
import { createRequire } from 'node:module'
import { setTimeout as sleep } from 'node:timers/promises'
import { Queue } from 'bullmq'
import pg from 'pg'
import PgBoss10 from 'pg-boss'
import { bullmqInbox, bullmqWorker } from '../../dist/bullmq.js'
import { smileIdCallbacks } from '../../dist/index.js'
import { pgBossInbox, pgBossWorker } from '../../dist/pg-boss.js'

const isNewer = Number.parseInt(process.versions.node) >= 22
const newer = createRequire(new URL('../hosts/pg-boss/package.json', import.meta.url))
const { PgBoss: PgBoss12 } = isNewer ? await import(newer.resolve('pgboss12')) : {}

const connectionString = process.env.DATABASE_URL ?? 'postgres://postgres@127.0.0.1:5432/test'
const url = new URL(process.env.REDIS_URL ?? 'redis://127.0.0.1:6379')
const connection = { host: url.hostname, port: Number(url.port || 6379), db: Number(url.pathname.slice(1) || 0), maxRetriesPerRequest: null }
const events = Number(process.argv[2] ?? 2_000)
const rate = Number(process.argv[3] ?? 200)
const [workers, concurrency] = [2, 10]
const credentials = { partnerId: '085', apiKey: 'a key that opens nothing' }
const run = `workers_${process.pid}`

/** A message as the receiver stores it. */
async function messages(many) {
  const made = []
  const inbox = { add: async (message) => void made.push(message) }
  const front = smileIdCallbacks({ credentials, allowedIps: false, logger: false, inbox })
  for (let n = 0; n < many; n += 1) await front.receive(delivery(n))
  return made
}

function delivery(n) {
  const timestamp = new Date(Date.now() - n).toISOString()
  const signature = createHmac('sha256', credentials.apiKey).update(`${timestamp}${credentials.partnerId}sid_request`).digest('base64')
  const body = { signature, timestamp, ResultCode: '0810', ResultText: 'Enroll User', SmileJobID: '0000000001', ConfidenceValue: '99', PartnerParams: { job_id: `${run}-${n}`, user_id: 'user-1', job_type: '1' }, Actions: {} }
  return { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }
}

function counting() {
  let count = 0
  const callbacks = smileIdCallbacks({ credentials, allowedIps: false, logger: false })
  callbacks.onAny(() => void (count += 1))
  return { callbacks, done: () => count }
}

const until = async (done, wanted) => {
  while (done() < wanted) await sleep(5)
}

async function add(inbox, list) {
  for (let n = 0; n < list.length; n += 50) await Promise.all(list.slice(n, n + 50).map((message) => inbox.add(message)))
}

/** Events a second, of a backlog that is there before the workers are. */
async function drain(make, list) {
  const engine = await make()
  await add(engine.inbox, list)
  const { callbacks, done } = counting()
  const begun = performance.now()
  const stops = await Promise.all(Array.from({ length: workers }, () => engine.work(callbacks)))
  await until(done, list.length)
  const perSecond = (list.length / (performance.now() - begun)) * 1_000
  await Promise.all(stops.map((stop) => stop()))
  await engine.close()
  return perSecond
}

/** The greatest age of an event when it was handled, ms, in the first and in the second half. */
async function ages(make, list) {
  const engine = await make()
  const added = new Map()
  const halves = [0, 0]
  let count = 0
  const callbacks = smileIdCallbacks({ credentials, allowedIps: false, logger: false })
  callbacks.onAny(({ id }) => {
    const half = count++ < list.length / 2 ? 0 : 1
    halves[half] = Math.max(halves[half], performance.now() - added.get(id))
  })
  const stops = await Promise.all(Array.from({ length: workers }, () => engine.work(callbacks)))
  const begun = performance.now()
  for (let sent = 0; sent < list.length; await sleep(5))
    for (const due = ((performance.now() - begun) / 1_000) * rate; sent < Math.min(due, list.length); sent += 1) {
      added.set(list[sent].id, performance.now())
      void engine.inbox.add(list[sent])
    }
  await until(() => count, list.length)
  await Promise.all(stops.map((stop) => stop()))
  await engine.close()
  return halves
}

const pgBoss = (Boss, schema, work) => async () => {
  const boss = new Boss({ connectionString, schema, max: 10, query_timeout: 10_000, connectionTimeoutMillis: 5_000, keepAlive: true })
  boss.on('error', console.error)
  await boss.start()
  const inbox = pgBossInbox(boss)
  const close = async () => {
    await boss.stop({ graceful: false })
    const client = new pg.Client({ connectionString })
    await client.connect()
    await client.query(`DROP SCHEMA IF EXISTS ${schema} CASCADE`)
    await client.end()
  }
  return { inbox, work: (callbacks) => work(boss, callbacks), close }
}

const ours = async (boss, callbacks) => {
  const worker = await pgBossWorker(callbacks, boss, { concurrency })
  return () => worker.stop()
}

/** As fast as pg-boss itself goes: a batch at a time, fetched again as soon as it was full. */
const theirs10 = async (boss, callbacks) => {
  const id = await boss.work('smile-id', { batchSize: concurrency, pollingIntervalSeconds: 0.5 }, async (jobs) => {
    await Promise.all(jobs.map(({ data }) => callbacks.dispatch(data)))
    boss.notifyWorker(id)
  })
  return () => boss.offWork('smile-id')
}
const theirs12 = async (boss, callbacks) => {
  await boss.work('smile-id', { batchSize: concurrency, burstWhenBatchFull: true }, (jobs) => Promise.all(jobs.map(({ data }) => callbacks.dispatch(data))))
  return () => boss.offWork('smile-id')
}

async function bullmq() {
  const queue = new Queue('smile-id', { connection, prefix: run })
  const inbox = bullmqInbox(queue)
  const work = async (callbacks) => {
    const worker = bullmqWorker(callbacks, { connection, prefix: run, concurrency })
    return () => worker.close()
  }
  return { inbox, work, close: async () => {
    await queue.obliterate({ force: true })
    await queue.close()
  } }
}

const list = await messages(events)
const speeds = {}
const contestants = {
  'pgBossWorker, pg-boss 10': pgBoss(PgBoss10, `${run}_a`, ours),
  'work() of pg-boss 10': pgBoss(PgBoss10, `${run}_b`, theirs10),
  ...(isNewer && {
    'pgBossWorker, pg-boss 12': pgBoss(PgBoss12, `${run}_c`, ours),
    'work() of pg-boss 12': pgBoss(PgBoss12, `${run}_d`, theirs12),
  }),
  bullmqWorker: bullmq,
}
for (const [name, make] of Object.entries(contestants)) {
  speeds[name] = await drain(make, list)
  console.log(`${name}: ${Math.round(speeds[name])} events a second`)
}
const [early, late] = await ages(pgBoss(PgBoss12 ?? PgBoss10, `${run}_e`, ours), list)
console.log(`at ${rate} a second, pgBossWorker: the oldest waited ${Math.round(early)} ms in the first half, ${Math.round(late)} ms in the second`)
const slow = ['10', '12'].filter((version) => speeds[`pgBossWorker, pg-boss ${version}`] < 0.5 * speeds[`work() of pg-boss ${version}`])
if (slow.length > 0) console.log(`too slow beside work() of pg-boss ${slow.join(' and ')}`)
const grows = late > 2 * early + 1_000
if (grows) console.log('the backlog grows')
process.exitCode = slow.length > 0 || grows ? 1 : 0
process.exit()
