// Does a receiver stay up, lose nothing and grow by nothing under mixed traffic while its databases restart?
// `npm run test:soak`; SOAK_MINUTES (10), SOAK_CONNECTIONS (200), SOAK_PAUSE (200, ms at most between two of a connection).
import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { setTimeout as sleep } from 'node:timers/promises'
import { hasPostgresServer, hasRedisServer, ownPostgres, ownRedis } from '../support/own-servers.mjs'
import { deliverOne, deliverRest } from './soak-traffic.mjs'

const minutes = Number(process.env.SOAK_MINUTES ?? 10)
const connections = Number(process.env.SOAK_CONNECTIONS ?? 200)
const pause = Number(process.env.SOAK_PAUSE ?? 200)
const credential = { partnerId: '085', apiKey: 'soak-key-not-a-secret' }
const mb = (bytes) => `${(bytes / 1024 / 1024).toFixed(1)} MB`
const faults = []

if (!hasRedisServer || !hasPostgresServer) process.exit(process.env.CI === 'true' ? 1 : 0)
const [redis, postgres] = [await ownRedis(), await ownPostgres()]

const server = fork(fileURLToPath(new URL('soak-server.mjs', import.meta.url)), {
  execArgv: ['--expose-gc'],
  env: { ...process.env, SOAK_SETUP: JSON.stringify({ redisUrl: redis.url, databaseUrl: postgres.url, credential }) },
})
const handled = new Map()
let onMemory
let stopping = false
const port = await new Promise((resolve) => {
  server.on('exit', () => resolve(undefined))
  server.on('message', (message) => {
    if (message.port) resolve(message.port)
    if (message.handled) handled.set(message.handled, (handled.get(message.handled) ?? 0) + 1)
    if (message.memory) onMemory(message.memory)
  })
})
server.on('exit', (code, signal) => stopping || faults.push(`the receiver ended: ${signal ?? code}`))
const memory = () =>
  new Promise((resolve) => {
    onMemory = resolve
    server.send('memory')
  })

const traffic = { base: `http://127.0.0.1:${port}`, credential, seen: { facts: 0 }, open: new Map(), taken: new Map() }
const started = Date.now()
const end = started + minutes * 60_000
const isOver = () => Date.now() > end || faults.length > 0
if (port === undefined) faults.push('the receiver did not start')

async function lane() {
  while (!isOver()) {
    await deliverOne(traffic)
    await sleep(Math.random() * pause)
  }
}

/** One after the other, each once in a period, and away for half a second. */
async function restarting() {
  const period = Math.min(60_000, (minutes * 60_000) / 3)
  let restarts = 0
  while (Date.now() + period < end && faults.length === 0) {
    for (const database of [redis, postgres]) {
      await sleep(period / 2 - 500)
      await database.kill()
      await sleep(500)
      await database.start()
      restarts += 1
    }
  }
  return restarts
}

/** After a sixth of the time everything that is kept is full: from there on nothing may grow. */
async function watching() {
  await sleep((minutes * 60_000) / 6)
  return faults.length > 0 ? { held: 0, rss: 0 } : memory()
}

const lanes = Array.from({ length: connections }, lane)
const [restarts, early] = await Promise.all([restarting(), watching(), ...lanes])
await deliverRest(traffic, 60)
const late = faults.length > 0 ? early : await memory()
stopping = true
server.kill()
await Promise.all([redis.remove(), postgres.remove()])

const { seen, open, taken } = traffic
const { facts, ...answers } = seen
const lost = [...taken.keys()].filter((jobId) => !handled.has(jobId))
const repeated = [...handled.values()].filter((times) => times > 1).length
const wrong = Object.keys(answers).filter((key) => / 500$/.test(key) || /^(?:forged|hostile|stalled) 200$/.test(key))
if (open.size > 0) faults.push(`${open.size} facts were never taken`)
if (lost.length > 0) faults.push(`${lost.length} facts were answered 200 and not handled`)
if (handled.has('job-forged')) faults.push('a forgery was handled')
if (wrong.length > 0) faults.push(`answers that may not be: ${wrong.join(', ')}`)
if (late.held - early.held > 24 * 1024 * 1024) faults.push('memory grew')

const deliveries = Object.values(answers).reduce((sum, count) => sum + count, 0)
console.log(`soak: ${((Date.now() - started) / 60_000).toFixed(1)} minutes, ${connections} connections, ${deliveries} deliveries, ${facts} facts, ${restarts} restarts`)
for (const key of Object.keys(answers).sort()) console.log(`  ${key}: ${answers[key]}`)
console.log(`taken ${taken.size}, handled ${handled.size}, lost ${lost.length}, handled more than once ${repeated}`)
console.log(`memory after collection: ${mb(early.held)} early, ${mb(late.held)} at the end (resident ${mb(early.rss)}, ${mb(late.rss)})`)
console.log(faults.length === 0 ? 'no crash, nothing lost, memory flat' : `FAILED: ${faults.join('; ')}`)
process.exit(faults.length === 0 ? 0 : 1)
