import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import {
  effectsTable,
  inTransaction,
  type EffectOptions,
  type TransactionContext,
} from '../../src/engines/postgres/store.ts'
import { databaseUrl, postgresAnswers, runId } from '../support/services.ts'

interface Event {
  id: string
  verdictId: string
}
type Context = TransactionContext<pg.PoolClient>

const event = (verdictId: string, id = `event-${verdictId}`): Event => ({ id, verdictId })
const context = (signal = new AbortController().signal) => ({ signal })
const gate = () => {
  let open!: () => void
  const opened = new Promise<void>((resolve) => (open = resolve))
  return { open, opened }
}

describe.skipIf(!(await postgresAnswers()))('an effect in one transaction', () => {
  const schema = `${runId}_effects`
  const table = `${schema}.keys`
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 8 })
  pool.on('error', () => undefined)
  beforeAll(() => pool.query(`CREATE SCHEMA ${schema}; CREATE TABLE ${schema}.effects (verdict text NOT NULL)`))
  afterAll(async () => {
    await pool.query(`DROP SCHEMA ${schema} CASCADE`)
    await pool.end()
  })
  const write = async ({ verdictId }: Event, { client }: Pick<Context, 'client'>): Promise<void> => {
    await client.query(`INSERT INTO ${schema}.effects VALUES ($1)`, [verdictId])
  }
  const effect = (
    handler: (event: Event, context: Context) => unknown = write,
    options: EffectOptions = {},
    name = 'open-account',
  ) => inTransaction(pool, name, handler, { table, ...options })
  const count = async (verdictId: string) =>
    Number(
      (await pool.query<{ n: string }>(`SELECT count(*) AS n FROM ${schema}.effects WHERE verdict = $1`, [verdictId]))
        .rows[0]?.n,
    )

  it('happens once for each verdict, whatever the event', async () => {
    const handler = effect()
    for (const id of ['by-machine', 'by-a-person', 'by-machine']) await handler(event('approved', id), context())
    expect(await count('approved')).toBe(1)
    await handler(event('rejected', 'by-machine'), context())
    expect(await count('rejected')).toBe(1)
  })

  it('happens once for each event where that is asked for', async () => {
    const handler = effect(write, { per: 'event' })
    for (const id of ['a', 'b', 'a']) await handler(event('each', id), context())
    expect(await count('each')).toBe(2)
    // A key of an event is not one of a verdict, though they look the same.
    await effect()(event('same', 'same'), context())
    await effect(write, { per: 'event' })(event('same', 'same'), context())
    expect(await count('same')).toBe(2)
  })

  it('under two names is two effects', async () => {
    await Promise.all([
      effect(write, {}, 'pay')(event('two'), context()),
      effect(write, {}, 'mail')(event('two'), context()),
    ])
    expect(await count('two')).toBe(2)
  })

  it('that throws leaves nothing, and comes again', async () => {
    const handler = vi.fn(async (one: Event, { client }: Context) => {
      await write(one, { client })
      if (handler.mock.calls.length === 1) throw new RangeError('no such account')
    })
    await expect(effect(handler)(event('throws'), context())).rejects.toThrow('no such account')
    expect(await count('throws')).toBe(0)
    await effect(handler)(event('throws'), context())
    expect(await count('throws')).toBe(1)
  })

  it.each<[string, (context: Context) => Promise<unknown>]>([
    ['has swallowed the failure of a statement', ({ client }) => client.query('SELECT 1 / 0').catch(() => undefined)],
    ['has rolled the transaction back', ({ client }) => client.query('ROLLBACK')],
    ['has ended the transaction itself', ({ client }) => client.query('COMMIT')],
  ])('does not count as done by a handler that %s', async (name, spoil) => {
    const handler = effect(async (one, context) => {
      await write(one, context)
      await spoil(context)
    })
    await expect(handler(event(name), context())).rejects.toThrow()
  })

  it('makes a second event of the verdict wait for the first, and do nothing', async () => {
    const { open, opened } = gate()
    const started = gate()
    const handler = vi.fn(async (one: Event, { client }: Context) => {
      started.open()
      await opened
      await write(one, { client })
    })
    const first = effect(handler)(event('waits', 'first'), context())
    await started.opened
    const second = effect(handler)(event('waits', 'second'), context()) as Promise<void>
    const ended = vi.fn()
    void second.then(ended)
    await new Promise((resolve) => setTimeout(resolve, 100))
    expect(ended).not.toHaveBeenCalled()
    open()
    await Promise.all([first, second])
    expect(handler).toHaveBeenCalledTimes(1)
    expect(await count('waits')).toBe(1)
  })

  it('lets the second do it where the first failed', async () => {
    const handler = vi.fn(write).mockImplementationOnce(async () => {
      await new Promise((resolve) => setTimeout(resolve, 50))
      throw new Error('not now')
    })
    const both = await Promise.allSettled(
      ['first', 'second'].map((id) => effect(handler)(event('second try', id), context()) as Promise<void>),
    )
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
    expect(await count('second try')).toBe(1)
  })

  it.each(['read committed', 'repeatable read', 'serializable'])(
    'happens once among 40 at once where sessions are %s',
    async (level) => {
      const other = new pg.Pool({
        connectionString: databaseUrl,
        max: 20,
        options: `-c default_transaction_isolation=${level.replace(' ', '\\ ')}`,
      })
      other.on('error', () => undefined)
      try {
        const handler = inTransaction(other, 'at once', write, { table, retries: 20 })
        await Promise.all(
          Array.from({ length: 40 }, (_, n) => handler(event(level, `event-${n}`), context()) as Promise<void>),
        )
        expect(await count(level)).toBe(1)
      } finally {
        await other.end()
      }
    },
  )

  it('is rolled back when its signal is aborted, and what goes on in the handler changes nothing more', async () => {
    const controller = new AbortController()
    const { open, opened } = gate()
    const late = vi.fn()
    const handler = effect(async (one, { client }) => {
      await write(one, { client })
      controller.abort(new DOMException('out of time', 'TimeoutError'))
      await opened
      await write(one, { client }).catch(late)
    })
    await expect(handler(event('aborted'), context(controller.signal))).rejects.toThrow('out of time')
    open()
    await vi.waitFor(() => expect(late).toHaveBeenCalled(), { timeout: 30_000 })
    expect(await count('aborted')).toBe(0)
    await effect()(event('aborted'), context())
    expect(await count('aborted')).toBe(1)
  })

  it('waits for no client, and no other effect, longer than its signal says', async () => {
    const one = new pg.Pool({ connectionString: databaseUrl, max: 1 })
    const held = await one.connect()
    try {
      const handler = inTransaction(one, 'waiting', write, { table, createTable: false })
      await expect(handler(event('no client'), context(AbortSignal.timeout(50)))).rejects.toThrow('timeout')
    } finally {
      held.release()
      // The client that comes too late goes back.
      await one.end()
    }
    const { open, opened } = gate()
    const begun = gate()
    const first = effect(() => {
      begun.open()
      return opened
    })(event('long'), context())
    // Of two at once either may be the first.
    await begun.opened
    await expect(effect()(event('long'), context(AbortSignal.timeout(200)))).rejects.toThrow('timeout')
    open()
    await first
    await expect(effect()(event('long'), context(AbortSignal.abort(new Error('before'))))).rejects.toThrow('before')
  })

  it('outlives a connection that is cut in the middle, and so does the process', async () => {
    const uncaught = vi.fn()
    process.on('uncaughtException', uncaught)
    const handler = effect(async (one, { client }) => {
      const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')
      await pool.query('SELECT pg_terminate_backend($1)', [rows[0]?.pid])
      await new Promise((resolve) => setTimeout(resolve, 50))
      await write(one, { client })
    })
    await expect(handler(event('cut'), context())).rejects.toThrow()
    await effect()(event('cut'), context())
    expect(await count('cut')).toBe(1)
    process.off('uncaughtException', uncaught)
    expect(uncaught).not.toHaveBeenCalled()
  })

  it('leaves a connection whose server became a replica', async () => {
    const single = new pg.Pool({ connectionString: databaseUrl, max: 1 })
    single.on('error', () => undefined)
    const handler = inTransaction(single, 'open-account', write, { table })
    await handler(event('before it'), context())
    await single.query('SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY')
    await expect(handler(event('demoted'), context())).rejects.toMatchObject({ code: '25006' })
    await handler(event('demoted'), context())
    expect(await count('demoted')).toBe(1)
    await single.end()
  })

  it('is run again after a deadlock, as often as is allowed', async () => {
    const refused = (times: number) => {
      let left = times
      return effect(
        async (one, { client }) => {
          await write(one, { client })
          if ((left -= 1) >= 0) throw Object.assign(new Error('deadlock detected'), { code: '40P01' })
        },
        { retries: 2 },
      )
    }
    await refused(2)(event('deadlock'), context())
    expect(await count('deadlock')).toBe(1)
    await expect(refused(3)(event('deadlocks'), context())).rejects.toThrow('deadlock')
    expect(await count('deadlocks')).toBe(0)
  })

  it('uses a table of your migrations', async () => {
    const own = `${schema}.migrated`
    await pool.query(effectsTable(own))
    await pool.query(effectsTable(own))
    await effect(write, { table: own, createTable: false })(event('migrated'), context())
    expect(await count('migrated')).toBe(1)
  })

  it('is remembered for ever, or as long as is asked for', async () => {
    const own = `${schema}.pruned`
    const rows = async () =>
      Number((await pool.query<{ n: string }>(`SELECT count(*) AS n FROM ${own} WHERE per <> 'job'`)).rows[0]?.n)
    await effect(write, { table: own })(event('old'), context())
    await new Promise((resolve) => setTimeout(resolve, 30))
    await effect(write, { table: own })(event('new'), context())
    expect(await rows()).toBe(2)
    const brief = effect(write, { table: own, keep: 20 })
    await new Promise((resolve) => setTimeout(resolve, 30))
    await brief(event('newer'), context())
    await expect.poll(rows).toBeLessThan(2)
  })

  it('needs an id, and a client that says how many rows it wrote', async () => {
    await expect(effect()({ id: 'event' } as Event, context())).rejects.toThrow('The event has no verdictId.')
    const rowsAlone = {
      query: () => Promise.resolve([]),
      release: () => undefined,
      connect: (): Promise<unknown> => Promise.resolve(rowsAlone),
    }
    await expect(inTransaction(rowsAlone as never, 'name', write as never)(event('rows'), context())).rejects.toThrow(
      expect.objectContaining({ code: 'store_invalid' }),
    )
  })

  it.each<[unknown, unknown, unknown, unknown, string]>([
    [undefined, 'name', write, {}, 'store_invalid'],
    [{ query: () => undefined }, 'name', write, {}, 'store_invalid'],
    [new pg.Client(databaseUrl), 'name', write, {}, 'store_invalid'],
    [pool, '', write, {}, 'options_invalid'],
    [pool, 'x'.repeat(256), write, {}, 'options_invalid'],
    [pool, 7, write, {}, 'options_invalid'],
    [pool, 'name', 'handler', {}, 'handler_invalid'],
    [pool, 'name', write, { per: 'job' }, 'options_invalid'],
    [pool, 'name', write, { retries: -1 }, 'options_invalid'],
    [pool, 'name', write, { keep: 0 }, 'duration_invalid'],
  ])('refuses %#', (aPool, name, handler, options, code) => {
    expect(() => inTransaction(aPool as never, name as never, handler as never, options as never)).toThrow(
      expect.objectContaining({ name: 'SmileIdConfigError', code }),
    )
  })
})
