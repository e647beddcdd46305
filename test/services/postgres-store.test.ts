import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { storeConformance } from '../../src/testing/store-conformance.ts'
import { postgresStoreTable } from '../../src/engines/postgres/table.ts'
import { postgresStore } from '../../src/engines/postgres/store.ts'
import { databaseUrl, postgresAnswers, runId } from '../support/services.ts'

describe.skipIf(!(await postgresAnswers()))('Postgres store', () => {
  const table = `${runId}.events`
  const pools = Array.from({ length: 4 }, () => new pg.Pool({ connectionString: databaseUrl, max: 4 }))
  for (const pool of pools) pool.on('error', () => undefined)
  const admin = new pg.Pool({ connectionString: databaseUrl, max: 2 })
  beforeAll(() => admin.query(`CREATE SCHEMA ${runId}`))
  afterAll(async () => {
    await admin.query(`DROP SCHEMA ${runId} CASCADE`)
    await Promise.all([admin, ...pools].map((pool) => pool.end()))
  })
  let next = 0
  const open = () => postgresStore(pools[next++ % 4]!, { table })

  for (const { name, run } of storeConformance({ open })) it(name, run)

  it('makes its table when many processes start at once', async () => {
    const other = `${runId}.at_once`
    const stores = Array.from({ length: 16 }, (_, i) => postgresStore(pools[i % 4]!, { table: other }))
    const answers = await Promise.all(
      stores.map(async (store, i) => store.reserve('one', { owner: `${i}`, leaseMs: 1000 })),
    )
    expect(answers.filter((answer) => answer === 'reserved')).toHaveLength(1)
  })

  it('has one index beside the key', async () => {
    const { rows } = await admin.query('SELECT indexname FROM pg_indexes WHERE schemaname = $1 AND tablename = $2', [
      runId,
      'events',
    ])
    expect(rows).toHaveLength(2)
  })

  it('uses a table of your migrations, also where it may not create one', async () => {
    const role = `${runId}_role`
    await admin.query(postgresStoreTable(`${runId}.migrated`))
    await admin.query(
      `CREATE ROLE ${role}; GRANT USAGE ON SCHEMA ${runId} TO ${role}; GRANT SELECT, INSERT, UPDATE, DELETE ON ${runId}.migrated TO ${role}`,
    )
    const pool = new pg.Pool({ connectionString: databaseUrl, max: 1, options: `-c role=${role}` })
    try {
      for (const createTable of [true, false]) {
        const store = postgresStore(pool, { table: `${runId}.migrated`, createTable })
        expect(await store.reserve(`id-${String(createTable)}`, { owner: 'a', leaseMs: 1000 })).toBe('reserved')
      }
      const denied = postgresStore(pool, { table: `${runId}.not_there` })
      await expect(denied.reserve('id', { owner: 'a', leaseMs: 1000 })).rejects.toThrow('permission denied')
    } finally {
      await pool.end()
      await admin.query(`DROP OWNED BY ${role}; DROP ROLE ${role}`)
    }
  })

  it('deletes expired rows, and waits for nobody to do so', async () => {
    const purged = `${runId}.purged`
    const quiet = postgresStore(admin, { table: purged, purgeEvery: 60_000 })
    const eager = postgresStore(admin, { table: purged, purgeEvery: 1 })
    const finish = async (id: string, ttlMs: number, store = quiet) => {
      await store.reserve(id, { owner: 'a', leaseMs: 5_000 })
      await store.complete(id, { owner: 'a', ttlMs })
    }
    await finish('held', 1)
    await finish('old', 1)
    await finish('fresh', 60_000)
    const holder = await pools[0]!.connect()
    try {
      await holder.query('BEGIN')
      await holder.query(`SELECT 1 FROM ${purged} WHERE id = 'held' FOR UPDATE`)
      await new Promise((resolve) => setTimeout(resolve, 20))
      // Of what it has completed itself it knows for how long, and looks at no younger rows.
      await finish('short', 1, eager)
      await new Promise((resolve) => setTimeout(resolve, 20))
      await finish('other', 60_000, eager)
      await expect
        .poll(async () => (await admin.query<{ id: string }>(`SELECT id FROM ${purged} ORDER BY id`)).rows)
        .toEqual([{ id: 'fresh' }, { id: 'held' }, { id: 'other' }])
    } finally {
      await holder.query('ROLLBACK')
      holder.release()
    }
  })

  it('survives that all connections are cut in the middle', async () => {
    const store = open()
    await store.reserve('cut', { owner: 'a', leaseMs: 60_000 })
    const pool = new pg.Pool({ connectionString: databaseUrl, max: 1, application_name: runId })
    pool.on('error', () => undefined)
    try {
      const own = postgresStore(pool, { table })
      expect(await own.reserve('cut', { owner: 'b', leaseMs: 1000 })).toBe('in_progress')
      await admin.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1', [runId])
      await expect
        .poll(async () => Promise.resolve(own.reserve('cut', { owner: 'b', leaseMs: 1000 })).catch(() => 'down'))
        .toBe('in_progress')
      expect(await store.complete('cut', { owner: 'a', ttlMs: 60_000 })).toBe(true)
      expect(await own.reserve('cut', { owner: 'b', leaseMs: 1000 })).toBe('done')
    } finally {
      await pool.end()
    }
  })

  it.each(['', 'a b', 'a;DROP', 'a"b', 'a.b.c', '1a'])('refuses the table name %j', (name) => {
    expect(() => postgresStore(admin, { table: name })).toThrow(
      expect.objectContaining({ name: 'SmileIdConfigError', code: 'store_invalid' }),
    )
  })
})
