import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { inTransaction, type TransactionContext } from '../../src/engines/postgres/store.ts'
import { databaseUrl, postgresAnswers, runId } from '../support/services.ts'

type Client = TransactionContext<pg.PoolClient>['client']

describe.skipIf(!(await postgresAnswers()))('a handler that has transactions of its own', () => {
  const schema = `${runId}_nested`
  const table = `${schema}.keys`
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 4 })
  pool.on('error', () => undefined)
  beforeAll(() => pool.query(`CREATE SCHEMA ${schema}; CREATE TABLE ${schema}.done (what text NOT NULL, n serial)`))
  afterAll(async () => {
    await pool.query(`DROP SCHEMA ${schema} CASCADE`)
    await pool.end()
  })
  const done = async (what: string) =>
    (
      await pool.query<{ what: string }>(`SELECT what FROM ${schema}.done WHERE starts_with(what, $1) ORDER BY n`, [
        what,
      ])
    ).rows.length
  const insert = `INSERT INTO ${schema}.done (what) VALUES ($1)`
  const context = { signal: new AbortController().signal }
  const run = (verdictId: string, act: (client: Client) => Promise<unknown>) =>
    inTransaction(pool, 'nested', (_: { id: string; verdictId: string }, { client }) => act(client), { table })(
      { id: verdictId, verdictId },
      context,
    )
  /** As pg's own documentation has it, and as ORMs do. */
  const service = async (client: Client, what: string, begin = 'BEGIN', commit = 'COMMIT') => {
    await client.query(begin)
    try {
      await client.query(insert, [what])
      await client.query(commit)
    } catch (error) {
      await client.query('ROLLBACK')
      throw error
    }
  }

  it.each([
    ['BEGIN', 'COMMIT'],
    ['begin', 'commit'],
    ['BEGIN;', 'COMMIT;'],
    ['START TRANSACTION', 'END'],
    ['begin transaction /* by=orm */', 'commit work'],
  ])('%s and %s: all of it stays, or nothing', async (begin, commit) => {
    const what = `${begin} ${commit}`
    const half = run(what, async (client) => {
      await service(client, what, begin, commit)
      throw new Error('after the first half')
    })
    await expect(half).rejects.toThrow('after the first half')
    expect(await done(what)).toBe(0)
    await run(what, (client) => service(client, what, begin, commit))
    await run(what, (client) => service(client, what, begin, commit))
    expect(await done(what)).toBe(1)
  })

  it('one inside the other, of which one is rolled back', async () => {
    await run('inner', async (client) => {
      await client.query('BEGIN')
      await client.query(insert, ['inner a'])
      const failing = service(client, 'inner b', 'BEGIN', 'SELECT 1 / 0')
      await failing.catch(() => undefined)
      await service(client, 'inner c')
      await client.query('COMMIT')
    })
    expect(await done('inner')).toBe(2)
  })

  it('by configuration objects and callbacks, as knex and drizzle send them', async () => {
    const send = (client: Client, text: string, values: unknown[] = []) =>
      new Promise((resolve, reject) => {
        client.query({ text, values }, (error: Error | null, result: unknown) => {
          if (error) reject(error)
          else resolve(result)
        })
      })
    const act = async (client: Client) => {
      await send(client, 'BEGIN;')
      await send(client, insert, ['objects'])
      await send(client, 'COMMIT;')
      client.release()
    }
    await expect(
      run('objects', (client) => act(client).then(() => Promise.reject(new Error('late')))),
    ).rejects.toThrow()
    expect(await done('objects')).toBe(0)
    await run('objects', act)
    expect(await done('objects')).toBe(1)
    await expect(run('refused', (client) => send(client, 'COMMIT'))).rejects.toMatchObject({ name: 'EffectError' })
  })

  it.each<[string, (client: Client, what: string) => Promise<unknown>]>([
    [
      'COMMIT among other statements',
      (client, what) => client.query(`INSERT INTO ${schema}.done (what) VALUES ('${what}'); COMMIT`),
    ],
    ['COMMIT and BEGIN', (client) => client.query('SELECT 1; COMMIT; BEGIN')],
    ['a savepoint after the end', (client) => client.query('SELECT 1; COMMIT').then(() => client.query('SAVEPOINT a'))],
    [
      'an error after the end',
      (client) => client.query('SELECT 1; COMMIT').then(() => Promise.reject(new Error('half done'))),
    ],
  ])('%s ends ours: it is named, no key is kept, and the next delivery runs it again', async (what, spoil) => {
    await expect(run(what, (client) => spoil(client, what))).rejects.toMatchObject({
      name: 'EffectError',
      code: 'transaction_broken',
      message: expect.stringContaining('25P01') as string,
    })
    let ran = 0
    await run(what, () => Promise.resolve((ran += 1)))
    expect(ran).toBe(1)
  })

  it.each<[string, (client: Client) => Promise<unknown>, string]>([
    ['a transaction that is not ended', (client) => client.query('BEGIN'), 'did not end it'],
    [
      'an isolation level of its own',
      (client) => client.query('BEGIN ISOLATION LEVEL SERIALIZABLE'),
      'isolation level',
    ],
    ['a failed statement that it swallowed', (client) => client.query('SELECT 1 / 0').catch(() => undefined), '25P02'],
  ])('%s is refused', async (what, act, words) => {
    await expect(run(what, act)).rejects.toMatchObject({
      code: 'transaction_broken',
      message: expect.stringContaining(words) as string,
    })
  })

  it('refuses a query that comes after the handler has ended', async () => {
    let kept: Client | undefined
    await run('late', async (client) => Promise.resolve((kept = client)))
    await expect(kept?.query('SELECT 1')).rejects.toMatchObject({ code: 'transaction_broken' })
  })

  it('in two processes: a slow provisional event never has the last word over the final one', async () => {
    await pool.query(`CREATE TABLE ${schema}.jobs (id text PRIMARY KEY, state text)`)
    const child = (outcome: string, final: boolean, pauseMs: number) =>
      fork(fileURLToPath(new URL('effects-order-child.mjs', import.meta.url)), {
        env: { ...process.env, ORDER_SETUP: JSON.stringify({ databaseUrl, schema, outcome, final, pauseMs }) },
        execArgv: [],
        stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      })
    const provisional = child('provisional', false, 300)
    await once(provisional, 'message')
    const approved = child('approved', true, 0)
    await Promise.all([once(provisional, 'exit'), once(approved, 'exit')])
    const late = child('provisional', false, 0)
    await once(late, 'exit')
    const { rows } = await pool.query<{ state: string }>(`SELECT state FROM ${schema}.jobs`)
    expect(rows).toEqual([{ state: 'approved after provisional' }])
  }, 30_000)
})
