// One of several processes that receive callbacks. Each verdict has its effect once, whichever of them gets it.
import express from 'express'
import { smileIdCallbacks } from 'express-smile-id'
import { inTransaction, postgresStore } from 'express-smile-id/postgres'
import { credential } from '../shared/settings.js'
import { onShutdown } from '../shared/shutdown.js'
import { connect, schema } from './settings.ts'

const pool = connect()
const table = `${schema}.effects`
const callbacks = smileIdCallbacks({
  credentials: credential,
  // The loopback address, so that the demo can post to it. In production leave allowedIps out.
  allowedIps: ['127.0.0.1'],
  store: postgresStore(pool, { table: `${schema}.events` }),
  logger: false,
})

// A document approved by the machine and again by a person is one verdict: the bonus is paid once.
callbacks.on(
  'approved',
  inTransaction(
    pool,
    'activate',
    async (event, { client }) => {
      const { rowCount } = await client.query(
        `UPDATE ${schema}.accounts SET state = CASE state WHEN 'rejected' THEN 'disputed' ELSE 'active' END, balance = balance + 500 WHERE id = $1`,
        [event.partnerParams.account_id],
      )
      if (rowCount === 0) throw new Error('there is no such account')
    },
    { table },
  ),
)

callbacks.on(
  'rejected',
  inTransaction(
    pool,
    'reject',
    async (event, { client }) => {
      const { rowCount } = await client.query(
        `UPDATE ${schema}.accounts SET state = CASE state WHEN 'active' THEN 'disputed' ELSE 'rejected' END WHERE id = $1`,
        [event.partnerParams.account_id],
      )
      if (rowCount === 0) throw new Error('there is no such account')
    },
    { table },
  ),
)

// Every event leaves a trace; "under review" leaves nothing else, early or late.
callbacks.onAny(
  inTransaction(
    pool,
    'audit',
    async (event, { client }) => {
      const said = event.kind === 'result' ? event.outcome : event.kind
      await client.query(`INSERT INTO ${schema}.audit (event_id, account_id, said) VALUES ($1, $2, $3)`, [
        event.id,
        event.partnerParams.account_id,
        said,
      ])
    },
    { per: 'event', table },
  ),
)

const server = express()
  .use('/smile-id', callbacks.router)
  .listen(Number(process.env.PORT ?? 0), '127.0.0.1', () => {
    process.send?.(server.address())
  })

onShutdown(async () => {
  await callbacks.close({ timeout: 10_000 })
  server.close()
  await pool.end()
})
