import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { memoryStore, smileIdCallbacks } from '../../src/index.ts'
import { postgresStore, type PoolLike } from '../../src/engines/postgres/store.ts'
import { senderIp, testOptions, v1Delivery, v1Payload } from '../support/deliveries.ts'
import { databaseUrl, postgresAnswers, runId } from '../support/services.ts'

const delivery = (job: string) => ({
  ...v1Delivery({ payload: { ...v1Payload, PartnerParams: { ...v1Payload.PartnerParams, job_id: job } } }),
  clientIp: senderIp,
})

describe.skipIf(!(await postgresAnswers()))('Postgres store', () => {
  const admin = new pg.Pool({ connectionString: databaseUrl, max: 1 })
  const schema = `${runId}_levels`
  beforeAll(() => admin.query(`CREATE SCHEMA ${schema}`))
  afterAll(async () => {
    await admin.query(`DROP SCHEMA ${schema} CASCADE`)
    await admin.end()
  })

  const atOnce = async (count: number, run: (n: number) => Promise<unknown>) =>
    Promise.all(Array.from({ length: count }, (_, n) => run(n)))

  it.each(['read committed', 'repeatable read', 'serializable'])(
    'completes 400 events at once where sessions are %s',
    async (level) => {
      const pool = new pg.Pool({
        connectionString: databaseUrl,
        max: 20,
        options: `-c default_transaction_isolation=${level.replace(' ', '\\ ')}`,
      })
      pool.on('error', () => undefined)
      try {
        const { rows } = await pool.query<{ level: string }>("SELECT current_setting('transaction_isolation') AS level")
        expect(rows[0]?.level).toBe(level)
        const callbacks = smileIdCallbacks({
          ...testOptions,
          // 400 of them on 20 connections, on a machine that may do much else.
          once: { timeout: 30_000, lease: 120_000 },
          store: postgresStore(pool, { table: `${schema}."${level}"`.replaceAll('"', '').replace(' ', '_') }),
        })
        let runs = 0
        callbacks.onAny(() => void (runs += 1))
        const reports = (await atOnce(400, (n) => callbacks.receive(delivery(`job-${n}`)))) as Awaited<
          ReturnType<typeof callbacks.receive>
        >[]
        expect(new Set(reports.map(({ code }) => code))).toEqual(new Set(['accepted']))
        expect(new Set(reports.map(({ claim }) => claim?.end))).toEqual(new Set(['completed']))
        const again = (await atOnce(400, (n) => callbacks.receive(delivery(`job-${n}`)))) as typeof reports
        expect(new Set(again.map(({ code }) => code))).toEqual(new Set(['duplicate']))
        expect(runs).toBe(400)
      } finally {
        await pool.end()
      }
    },
    60_000,
  )

  it('reserves one event once where sessions are serializable', async () => {
    const pool = new pg.Pool({
      connectionString: databaseUrl,
      max: 20,
      options: '-c default_transaction_isolation=serializable',
    })
    pool.on('error', () => undefined)
    try {
      const store = postgresStore(pool, { table: `${schema}.one` })
      const answers = await atOnce(100, async (n) => store.reserve('one', { owner: `${n}`, leaseMs: 60_000 }))
      expect(answers.filter((answer) => answer === 'reserved')).toHaveLength(1)
      expect(answers.filter((answer) => answer === 'in_progress')).toHaveLength(99)
    } finally {
      await pool.end()
    }
  }, 60_000)

  it.each(['40001', '40P01'])(
    'runs a statement again that Postgres refused with %s, also over a client that lends none',
    async (code) => {
      const refusals = { left: 3 }
      const pool: PoolLike = {
        async query(text, values) {
          if (text.includes('UPDATE') && (refusals.left -= 1) >= 0)
            throw Object.assign(new Error('could not serialize access'), { code })
          return admin.query(text, values)
        },
      }
      const store = postgresStore(pool, { table: `${schema}.refused` })
      expect(await store.reserve(code, { owner: 'a', leaseMs: 60_000 })).toBe('reserved')
      expect(await store.complete(code, { owner: 'a', ttlMs: 60_000 })).toBe(true)
      expect(refusals.left).toBeLessThan(0)
    },
  )

  it('completes without touching an index', async () => {
    const table = `${schema}.hot`
    const pool = new pg.Pool({ connectionString: databaseUrl, max: 10 })
    try {
      const store = postgresStore(pool, { table })
      for (let round = 0; round < 20; round += 1) {
        await atOnce(100, async (n) => {
          const id = `${round}-${n}`.padEnd(64, 'x')
          await store.reserve(id, { owner: 'a'.repeat(36), leaseMs: 60_000 })
          expect(await store.complete(id, { owner: 'a'.repeat(36), ttlMs: 60_000 })).toBe(true)
        })
      }
    } finally {
      await pool.end()
    }
    // A session tells the others what it did when it ends, or a moment after.
    const counts = async () =>
      (
        await admin.query<{ n_tup_upd: string; n_tup_hot_upd: string }>(
          'SELECT n_tup_upd, n_tup_hot_upd FROM pg_stat_user_tables WHERE schemaname = $1 AND relname = $2',
          [schema, 'hot'],
        )
      ).rows[0]
    await expect.poll(async () => Number((await counts())?.n_tup_upd), { timeout: 30_000 }).toBe(2_000)
    // None where an index has to know. Others' snapshots keep old rows in their pages, which makes it fewer than all.
    expect(Number((await counts())?.n_tup_hot_upd)).toBeGreaterThan(500)
  }, 60_000)

  it('plans its statements once for each connection, and does without where that goes wrong', async () => {
    const pool = new pg.Pool({ connectionString: databaseUrl, max: 1 })
    const names = async () =>
      (await pool.query<{ name: string }>("SELECT name FROM pg_prepared_statements WHERE name LIKE 'smile-id-%'")).rows
        .length
    try {
      const plain = postgresStore(pool, { table: `${schema}.plans`, prepare: false })
      for (const id of ['1', '2']) expect(await plain.reserve(id, { owner: 'a', leaseMs: 60_000 })).toBe('reserved')
      expect(await names()).toBe(0)
      const store = postgresStore(pool, { table: `${schema}.plans` })
      for (const id of ['3', '4']) {
        expect(await store.reserve(id, { owner: 'a', leaseMs: 60_000 })).toBe('reserved')
        expect(await store.complete(id, { owner: 'a', ttlMs: 60_000 })).toBe(true)
      }
      expect(await names()).toBeGreaterThan(0)
      // As behind a pooler, whose next session knows nothing of the statements.
      await pool.query('DEALLOCATE ALL')
      expect(await store.reserve('5', { owner: 'a', leaseMs: 60_000 })).toBe('reserved')
      expect(await store.complete('5', { owner: 'a', ttlMs: 60_000 })).toBe(true)
      expect(await names()).toBe(0)
    } finally {
      await pool.end()
    }
  })
})

it('the memory store is told who uses it', () => {
  const attached: unknown[] = []
  smileIdCallbacks({ ...testOptions, store: { ...memoryStore(), attach: (user) => void attached.push(user) } })
  expect(attached).toEqual([{ warn: expect.any(Function) as unknown, replayMs: 65 * 60_000, timeoutMs: 2_000 }])
})
