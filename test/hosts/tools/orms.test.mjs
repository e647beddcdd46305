import { drizzle } from 'drizzle-orm/node-postgres'
import { sql as drizzleSql } from 'drizzle-orm'
import createKnex from 'knex'
import { Kysely, PostgresDialect, sql as kyselySql } from 'kysely'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { smileIdCallbacks } from '../../../dist/index.js'
import { inTransaction } from '../../../dist/postgres.js'
import { sample, signDelivery } from '../../../dist/testing.js'
import { databaseUrl, postgresAnswers, runId } from '../../support/services.ts'

// ORMs whose own transaction runs on the client of an effect: all of the effect stays, or nothing of it.

const knex = createKnex({ client: 'pg' })
afterAll(() => knex.destroy())

/** How each one runs a function in a transaction of its own; `add` inserts a row within it. */
const orms = {
  drizzle: (client, work, isolation) =>
    drizzle({ client }).transaction(
      (tx) =>
        work({
          add: (table, what) => tx.execute(drizzleSql`INSERT INTO ${drizzleSql.raw(table)} (what) VALUES (${what})`),
          nested: (inner) => tx.transaction(inner),
        }),
      isolation && { isolationLevel: 'serializable' },
    ),
  kysely: (client, work, isolation) => {
    const db = new Kysely({
      dialect: new PostgresDialect({ pool: { connect: async () => client, end: async () => undefined } }),
    })
    const transaction = isolation ? db.transaction().setIsolationLevel('serializable') : db.transaction()
    return transaction.execute((tx) =>
      work({
        add: (table, what) => kyselySql`INSERT INTO ${kyselySql.raw(table)} (what) VALUES (${what})`.execute(tx),
      }),
    )
  },
  knex: (client, work, isolation) =>
    knex.transaction(
      (tx) =>
        work({
          add: (table, what) => tx.raw(`INSERT INTO ${table} (what) VALUES (?)`, [what]),
          nested: (inner) => tx.transaction(inner),
        }),
      { connection: client, ...(isolation && { isolationLevel: 'serializable' }) },
    ),
}

describe.skipIf(!(await postgresAnswers())).each(Object.entries(orms))('inTransaction and %s', (name, transaction) => {
  const schema = `${runId}_${name}`
  const done = `${schema}.done`
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 3 })
  pool.on('error', () => undefined)
  beforeAll(() => pool.query(`CREATE SCHEMA ${schema}; CREATE TABLE ${done} (what text NOT NULL)`))
  afterAll(async () => {
    await pool.query(`DROP SCHEMA ${schema} CASCADE`)
    await pool.end()
  })
  const rows = async () => (await pool.query(`SELECT what FROM ${done} ORDER BY what`)).rows.map(({ what }) => what)
  const keys = async () =>
    (await pool.query(`SELECT count(*)::int AS n FROM ${schema}.effects WHERE per <> 'job'`)).rows[0].n

  const credential = { partnerId: '085', apiKey: 'key-of-a-test' }
  let job = 0
  /** A receiver whose one handler is an effect; `deliver` delivers its verdict once more. */
  function receiving(handler) {
    const onError = vi.fn()
    const callbacks = smileIdCallbacks({ credentials: credential, logger: false, onError })
    callbacks.onAny(
      inTransaction(pool, 'effect', (_event, { client }) => handler(client), { table: `${schema}.effects` }),
    )
    const payload = sample('document_verification', 'approved')
    const jobId = `job_${String((job += 1)).padStart(26, '0')}`
    const deliver = async () => {
      const delivery = signDelivery({ credential, payload, jobId })
      return (await callbacks.receive({ method: 'POST', ...delivery, clientIp: '34.240.137.52' })).status
    }
    return { deliver, error: () => onError.mock.calls.at(-1)?.[0] }
  }
  const emptied = async () => {
    await pool.query(`DELETE FROM ${done}`)
    return keys().catch(() => 0)
  }

  it('keeps nothing of an effect that throws after the first half, and the next delivery has it whole, once', async () => {
    const before = await emptied()
    let isMended = false
    const { deliver } = receiving(async (client) => {
      await transaction(client, ({ add }) => add(done, 'first'))
      if (!isMended) throw new Error('between the halves')
      await transaction(client, ({ add }) => add(done, 'second'))
    })
    expect(await deliver()).toBe(503)
    expect(await rows()).toEqual([])
    expect(await keys().catch(() => 0)).toBe(before)
    isMended = true
    expect(await deliver()).toBe(200)
    expect(await deliver()).toBe(200)
    expect(await rows()).toEqual(['first', 'second'])
    expect(await keys()).toBe(before + 1)
  })

  it('rolls back its own transaction alone, where the handler goes on', async () => {
    await emptied()
    const { deliver } = receiving(async (client) => {
      const half = transaction(client, async ({ add }) => {
        await add(done, 'rolled back')
        throw new Error('no')
      })
      await half.catch(() => undefined)
      await transaction(client, async ({ add, nested }) => {
        await add(done, 'kept')
        await nested?.(async () => Promise.reject(new Error('no'))).catch(() => undefined)
      })
    })
    expect(await deliver()).toBe(200)
    expect(await rows()).toEqual(['kept'])
  })

  it('is refused, by a name, where it asks for an isolation level: nothing stays', async () => {
    const before = await emptied()
    const { deliver, error } = receiving((client) => transaction(client, ({ add }) => add(done, 'serializable'), true))
    expect(await deliver()).toBe(503)
    // drizzle wraps it.
    const { name: own, cause = error() } = error()
    expect(own === 'EffectError' ? error() : cause).toMatchObject({ name: 'EffectError', code: 'transaction_broken' })
    expect(await rows()).toEqual([])
    expect(await keys().catch(() => 0)).toBe(before)
  })
})
