import type { Queue, Worker } from 'bullmq'
import { Redis } from 'ioredis'
import { afterAll, describe, expect, it, vi } from 'vitest'
import { memoryStore, PermanentError, smileIdCallbacks, type Inbox, type InboxMessage } from '../../src/index.ts'
import { bullmqInbox, bullmqProcessor, bullmqWorker, type BullmqWorkerOptions } from '../../src/engines/bullmq/inbox.ts'
import { senderIp, testOptions, v1Delivery, v1Payload } from '../support/deliveries.ts'
import { bullmqs, redisConnection as connection } from '../support/engines.ts'
import { deleteKeys, redisAnswers, redisUrl, runId } from '../support/services.ts'

const answers = await redisAnswers()

describe.skipIf(!answers).each(bullmqs)('$name', ({ name, ...bullmq }) => {
  const prefix = `${runId}:bull${/\d/.exec(name)![0]}`
  const open: { close(): Promise<unknown> }[] = []
  let count = 0
  const newQueue = () => {
    const queue = new bullmq.Queue(`q${++count}`, { connection, prefix })
    queue.on('error', () => undefined)
    open.push(queue)
    return queue
  }
  const work = (
    queue: Queue,
    callbacks: Parameters<typeof bullmqWorker>[0],
    { deserialize, timeout, ...options }: Partial<BullmqWorkerOptions> = {},
  ): Worker => {
    // `bullmqWorker` loads the BullMQ that is installed: of the other the processor is what we ship.
    const worker =
      name === 'BullMQ 6'
        ? bullmqWorker(callbacks, { queue: queue.name, connection, prefix, deserialize, timeout, ...options })
        : new bullmq.Worker(queue.name, bullmqProcessor(callbacks, { deserialize, timeout }), {
            connection,
            prefix,
            ...options,
          }).on('error', () => undefined)
    open.push(worker)
    return worker
  }
  const receiver = (inbox?: Inbox) => smileIdCallbacks({ ...testOptions, store: memoryStore(), inbox })
  const delivery = (job = 'job-1') => ({
    ...v1Delivery({ payload: { ...v1Payload, PartnerParams: { ...v1Payload.PartnerParams, job_id: job } } }),
    clientIp: senderIp,
  })

  afterAll(async () => {
    await Promise.all(open.map((one) => one.close()))
    const redis = new Redis(redisUrl)
    await deleteKeys(redis, prefix)
    await redis.quit()
  })

  it('carries events from the receiver to the handlers of a worker', async () => {
    const queue = newQueue()
    const front = receiver(bullmqInbox(queue))
    const back = receiver()
    const handler = vi.fn()
    back.on('approved', handler)
    work(queue, back, { concurrency: 5 })
    const reports = await Promise.all(['1', '2', '3'].map((job) => front.receive(delivery(job))))
    expect(reports.map(({ code, inbox }) => [code, inbox])).toEqual([
      ['accepted', 'stored'],
      ['accepted', 'stored'],
      ['accepted', 'stored'],
    ])
    await vi.waitFor(() => expect(handler).toHaveBeenCalledTimes(3), { timeout: 30_000 })
    await vi.waitFor(
      async () => expect(await queue.getJobCounts()).toMatchObject({ completed: 0, active: 0, waiting: 0 }),
      { timeout: 30_000 },
    )
  })

  it('uses the event id as the job id, and adds an event once, also when it is done and gone', async () => {
    const queue = newQueue()
    // No memory of its own: each delivery reaches the queue.
    const front = smileIdCallbacks({ ...testOptions, inbox: bullmqInbox(queue) })
    const { event } = await front.receive(delivery())
    expect(await front.receive(delivery())).toMatchObject({ code: 'accepted', inbox: 'known' })
    expect((await queue.getWaiting()).map((job) => ({ id: job.id, name: job.name }))).toEqual([
      { id: event!.id, name: `${event!.product}.approved` },
    ])
    const back = receiver()
    const handler = vi.fn()
    back.onAny(handler)
    work(queue, back)
    await vi.waitFor(() => expect(handler).toHaveBeenCalledTimes(1), { timeout: 30_000 })
    await vi.waitFor(async () => expect(await queue.getJob(event!.id)).toBeUndefined(), { timeout: 30_000 })
    expect(await front.receive(delivery())).toMatchObject({ code: 'accepted', inbox: 'known' })
    await new Promise((resolve) => setTimeout(resolve, 200))
    expect(handler).toHaveBeenCalledTimes(1)
    await front.forget(event!.id)
    await front.receive(delivery())
    await vi.waitFor(() => expect(handler).toHaveBeenCalledTimes(2), { timeout: 30_000 })
  })

  it('tries again after a failure, and keeps what failed for good, without a word of the handler', async () => {
    const queue = newQueue()
    const front = receiver(bullmqInbox(queue, { job: { attempts: 3, backoff: 10 } }))
    const back = receiver()
    const handler = vi.fn().mockRejectedValue(new Error('Jane Canary'))
    back.onAny(handler)
    work(queue, back)
    await front.receive(delivery())
    await vi.waitFor(async () => expect(await queue.getFailedCount()).toBe(1), { timeout: 30_000 })
    expect(handler).toHaveBeenCalledTimes(3)
    const [failed] = await queue.getFailed()
    expect(failed!.failedReason).toContain('a handler failed')
    expect(failed!.failedReason + JSON.stringify(failed!.stacktrace)).not.toContain('Canary')
    expect(failed!.opts.removeOnFail).toEqual({ age: 30 * 86_400 })
  })

  it('tries no second time after a PermanentError', async () => {
    const queue = newQueue()
    const front = receiver(bullmqInbox(queue, { job: { removeOnComplete: false } }))
    const back = receiver()
    const handler = vi.fn().mockRejectedValue(new PermanentError('never'))
    back.onAny(handler)
    work(queue, back)
    const { event } = await front.receive(delivery())
    await vi.waitFor(
      async () => expect((await queue.getJob(event!.id))?.returnvalue).toMatchObject({ code: 'handler_rejected' }),
      { timeout: 30_000 },
    )
    expect(handler).toHaveBeenCalledTimes(1)
  })

  it('stores what serialize makes of an event, and reads it back', async () => {
    const queue = newQueue()
    const serialize = (message: InboxMessage) =>
      Promise.resolve(Buffer.from(JSON.stringify(message)).toString('base64'))
    const deserialize = (stored: unknown): unknown => JSON.parse(Buffer.from(stored as string, 'base64').toString())
    const front = receiver(bullmqInbox(queue, { serialize }))
    const { event } = await front.receive(delivery())
    expect(JSON.stringify((await queue.getJob(event!.id))!.data)).not.toContain('acc-1')
    const back = receiver()
    const handler = vi.fn()
    back.onPartnerParam('account_id', 'acc-1', handler)
    work(queue, back, { deserialize })
    await vi.waitFor(() => expect(handler).toHaveBeenCalledTimes(1), { timeout: 30_000 })
  })

  it('is answered 503 while Redis is out of reach', async () => {
    const queue = new bullmq.Queue('nowhere', {
      connection: {
        host: '127.0.0.1',
        port: 1,
        enableOfflineQueue: false,
        retryStrategy: () => null,
        maxRetriesPerRequest: 0,
      },
      prefix,
    })
    queue.on('error', () => undefined)
    const front = smileIdCallbacks({ ...testOptions, inbox: bullmqInbox(queue, { timeout: 500 }) })
    expect(await front.receive(delivery())).toMatchObject({ code: 'inbox_unavailable', status: 503 })
    await queue.close().catch(() => undefined)
  })
})
