import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { memoryStore, PermanentError, smileIdCallbacks, type Inbox, type InboxMessage } from '../../src/index.ts'
import {
  pgBossInbox,
  pgBossWorker,
  type PgBossQueueOptions,
  type PgBossWorker,
  type PgBossWorkerOptions,
} from '../../src/engines/pg-boss/inbox.ts'
import { senderIp, testOptions, v1Delivery, v1Payload } from '../support/deliveries.ts'
import { bosses, type TestJob } from '../support/engines.ts'
import { databaseUrl, postgresAnswers, runId } from '../support/services.ts'

const answers = await postgresAnswers()

describe.skipIf(!answers).each(bosses)('$name', ({ name, make }) => {
  const schema = `${runId}_boss${/\d+/.exec(name)![0]}`
  const boss = make({ schema })
  boss.on('error', () => undefined)
  const workers: PgBossWorker[] = []
  let count = 0
  const newQueue = () => `q${++count}`
  const work = async (
    queue: string,
    callbacks: Parameters<typeof pgBossWorker>[0],
    options: PgBossWorkerOptions = {},
  ) => {
    const worker = await pgBossWorker(callbacks, boss, { queue, pollingInterval: 500, ...options })
    workers.push(worker)
    return worker
  }
  const receiver = (inbox?: Inbox) => smileIdCallbacks({ ...testOptions, store: memoryStore(), inbox })
  const delivery = (job = 'job-1') => ({
    ...v1Delivery({ payload: { ...v1Payload, PartnerParams: { ...v1Payload.PartnerParams, job_id: job } } }),
    clientIp: senderIp,
  })
  const uuid = (id: string) => id.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
  const jobOf = async (queue: string, id: string) => (await boss.getJobById(queue, uuid(id))) as TestJob | null
  const rowsOf = async (queue: string) =>
    (await boss.getDb().executeSql(`SELECT * FROM ${schema}.job WHERE name = $1`, [queue])).rows
  const becomes = (queue: string, id: string, expected: object) =>
    vi.waitFor(async () => expect(await jobOf(queue, id)).toMatchObject(expected), { timeout: 30_000, interval: 50 })

  beforeAll(() => boss.start())
  afterAll(async () => {
    await Promise.all(workers.map((worker) => worker.stop()))
    await boss.stop({ graceful: false })
    const client = new pg.Client({ connectionString: databaseUrl })
    await client.connect()
    await client.query(`DROP SCHEMA IF EXISTS ${schema} CASCADE`)
    await client.end()
  })

  it('carries events from the receiver to the handlers of a worker', async () => {
    const queue = newQueue()
    const front = receiver(pgBossInbox(boss, { queue }))
    const back = receiver()
    const handler = vi.fn()
    back.on('approved', handler)
    await work(queue, back)
    const reports = await Promise.all(['1', '2', '3'].map((job) => front.receive(delivery(job))))
    expect(reports.map(({ code, inbox }) => [code, inbox])).toEqual([
      ['accepted', 'stored'],
      ['accepted', 'stored'],
      ['accepted', 'stored'],
    ])
    await vi.waitFor(() => expect(handler).toHaveBeenCalledTimes(3), { timeout: 30_000 })
    for (const { event } of reports)
      await becomes(queue, event!.id, { state: 'completed', output: { code: 'accepted' } })
  })

  it('adds an event once, also when it is done', async () => {
    const queue = newQueue()
    const front = smileIdCallbacks({ ...testOptions, inbox: pgBossInbox(boss, { queue }) })
    const { event } = await front.receive(delivery())
    expect(await front.receive(delivery())).toMatchObject({ code: 'accepted', inbox: 'known' })
    const back = receiver()
    const handler = vi.fn()
    back.onAny(handler)
    await work(queue, back)
    await becomes(queue, event!.id, { state: 'completed' })
    expect(await front.receive(delivery())).toMatchObject({ code: 'accepted', inbox: 'known' })
    expect(await rowsOf(queue)).toHaveLength(1)
    expect(handler).toHaveBeenCalledTimes(1)
    await front.forget(event!.id)
    expect(await front.receive(delivery())).toMatchObject({ inbox: 'stored' })
    await vi.waitFor(() => expect(handler).toHaveBeenCalledTimes(2), { timeout: 30_000 })
  })

  it('tries again after a failure, then puts the event aside, without a word of the handler', async () => {
    const queue = newQueue()
    const front = receiver(
      pgBossInbox(boss, { queue, createQueue: { retryLimit: 1, retryDelay: 0, retryBackoff: false } }),
    )
    const back = receiver()
    const handler = vi.fn().mockRejectedValue(new Error('Jane Canary'))
    back.onAny(handler)
    const { event } = await front.receive(delivery())
    await work(queue, back, { createQueue: false })
    await vi.waitFor(async () => expect(await rowsOf(`${queue}-dead`)).toHaveLength(1), { timeout: 30_000 })
    expect(handler).toHaveBeenCalledTimes(2)
    const failed = await jobOf(queue, event!.id)
    expect(failed).toMatchObject({
      state: 'failed',
      output: { error: 'DispatchError', code: 'handler_failed', attempts: 2 },
    })
    expect(JSON.stringify(failed!.output)).not.toContain('Canary')
  })

  it('fails only what failed, and tries no second time after a PermanentError', async () => {
    const queue = newQueue()
    const front = receiver(pgBossInbox(boss, { queue, createQueue: { retryLimit: 0 } }))
    const reports = await Promise.all(['good', 'bad', 'never'].map((job) => front.receive(delivery(job))))
    const back = receiver()
    back.onJob('good', vi.fn())
    back.onJob('bad', () => Promise.reject(new Error('no')))
    back.onJob('never', () => Promise.reject(new PermanentError('no')))
    await work(queue, back, { concurrency: 10, createQueue: false })
    const [good, bad, never] = reports.map(({ event }) => event!.id)
    await becomes(queue, never!, { state: 'completed', output: { code: 'handler_rejected' } })
    await becomes(queue, bad!, { state: 'failed' })
    await becomes(queue, good!, { state: 'completed' })
  })

  it('is answered 503 where there is no queue', async () => {
    const front = smileIdCallbacks({
      ...testOptions,
      inbox: pgBossInbox(boss, { queue: 'not-there', createQueue: false }),
    })
    expect(await front.receive(delivery())).toMatchObject({ code: 'inbox_unavailable', status: 503 })
  })

  it('makes its queue when many processes start at once, without deadlocks', async () => {
    const queue = newQueue()
    const processes = Array.from({ length: 6 }, () => make({ schema, max: 2 }))
    const failed: unknown[] = []
    try {
      const fronts = await Promise.all(
        processes.map(async (one) => {
          one.on('error', () => undefined)
          await one.start()
          const createQueue = one.createQueue.bind(one)
          one.createQueue = (...args) =>
            createQueue(...args).catch((error: unknown) => {
              failed.push(error)
              throw error
            })
          return receiver(pgBossInbox(one, { queue }))
        }),
      )
      const reports = await Promise.all(fronts.map((front, i) => front.receive(delivery(`start-${i}`))))
      expect(reports.map(({ code }) => code)).toEqual(processes.map(() => 'accepted'))
      expect(await rowsOf(queue)).toHaveLength(processes.length)
      // On a machine that stands still for seconds, one may lose its patience.
      expect(failed.length).toBeLessThanOrEqual(1)
    } finally {
      await Promise.all(processes.map((one) => one.stop({ graceful: false })))
    }
  }, 60_000)

  it('makes its queue once for many inboxes of one process', async () => {
    const queue = newQueue()
    const createQueue = vi.spyOn(boss, 'createQueue')
    const fronts = Array.from({ length: 8 }, () =>
      smileIdCallbacks({ ...testOptions, inbox: pgBossInbox(boss, { queue }) }),
    )
    const reports = await Promise.all(fronts.map((front, i) => front.receive(delivery(`at-once-${i}`))))
    expect(new Set(reports.map(({ code }) => code))).toEqual(new Set(['accepted']))
    expect(await rowsOf(queue)).toHaveLength(8)
    expect(createQueue.mock.calls.map(([made]) => made)).toEqual([`${queue}-dead`, queue])
    createQueue.mockRestore()
  })

  it('says once that a queue was there before, with other settings', async () => {
    const queue = newQueue()
    const logger = { warn: vi.fn(), error: vi.fn() }
    const open = (createQueue: PgBossQueueOptions) =>
      smileIdCallbacks({ ...testOptions, logger, inbox: pgBossInbox(boss, { queue, createQueue }) })
    await open({ retryLimit: 3 }).receive(delivery('first'))
    await open({ retryLimit: 3 }).receive(delivery('second'))
    const said = () =>
      logger.warn.mock.calls.map(([, text]) => String(text)).filter((text) => text.includes('other settings'))
    expect(said()).toEqual([])
    const other = open({ retryLimit: 7, expireInSeconds: 60 })
    await other.receive(delivery('third'))
    await other.receive(delivery('fourth'))
    expect(said()).toEqual([
      expect.stringMatching(/retryLimit 3 instead of 7, expireInSeconds 900 instead of 60.*updateQueue/),
    ])
  })

  it('stores what serialize makes of an event, and reads it back', async () => {
    const queue = newQueue()
    const serialize = (message: InboxMessage) => Buffer.from(JSON.stringify(message)).toString('base64')
    const deserialize = (stored: unknown): unknown => JSON.parse(Buffer.from(stored as string, 'base64').toString())
    const front = receiver(pgBossInbox(boss, { queue, serialize }))
    const { event } = await front.receive(delivery())
    expect(JSON.stringify((await jobOf(queue, event!.id))!.data)).not.toContain('acc-1')
    const back = receiver()
    const handler = vi.fn()
    back.onPartnerParam('account_id', 'acc-1', handler)
    await work(queue, back, { deserialize })
    await vi.waitFor(() => expect(handler).toHaveBeenCalledTimes(1), { timeout: 30_000 })
  })
})
