// Runs the effects of some verdicts and kills itself, or is killed, in the middle; what it was told comes in EFFECTS_SETUP.
import pg from 'pg'
import { setImmediate as turn } from 'node:timers/promises'
import { inTransaction } from '../../dist/postgres.js'

const { databaseUrl, schema, killAt, verdicts, concurrency = 1 } = JSON.parse(process.env.EFFECTS_SETUP)
const pool = new pg.Pool({ connectionString: databaseUrl, max: concurrency + 1 })
pool.on('error', () => undefined)

let passed = 0
/** One place where the process may die. */
const point = () => {
  passed += 1
  if (passed === killAt) process.kill(process.pid, 'SIGKILL')
}
/** Before it is sent, once it is on its way, and when it is answered. */
const watched = async (send) => {
  point()
  const answer = send()
  answer.catch(() => undefined)
  await turn()
  point()
  const value = await answer
  point()
  return value
}
const watchedPool = {
  query: (...args) => watched(() => pool.query(...args)),
  async connect() {
    const client = await watched(() => pool.connect())
    return { query: (...args) => watched(() => client.query(...args)), release: (destroy) => client.release(destroy) }
  },
}

const pay = inTransaction(
  watchedPool,
  'pay',
  async (event, { client }) => {
    await client.query(`INSERT INTO ${schema}.effects (verdict, pid) VALUES ($1, $2)`, [event.verdictId, process.pid])
  },
  { table: `${schema}.keys` },
)
const { signal } = new AbortController()
const lane = async () => {
  for (let verdictId = verdicts.shift(); verdictId; verdictId = verdicts.shift()) {
    await pay({ id: `event-of-${verdictId}`, verdictId }, { signal })
    process.send?.({ done: verdictId })
  }
}
process.send?.({ ready: true })
await Promise.all(Array.from({ length: concurrency }, lane))
await pool.end()
process.disconnect?.()
