import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import type { OnceStore } from '../../src/index.ts'
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

  /** A pool that notes each statement by name. */
  const noting = (options: pg.PoolConfig = {}) => {
    const asked: { text: string; values: unknown[] }[] = []
    class Client extends pg.Client {
      override query(...args: unknown[]): never {
        const [first, values] = args as [string | { text: string; values: unknown[] }, unknown[]]
        asked.push(typeof first === 'string' ? { text: first, values } : first)
        return super.query(...(args as [string])) as never
      }
    }
    return { asked, pool: new pg.Pool({ connectionString: databaseUrl, max: 1, ...options, Client }) }
  }
  const purgeOf = (asked: { text: string; values: unknown[] }[]) =>
    asked.find(({ text }) => /^DELETE.*ARRAY/s.test(text))
  const finishOne = async (store: OnceStore) => {
    await store.reserve('one', { owner: 'a', leaseMs: 5_000 })
    await new Promise((resolve) => setTimeout(resolve, 5))
    await store.complete('one', { owner: 'a', ttlMs: 60_000 })
  }

  it('purges by its index: the pages it reads do not grow with the table', async () => {
    const large = `${runId}.large`
    const { asked, pool } = noting()
    try {
      const store = postgresStore(pool, { table: large, purgeEvery: 1 })
      await store.release('none', { owner: 'none' })
      await pool.query(`INSERT INTO ${large} SELECT lpad(to_hex(n), 32, '0'), NULL, now(), now() + interval '1 day'
        FROM generate_series(1, 50000) AS n`)
      await pool.query(`ANALYZE ${large}`)
      await finishOne(store)
      await expect.poll(() => purgeOf(asked)).toBeDefined()
      const { text, values } = purgeOf(asked)!
      const { rows } = await pool.query<Record<string, string>>(
        `EXPLAIN (ANALYZE, BUFFERS) ${text.replace('$1', String(values[0]))}`,
      )
      const plan = rows.map((row) => row['QUERY PLAN']).join('\n')
      const pages = [...plan.matchAll(/shared (?:hit=(\d+))? ?(?:read=(\d+))?/g)].map(
        ([, hit = '0', read = '0']) => Number(hit) + Number(read),
      )
      expect(Math.max(...pages), plan).toBeLessThan(40)
    } finally {
      await pool.end()
    }
  })

  it('leaves the purge to another process while one is at it', async () => {
    const { asked, pool } = noting()
    const shared = `${runId}.purged`
    const holder = await pools[1]!.connect()
    try {
      const store = postgresStore(pool, { table: shared, purgeEvery: 1 })
      await finishOne(store)
      await expect.poll(() => purgeOf(asked)).toBeDefined()
      const { text } = purgeOf(asked)!
      await admin.query(
        `INSERT INTO ${shared} VALUES ('expired', NULL, now() - interval '1 day', now() - interval '1 hour')`,
      )
      const purged = async () => (await admin.query({ text, values: [60_000] })).rowCount
      await holder.query('BEGIN')
      expect((await holder.query({ text, values: [86_400_000 * 2] })).rowCount).toBe(0)
      expect(await purged()).toBe(0)
      await holder.query('COMMIT')
      expect(await purged()).toBe(1)
    } finally {
      holder.release()
      await pool.end()
    }
  })

  it('says that it may not delete, once, with the grant', async () => {
    const role = `${runId}_no_delete`
    await admin.query(postgresStoreTable(`${runId}.kept`))
    await admin.query(
      `CREATE ROLE ${role}; GRANT USAGE ON SCHEMA ${runId} TO ${role}; GRANT SELECT, INSERT, UPDATE ON ${runId}.kept TO ${role}`,
    )
    const pool = new pg.Pool({ connectionString: databaseUrl, max: 1, options: `-c role=${role}` })
    try {
      const store = postgresStore(pool, { table: `${runId}.kept`, purgeEvery: 1 })
      const warn = vi.fn<(topic: string, message: string) => void>()
      store.attach!({ warn, replayMs: 1_000, timeoutMs: 2_000 })
      await finishOne(store)
      const said = () => warn.mock.calls.filter(([topic]) => topic === 'postgres_purge')
      await expect.poll(said).toHaveLength(1)
      expect(said()[0]?.[1]).toMatch(/42501.*GRANT SELECT, UPDATE, DELETE ON/)
    } finally {
      await pool.end()
      await admin.query(`DROP OWNED BY ${role}; DROP ROLE ${role}`)
    }
  })

  it.each([
    ['is missing', '42P01', ''],
    ['is older', '42703', 'CREATE TABLE NAME (id text PRIMARY KEY)'],
  ])('names the statement to run where its table %s: SQLSTATE %s', async (_, state, made) => {
    const other = `${runId}.outdated_${state.toLowerCase()}`
    if (made) await admin.query(made.replace('NAME', other))
    const store = postgresStore(admin, { table: other, createTable: false })
    const failure = await Promise.resolve(store.reserve('one', { owner: 'a', leaseMs: 1_000 })).catch(
      (error: unknown) => error,
    )
    const message = (failure as Error).message
    expect(message).toContain(`SQLSTATE ${state}.`)
    const [, drop = '', create = ''] = /(DROP TABLE \S+) first.*as its owner: (.*)$/.exec(message) ?? []
    if (made) await admin.query(drop)
    await admin.query(create)
    expect(await store.reserve('one', { owner: 'a', leaseMs: 1_000 })).toBe('reserved')
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
