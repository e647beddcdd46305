import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { memoryStore, smileIdCallbacks, type SmileIdCallbacksOptions, type SmileIdEvent } from '../../src/index.ts'
import { main } from '../../src/cli/main.ts'
import { effectsTable, forgetEffects, inTransaction, postgresStore } from '../../src/engines/postgres/store.ts'
import type { TransactionContext } from '../../src/engines/postgres/store.ts'
import { pgBossInbox, pgBossWorker } from '../../src/engines/pg-boss/inbox.ts'
import { deadLetters } from '../../src/engines/pg-boss/inbox.ts'
import { senderIp, testOptions, v1Delivery, v1Payload, v3Delivery, v3Payload } from '../support/deliveries.ts'
import { bosses } from '../support/engines.ts'
import { databaseUrl, postgresAnswers, runId } from '../support/services.ts'

type Context = TransactionContext<pg.PoolClient>

const postgres = await postgresAnswers()

describe.skipIf(!postgres)('an effect and whom it is for', () => {
  const schema = `${runId}_recipients`
  const table = `${schema}.keys`
  const newPool = (max = 4) => {
    const made = new pg.Pool({ connectionString: databaseUrl, max })
    made.on('error', () => undefined)
    pools.push(made)
    return made
  }
  const pools: pg.Pool[] = []
  const pool = newPool()
  beforeAll(() => pool.query(`CREATE SCHEMA ${schema}; CREATE TABLE ${schema}.opened (job text, account text, n int)`))
  afterAll(async () => {
    await pool.query(`DROP SCHEMA ${schema} CASCADE`)
    await Promise.all(pools.map((one) => one.end()))
  })

  const opened = async (job: string) =>
    (
      await pool.query<{ account: string }>(`SELECT account FROM ${schema}.opened WHERE job = $1 ORDER BY n`, [job])
    ).rows.map(({ account }) => account)
  let n = 0
  const open = async (event: SmileIdEvent, { client }: Pick<Context, 'client'>): Promise<void> => {
    const account = event.partnerParams['account_id']
    await client.query(`INSERT INTO ${schema}.opened VALUES ($1, $2, $3)`, [event.jobId, account, (n += 1)])
  }
  function receiver(options: Partial<SmileIdCallbacksOptions> = {}, on = pool) {
    const lines: string[] = []
    const say = (level: string) => (_facts: object, line: string) => void lines.push(`${level} ${line}`)
    const callbacks = smileIdCallbacks({
      ...testOptions,
      store: memoryStore(),
      logger: { warn: say('warn'), error: say('error') },
      ...options,
    })
    callbacks.on('approved', inTransaction(on, 'open', open, { table }))
    const post = (delivery: { headers: Record<string, string>; body: string }, url?: string) =>
      callbacks.receive({ method: 'POST', ...delivery, clientIp: senderIp, url })
    return { callbacks, lines, post }
  }
  type Generation = 'v1' | 'v3'
  const to = (job: string, account: string, change: object = {}, generation: Generation = 'v1') =>
    generation === 'v1'
      ? v1Delivery({
          payload: {
            ...v1Payload,
            ...change,
            PartnerParams: { ...v1Payload.PartnerParams, job_id: job, account_id: account },
          },
        })
      : v3Delivery({ payload: { ...v3Payload, ...change, partner_params: { account_id: account } }, jobId: job })

  const confirmed = { confirm: { ask: () => Promise.resolve('confirmed' as const), events: ['approved' as const] } }
  it.each<[string, Generation, Partial<SmileIdCallbacksOptions>]>([
    ['v1', 'v1', {}],
    ['v3', 'v3', {}],
    ['v3 with confirm', 'v3', confirmed],
  ])('%s: a forgery sent first does not use up the genuine verdict in silence', async (name, generation, options) => {
    const { callbacks, lines, post } = receiver(options)
    const forged = await post(to(name, 'mallory', {}, generation))
    expect(forged.code).toBe('accepted')
    const genuine = to(name, 'alice', {}, generation)
    const refused = await post(genuine)
    expect(refused).toMatchObject({
      code: 'verdict_conflict',
      status: 503,
      verdictConflict: { eventId: forged.event?.id },
      handlers: { matched: 1, failed: 1 },
      claim: { end: 'released' },
    })
    expect(lines).toEqual([expect.stringMatching(/^error express-smile-id: verdict_conflict status=503 /)])
    for (const id of [forged.event?.id, refused.event?.id]) expect(lines[0]).toContain(id)
    expect(lines[0]).not.toContain('mallory')
    expect(await opened(name)).toEqual(['mallory'])
    // The operator settles it: one call for effect and store.
    expect(await callbacks.forget(forged.event!.id)).toBe(true)
    expect((await post(genuine)).code).toBe('accepted')
    expect(await opened(name)).toEqual(['mallory', 'alice'])
    expect((await post(genuine)).code).toBe('duplicate')
  })

  it('posted to the minted URL of somebody else is another recipient', async () => {
    const { callbacks, post } = receiver({ callbackSecret: 'a secret of sixteen or more' })
    const url = (reference: string) => callbacks.urlFor('https://api.example.com/smile-id', reference)
    const delivery = to('minted', 'alice')
    expect((await post(delivery, url('mallory'))).code).toBe('accepted')
    expect((await post(delivery, url('alice'))).code).toBe('verdict_conflict')
  })

  it('is the same one for another wording, another review and what Smile ID adds to the echo', async () => {
    const { post } = receiver()
    for (const change of [{}, { ResultText: 'Other words' }, { ResultCode: '1210' }])
      expect((await post(to('same', 'alice', change))).code).toBe('accepted')
    expect(await opened('same')).toEqual(['alice'])
  })

  it('becomes a dead letter where it comes through an inbox', async () => {
    const { make } = bosses[0]!
    const boss = make({ schema: `${schema}_boss` })
    boss.on('error', () => undefined)
    await boss.start()
    const createQueue = { retryLimit: 1, retryDelay: 1, retryBackoff: false }
    const { callbacks, lines, post } = receiver({ inbox: pgBossInbox(boss, { createQueue }) })
    const worker = await pgBossWorker(callbacks, boss, { createQueue, pollingInterval: 500 })
    try {
      const forged = await post(to('inbox', 'mallory'))
      await expect.poll(() => opened('inbox'), { timeout: 15_000 }).toEqual(['mallory'])
      const genuine = await post(to('inbox', 'alice'))
      expect(genuine.verdictConflict).toEqual({ eventId: forged.event?.id })
      const letters = deadLetters(boss)
      await expect
        .poll(() => letters.list(), { timeout: 15_000, interval: 200 })
        .toMatchObject([{ id: genuine.event?.id, code: 'verdict_conflict' }])
      const said = lines.filter((line) => line.startsWith('error'))
      expect(said[0]).toContain(forged.event?.id)
      expect(said[0]).toContain(genuine.event?.id)
      expect(await forgetEffects(pool, forged.event!.id, { table })).toBe(1)
      await letters.redrive(genuine.event!.id)
      await expect.poll(() => opened('inbox'), { timeout: 15_000 }).toEqual(['mallory', 'alice'])
    } finally {
      await worker.stop()
      await boss.stop({ graceful: false })
      await pool.query(`DROP SCHEMA IF EXISTS ${schema}_boss CASCADE`)
    }
  }, 60_000)

  it('outside inTransaction is a fact of the report, and a warning once per verdict', async () => {
    const lines: string[] = []
    const logger = { warn: (_facts: object, line: string) => void lines.push(line), error: () => undefined }
    const callbacks = smileIdCallbacks({ ...testOptions, store: memoryStore(), logger })
    callbacks.onAny(() => undefined)
    const post = (account: string) => callbacks.receive({ ...to('outside', account), clientIp: senderIp })
    const first = await post('alice')
    expect(first).not.toHaveProperty('verdictConflict')
    for (const account of ['mallory', 'trudy'])
      expect(await post(account)).toMatchObject({ code: 'accepted', verdictConflict: { eventId: first.event?.id } })
    expect(lines).toEqual([expect.stringContaining(first.event!.id)])
  })

  it('is forgotten by the command, and by the verdict', async () => {
    const { callbacks, post } = receiver()
    const first = await post(to('command', 'alice'))
    const out = vi.fn()
    const io = { out, err: vi.fn(), env: { DATABASE_URL: databaseUrl } }
    expect(await main(['effects', 'forget', first.event!.id, '--table', table], io as never)).toBe(0)
    expect(out).toHaveBeenCalledWith(expect.stringMatching(/^1 forgotten/))
    expect(await main(['effects', 'forget', first.event!.id, '--table', table], io as never)).toBe(1)
    expect((await post(to('command', 'alice', { ResultText: 'anew' }))).code).toBe('accepted')
    expect(await callbacks.forget(first.event!.verdictId)).toBe(true)
    expect((await post(to('command', 'alice', { ResultText: 'once more' }))).code).toBe('accepted')
    expect(await opened('command')).toEqual(['alice', 'alice', 'alice'])
  })

  describe('a verdict that comes back', () => {
    const seen: string[][] = []
    const states: Record<string, string> = {}
    function story(job: string) {
      const { callbacks } = receiver()
      let at = testOptions.now()
      const state = (outcome: string) =>
        inTransaction(
          pool,
          outcome,
          (event: SmileIdEvent, { earlier }) => {
            seen.push(earlier.map((one) => `${one.outcome} ${one.final}`))
            states[event.jobId] = outcome
          },
          { table },
        )
      for (const outcome of ['approved', 'rejected', 'provisional'] as const) callbacks.on(outcome, state(outcome))
      return async (code: string, change: object = {}) => {
        at += 1_000
        const { PartnerParams } = v1Payload
        const payload = { ...v1Payload, ResultCode: code, ...change, PartnerParams: { ...PartnerParams, job_id: job } }
        const delivery = v1Delivery({ payload, timestamp: new Date(at).toISOString() })
        const { code: end } = await callbacks.receive({ ...delivery, clientIp: senderIp })
        return `${end} ${states[job]}`
      }
    }

    it('has its effect again: the last word stands, and handlers see what was said before', async () => {
      const say = story('approved again')
      seen.length = 0
      expect(await say('1210')).toBe('accepted approved')
      expect(await say('1211')).toBe('accepted rejected')
      expect(await say('1210', { ResultText: 'after all' })).toBe('accepted approved')
      expect(seen).toEqual([[], ['approved true'], ['approved true', 'rejected true']])
      expect(await say('1211', { ResultText: 'for good' })).toBe('accepted rejected')
    })

    it('does not where it is the machine against a person, or the same event once more', async () => {
      const say = story('machine')
      expect(await say('0810')).toBe('accepted approved')
      expect(await say('1211')).toBe('accepted rejected')
      expect(await say('0810', { ResultText: 'again' })).toBe('accepted rejected')
      expect(await say('0810')).toBe('duplicate rejected')
    })
  })

  describe('and the others of its job', () => {
    const event = (id: string, verdictId = id, signedAt = new Date(0)) => ({
      id,
      verdictId,
      jobId: 'busy',
      recipientId: 'alice',
      outcome: 'approved' as const,
      final: true,
      delivery: { signedAt, credential: { partnerId: '085' } },
    })
    const context = { signal: new AbortController().signal }

    it('wait for it without a connection: a pool of five that the store shares serves other jobs', async () => {
      const five = newPool(5)
      let release!: () => void
      const gate = new Promise<void>((resolve) => (release = resolve))
      const callbacks = smileIdCallbacks({
        ...testOptions,
        store: postgresStore(five, { table: `${schema}.events` }),
        handlerTimeout: 5_000,
      })
      let running = 0
      const handler = async ({ jobId }: SmileIdEvent) => {
        running += 1
        if (jobId === 'eight') await gate
      }
      callbacks.on('approved', inTransaction(five, 'five', handler, { table }))
      const post = (job: string, change = {}) => callbacks.receive({ ...to(job, 'alice', change), clientIp: senderIp })
      const eight = Array.from({ length: 8 }, (_, i) => post('eight', { ResultText: `wording ${i}` }))
      await vi.waitFor(() => expect(running).toBe(1))
      for (const job of ['other-1', 'other-2', 'other-3']) expect((await post(job)).code).toBe('accepted')
      release()
      const reports = await Promise.all(eight)
      expect(reports.map(({ code }) => code)).toEqual(Array(8).fill('accepted'))
      expect(reports.filter(({ handlers }) => (handlers?.waitedMs ?? 0) > 0)).toHaveLength(7)
    })

    it('in another process waits no longer than lockTimeout', async () => {
      let release!: () => void
      const gate = new Promise<void>((resolve) => (release = resolve))
      const begun = vi.fn(() => gate)
      // Two pools wait for each other at the database alone, as two processes do.
      const first = inTransaction(pool, 'busy', begun, { table })(event('a'), context)
      await vi.waitFor(() => expect(begun).toHaveBeenCalled())
      const other = inTransaction(newPool(), 'busy', () => undefined, { table, lockTimeout: 100 })
      await expect(other(event('b'), context)).rejects.toMatchObject({ name: 'EffectError', code: 'job_busy' })
      release()
      await first
      await other(event('b'), context)
    })

    it('leave the time limit of locks as the session has it', async () => {
      const shown = vi.fn()
      const handler = async (_: unknown, { client }: Context) => {
        shown((await client.query<{ lock_timeout: string }>('SHOW lock_timeout')).rows[0]?.lock_timeout)
      }
      const own = new pg.Pool({ connectionString: databaseUrl, max: 1, options: '-c lock_timeout=7s' })
      await inTransaction(own, 'shown', handler, { table })(event('shown'), context)
      await own.end()
      expect(shown).toHaveBeenCalledWith('7s')
    })

    it('an old table is brought up to date, and its effects stay', async () => {
      const old = `${schema}.old`
      await pool.query(
        `CREATE TABLE ${old} (name text NOT NULL, per text NOT NULL, id text NOT NULL, happened_at timestamptz NOT NULL DEFAULT now(), PRIMARY KEY (name, per, id)); INSERT INTO ${old} (name, per, id) VALUES ('old', 'verdict', 'done')`,
      )
      const ran = vi.fn()
      const outdated = inTransaction(pool, 'old', ran, { table: old, createTable: false })
      await expect(outdated(event('e', 'done'), context)).rejects.toMatchObject({
        code: 'effects_table_outdated',
        message: expect.stringContaining('ADD COLUMN IF NOT EXISTS recipient text') as string,
      })
      const handler = inTransaction(pool, 'old', ran, { table: old })
      await handler(event('e', 'done'), context)
      expect(ran).not.toHaveBeenCalled()
      await handler(event('e', 'new'), context)
      expect(ran).toHaveBeenCalledOnce()
      await pool.query(effectsTable(old))
    })
  })
})
