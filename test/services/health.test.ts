import { Redis } from 'ioredis'
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest'
import { memoryStore, smileIdCallbacks, type Inbox, type OnceStore, type SmileIdCallbacks } from '../../src/index.ts'
import { bullmqInbox, bullmqWorker } from '../../src/engines/bullmq/inbox.ts'
import { pgBossInbox, pgBossWorker, type WorkerHealth } from '../../src/engines/pg-boss/inbox.ts'
import { redisStore } from '../../src/engines/redis/store.ts'
import { testOptions, v1Delivery, v1Payload } from '../support/deliveries.ts'
import { bosses, bullmqs, redisConnection } from '../support/engines.ts'
import { receiver } from '../support/receiver.ts'
import { databaseUrl, deleteKeys, postgresAnswers, redisAnswers, redisUrl, runId } from '../support/services.ts'

const delivery = (job: string) =>
  v1Delivery({ payload: { ...v1Payload, PartnerParams: { ...v1Payload.PartnerParams, job_id: job } } })

describe('health of a receiver', () => {
  afterEach(() => vi.useRealTimers())
  const counting = (store: OnceStore = memoryStore()) => {
    let asked = 0
    return {
      asked: () => asked,
      store: {
        ...store,
        release: (...args: Parameters<OnceStore['release']>) => ((asked += 1), store.release(...args)),
      },
    }
  }

  it('is well with a store that answers, which is asked at most once a second', async () => {
    vi.useFakeTimers({ toFake: ['performance'] })
    const { asked, store } = counting()
    const { callbacks } = receiver({ store })
    const answers = await Promise.all([1, 2, 3].map(() => callbacks.health()))
    for (const answer of answers)
      expect(answer).toEqual({ ok: true, store: { ok: true, okAt: expect.any(Date) as Date }, underWay: 0 })
    expect(asked()).toBe(1)
    vi.advanceTimersByTime(1_001)
    await callbacks.health()
    expect(asked()).toBe(2)
  })

  it('says when a store answers no more, and when it last did', async () => {
    vi.useFakeTimers({ toFake: ['performance'] })
    const { store } = counting()
    let fails = false
    const { callbacks } = receiver({
      store: { ...store, release: (...args) => (fails ? Promise.reject(new Error('away')) : store.release(...args)) },
    })
    const { okAt } = (await callbacks.health()).store
    fails = true
    vi.advanceTimersByTime(1_001)
    expect(await callbacks.health()).toEqual({ ok: false, store: { ok: false, okAt }, underWay: 0 })
  })

  it('counts what is in progress', async () => {
    const { callbacks, post } = receiver()
    let open: (() => void) | undefined
    callbacks.onAny(() => new Promise<void>((resolve) => (open = resolve)))
    const posted = post(delivery('slow'))
    await vi.waitFor(() => expect(open).toBeDefined())
    expect((await callbacks.health()).underWay).toBe(1)
    open?.()
    await posted
    await vi.waitFor(async () => expect((await callbacks.health()).underWay).toBe(0))
  })

  it('is not well while close drains, though deliveries are still taken; then they are refused', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout'] })
    const { callbacks, post } = receiver()
    const closing = callbacks.close({ drainFor: 5_000 })
    expect((await callbacks.health()).ok).toBe(false)
    expect(await post(delivery('drained'))).toMatchObject({ code: 'accepted' })
    vi.advanceTimersByTime(5_000)
    expect(await closing).toBe(0)
    expect(await post(delivery('late'))).toMatchObject({ code: 'shutting_down', status: 503 })
  })

  it.each([0, -1, Number.NaN, '5'])('refuses drainFor: %j', async (drainFor) => {
    await expect(receiver().callbacks.close({ drainFor: drainFor as number })).rejects.toMatchObject({
      code: 'duration_invalid',
    })
  })
})

/** The same for both engines: an event that waits, one that is being handled, one that is dead. */
async function worksThrough(
  inbox: Inbox,
  start: (callbacks: SmileIdCallbacks) => Promise<{ health(): Promise<WorkerHealth>; stop(): Promise<unknown> }>,
): Promise<void> {
  const front = receiver({ inbox })
  const back = smileIdCallbacks(testOptions)
  let end: (() => void) | undefined
  back.onAny(({ jobId }) => {
    if (jobId === 'dies') throw new Error('no')
    if (jobId === 'slow') return new Promise<void>((resolve) => (end = resolve))
  })
  const worker = await start(back)
  const becomes = (health: object) =>
    vi.waitFor(async () => expect(await worker.health()).toMatchObject(health), { timeout: 30_000, interval: 50 })
  try {
    const idle = { waiting: 0, oldestMs: 0, dead: 0 }
    await becomes({ ok: true, inbox: { ok: true, okAt: expect.any(Date) as Date }, backlog: idle, underWay: 0 })
    expect((await worker.health()).handledAt).toBeUndefined()
    await front.post(delivery('dies'))
    await becomes({ ok: true, backlog: { ...idle, dead: 1 }, underWay: 0 })
    expect((await worker.health()).handledAt).toBeUndefined()
    await front.post(delivery('slow'))
    await vi.waitFor(() => expect(end).toBeDefined(), { timeout: 30_000 })
    await front.post(delivery('waits'))
    await becomes({ ok: true, backlog: { waiting: 1, dead: 1 }, underWay: 1 })
    end?.()
    await becomes({ ok: true, backlog: { ...idle, dead: 1 }, underWay: 0, handledAt: expect.any(Date) as Date })
  } finally {
    end?.()
    await worker.stop()
  }
  expect((await worker.health()).ok).toBe(false)
}

describe.skipIf(!(await redisAnswers()))('health with Redis', () => {
  const admin = new Redis(redisUrl, { lazyConnect: true, maxRetriesPerRequest: null })
  afterAll(async () => {
    await deleteKeys(admin, runId)
    await deleteKeys(admin, `bull:${runId}`)
    await admin.quit()
  })

  it('asks the store itself', async () => {
    const client = new Redis(redisUrl, { enableOfflineQueue: false, retryStrategy: () => null })
    await vi.waitFor(() => expect(client.status).toBe('ready'))
    const { callbacks } = receiver({ store: redisStore(client, { prefix: `${runId}:` }) })
    expect((await callbacks.health()).store.ok).toBe(true)
    client.disconnect()
    await vi.waitFor(async () => expect((await callbacks.health()).ok).toBe(false), { timeout: 5_000 })
  })

  it.each(bullmqs)('counts what waits and what is dead: $name', async ({ name, Queue, Worker }) => {
    const queueName = `${runId}-${name.at(-1)}`
    const queue = new Queue(queueName, { connection: admin })
    const { callbacks, post } = receiver({ inbox: bullmqInbox(queue, { job: { attempts: 1 } }) })
    expect(await callbacks.health()).toMatchObject({
      ok: true,
      inbox: { ok: true },
      backlog: { waiting: 0, oldestMs: 0, dead: 0 },
    })
    await post(delivery('dies'))
    const worker = new Worker(queueName, () => Promise.reject(new Error('no')), { connection: admin })
    worker.on('error', () => undefined)
    await vi.waitFor(async () => expect(await queue.getFailedCount()).toBe(1), 10_000)
    await worker.close()
    await post(delivery('waits'))
    await post(delivery('waits, too'))
    await vi.waitFor(
      async () => expect((await callbacks.health()).backlog).toMatchObject({ waiting: 2, dead: 1 }),
      5_000,
    )
    await vi.waitFor(async () => expect((await callbacks.health()).backlog?.oldestMs).toBeGreaterThan(900), 5_000)
    await queue.close()
  })
})

describe.skipIf(!(await redisAnswers()))('health of a worker, BullMQ', () => {
  const admin = new Redis(redisUrl, { maxRetriesPerRequest: null })
  const name = `${runId}-health`
  afterAll(async () => {
    await deleteKeys(admin, `bull:${name}`)
    await admin.quit()
  })
  it.each([
    ['options', redisConnection],
    ['a client', admin],
  ])(
    'with a connection of %s',
    async (what, connection) => {
      const queue = new bullmqs[1]!.Queue(`${name}-${what.length}`, { connection: admin })
      try {
        await worksThrough(bullmqInbox(queue, { job: { attempts: 1 } }), async (callbacks) => {
          const worker = bullmqWorker(callbacks, { queue: queue.name, connection })
          await worker.waitUntilReady()
          return { health: () => worker.health(), stop: () => worker.close() }
        })
      } finally {
        await queue.close()
      }
    },
    60_000,
  )
})

describe.skipIf(!(await postgresAnswers()))('health with Postgres', () => {
  it.each(bosses)(
    'of a worker: $name',
    async ({ name, make }) => {
      const schema = `${runId}_health${name.at(-1)}`
      const boss = make({ schema })
      boss.on('error', () => undefined)
      await boss.start()
      const createQueue = { retryLimit: 0 }
      try {
        await worksThrough(pgBossInbox(boss, { createQueue }), (callbacks) =>
          pgBossWorker(callbacks, boss, { createQueue, concurrency: 1, pollingInterval: 500 }),
        )
      } finally {
        await boss.getDb().executeSql(`DROP SCHEMA ${schema} CASCADE`)
        await boss.stop({ graceful: false })
      }
    },
    60_000,
  )

  it.each(bosses)('counts what waits and what is dead: $name', async ({ name, make }) => {
    const boss = make({ schema: `${runId}_${name.at(-1)}`, connectionString: databaseUrl })
    boss.on('error', () => undefined)
    await boss.start()
    try {
      const { callbacks, post } = receiver({ inbox: pgBossInbox(boss) })
      await post(delivery('waits'))
      await boss.send('smile-id-dead', { id: 'dead' }, { id: '00000000-0000-4000-8000-000000000000' })
      await vi.waitFor(
        async () =>
          expect(await callbacks.health()).toMatchObject({
            ok: true,
            inbox: { ok: true },
            backlog: { waiting: 1, oldestMs: expect.any(Number) as number, dead: 1 },
          }),
        5_000,
      )
    } finally {
      await boss.getDb().executeSql(`DROP SCHEMA ${runId}_${name.at(-1)} CASCADE`)
      await boss.stop({ graceful: false })
    }
  })
})

it('is no part of what a store or an inbox of your own needs', async () => {
  const inbox = { add: () => Promise.resolve('stored') }
  const callbacks = smileIdCallbacks({ credentials: { partnerId: '085', apiKey: 'k' }, inbox, logger: false })
  expect(await callbacks.health()).toEqual({ ok: true, store: expect.anything() as object, underWay: 0 })
})
