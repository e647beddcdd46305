// One event of a job in a process of its own: it updates the job in one line, whatever the order; see effects-nested.test.ts.
import { setTimeout as pause } from 'node:timers/promises'
import pg from 'pg'
import { inTransaction } from '../../dist/postgres.js'

const { databaseUrl, schema, outcome, final, pauseMs } = JSON.parse(process.env.ORDER_SETUP)
const pool = new pg.Pool({ connectionString: databaseUrl, max: 2 })
pool.on('error', () => undefined)

const update = inTransaction(
  pool,
  'state',
  async (event, { client, earlier }) => {
    process.send?.({ begun: true })
    await pause(pauseMs)
    if (!event.final && earlier.some((one) => one.final)) return
    const state = [event.outcome, ...earlier.map((one) => `after ${one.outcome}`)].join(' ')
    await client.query(
      `INSERT INTO ${schema}.jobs VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET state = excluded.state`,
      [event.jobId, state],
    )
  },
  { table: `${schema}.keys`, per: 'event', lockTimeout: 5_000 },
)
const id = `${outcome}-${process.pid}`
const delivery = { signedAt: new Date(), credential: { partnerId: '085' } }
await update(
  { id, verdictId: outcome, jobId: 'job-1', outcome, final, delivery },
  { signal: new AbortController().signal },
)
await pool.end()
process.disconnect?.()
