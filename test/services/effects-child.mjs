// Runs the effects of some verdicts, and is killed in the middle; what it was told comes in EFFECTS_SETUP.
import pg from 'pg'
import { inTransaction } from '../../dist/postgres.js'

const { databaseUrl, schema, verdicts, concurrency = 1 } = JSON.parse(process.env.EFFECTS_SETUP)
const pool = new pg.Pool({ connectionString: databaseUrl, max: concurrency + 1 })
pool.on('error', () => undefined)

const pay = inTransaction(
  pool,
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
