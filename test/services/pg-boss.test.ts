import PgBoss from 'pg-boss'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { memoryStore, PermanentError, smileIdCallbacks, type Inbox, type InboxMessage } from '../../src/index.ts'
import { pgBossInbox, pgBossWorker, type PgBossWorker, type PgBossWorkerOptions } from '../../src/inbox/pg-boss.ts'
import { senderIp, testOptions, v1Delivery, v1Payload } from '../support/deliveries.ts'
import { databaseUrl, postgresAnswers, runId } from '../support/services.ts'

describe.skipIf(!(await postgresAnswers()))('pg-boss', () => {
  const schema = `${runId}_boss`
  const boss = new PgBoss({ connectionString: databaseUrl, schema, maintenanceIntervalSeconds: 1, max: 5 })
  boss.on('error', () => undefined)
  const workers: PgBossWorker[] = []
  let count = 0
  const newQueue = () => `q${++count}`
  const work = async (queue: string, callbacks: Parameters<typeof pgBossWorker>[0], options: PgBossWorkerOptions = {}) => {
    workers.push(await pgBossWorker(callbacks, boss, { queue, pollingInterval: 500, ...options }))
  }
  const receiver = (inbox?: Inbox) => smileIdCallbacks({ ...testOptions, store: memoryStore(), inbox })
  const delivery = (job = 'job-1') => ({ ...v1Delivery({ payload: { ...v1Payload, PartnerParams: { ...v1Payload.PartnerParams, job_id: job } } }), clientIp: senderIp })
  const uuid = (id: string) => id.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')

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
    expect(reports.map(({ code }) => code)).toEqual(['accepted', 'accepted', 'accepted'])
    await vi.waitFor(() => expect(handler).toHaveBeenCalledTimes(3), { timeout: 5_000 })
    for (const { event } of reports) {
      await vi.waitFor(async () => expect(await boss.getJobById(queue, uuid(event!.id))).toMatchObject({ state: 'completed', output: { code: 'accepted' } }), { timeout: 5_000 })
    }
  })

  it('adds an event once, also when it is done', async () => {
    const queue = newQueue()
    const front = smileIdCallbacks({ ...testOptions, inbox: pgBossInbox(boss, { queue }) })
    const { event } = await front.receive(delivery())
    expect(await front.receive(delivery())).toMatchObject({ code: 'accepted' })
    const back = receiver()
    const handler = vi.fn()
    back.onAny(handler)
    await work(queue, back)
    await vi.waitFor(async () => expect(await boss.getJobById(queue, uuid(event!.id))).toMatchObject({ state: 'completed' }), { timeout: 5_000 })
    expect(await front.receive(delivery())).toMatchObject({ code: 'accepted' })
    expect(await boss.getQueueSize(queue)).toBe(0)
    expect(handler).toHaveBeenCalledTimes(1)
    await front.forget(event!.id)
    await front.receive(delivery())
    await vi.waitFor(() => expect(handler).toHaveBeenCalledTimes(2), { timeout: 5_000 })
  })

  it('tries again after a failure, then puts the event aside, without a word of the handler', async () => {
    const queue = newQueue()
    const front = receiver(pgBossInbox(boss, { queue, createQueue: { retryLimit: 1, retryDelay: 0, retryBackoff: false } }))
    const back = receiver()
    const handler = vi.fn().mockRejectedValue(new Error('Jane Canary'))
    back.onAny(handler)
    const { event } = await front.receive(delivery())
    await work(queue, back)
    await vi.waitFor(async () => expect(await boss.getQueueSize(`${queue}-dead`)).toBe(1), { timeout: 8_000 })
    expect(handler).toHaveBeenCalledTimes(2)
    const failed = await boss.getJobById(queue, uuid(event!.id))
    expect(failed).toMatchObject({ state: 'failed', output: { error: 'DispatchError', code: 'handler_failed' } })
    expect(JSON.stringify(failed!.output)).not.toContain('Canary')
  }, 15_000)

  it('fails of a batch only what failed, and tries no second time after a PermanentError', async () => {
    const queue = newQueue()
    const front = receiver(pgBossInbox(boss, { queue, createQueue: { retryLimit: 0 } }))
    const reports = await Promise.all(['good', 'bad', 'never'].map((job) => front.receive(delivery(job))))
    const back = receiver()
    back.onJob('good', vi.fn())
    back.onJob('bad', () => Promise.reject(new Error('no')))
    back.onJob('never', () => Promise.reject(new PermanentError('no')))
    await work(queue, back, { concurrency: 10 })
    const [good, bad, never] = reports.map(({ event }) => uuid(event!.id))
    await vi.waitFor(async () => expect(await boss.getJobById(queue, never!)).toMatchObject({ state: 'completed', output: { code: 'handler_rejected' } }), { timeout: 5_000 })
    await vi.waitFor(async () => expect(await boss.getJobById(queue, bad!)).toMatchObject({ state: 'failed' }), { timeout: 5_000 })
    await vi.waitFor(async () => expect(await boss.getJobById(queue, good!)).toMatchObject({ state: 'completed' }), { timeout: 5_000 })
  }, 15_000)

  it('is answered 503 where there is no queue: pg-boss itself says nothing then', async () => {
    const front = smileIdCallbacks({ ...testOptions, inbox: pgBossInbox(boss, { queue: 'not-there', createQueue: false }) })
    expect(await front.receive(delivery())).toMatchObject({ code: 'inbox_unavailable', status: 503 })
  })

  it('makes its queue when many processes start at once, without deadlocks', async () => {
    const queue = newQueue()
    const processes = Array.from({ length: 6 }, () => new PgBoss({ connectionString: databaseUrl, schema, supervise: false, schedule: false, max: 2 }))
    const failed: unknown[] = []
    try {
      const fronts = await Promise.all(
        processes.map(async (one) => {
          one.on('error', () => undefined)
          await one.start()
          const createQueue = one.createQueue.bind(one)
          one.createQueue = (name, options) => createQueue(name, options).catch((error: unknown) => {
            failed.push(error)
            throw error
          })
          return receiver(pgBossInbox(one, { queue }))
        }),
      )
      const reports = await Promise.all(fronts.map((front, i) => front.receive(delivery(`start-${i}`))))
      expect(reports.map(({ code }) => code)).toEqual(processes.map(() => 'accepted'))
      expect(await boss.getQueueSize(queue)).toBe(processes.length)
      // On a machine that stands still for seconds, one may lose its patience.
      expect(failed.length).toBeLessThanOrEqual(1)
    } finally {
      await Promise.all(processes.map((one) => one.stop({ graceful: false })))
    }
  }, 20_000)

  it('makes its queue once for many inboxes of one process', async () => {
    const queue = newQueue()
    const createQueue = vi.spyOn(boss, 'createQueue')
    const fronts = Array.from({ length: 8 }, () => smileIdCallbacks({ ...testOptions, inbox: pgBossInbox(boss, { queue }) }))
    const reports = await Promise.all(fronts.map((front, i) => front.receive(delivery(`at-once-${i}`))))
    expect(new Set(reports.map(({ code }) => code))).toEqual(new Set(['accepted']))
    expect(await boss.getQueueSize(queue)).toBe(8)
    expect(createQueue.mock.calls.map(([name]) => name)).toEqual([`${queue}-dead`, queue])
    createQueue.mockRestore()
  })

  it('stores what serialize makes of an event, and reads it back', async () => {
    const queue = newQueue()
    const serialize = (message: InboxMessage) => Buffer.from(JSON.stringify(message)).toString('base64')
    const deserialize = (stored: unknown): unknown => JSON.parse(Buffer.from(stored as string, 'base64').toString())
    const front = receiver(pgBossInbox(boss, { queue, serialize }))
    const { event } = await front.receive(delivery())
    expect(JSON.stringify((await boss.getJobById(queue, uuid(event!.id)))!.data)).not.toContain('acc-1')
    const back = receiver()
    const handler = vi.fn()
    back.onPartnerParam('account_id', 'acc-1', handler)
    await work(queue, back, { deserialize })
    await vi.waitFor(() => expect(handler).toHaveBeenCalledTimes(1), { timeout: 5_000 })
  })
})
