import { randomUUID } from 'node:crypto'
import type { Job } from 'bullmq'
import { Redis } from 'ioredis'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { smileIdCallbacks, type Inbox, type InboxMessage } from '../../src/index.ts'
import { bullmqInbox } from '../../src/engines/bullmq/inbox.ts'
import { pgBossInbox } from '../../src/engines/pg-boss/inbox.ts'
import { redisStore } from '../../src/engines/redis/store.ts'
import { inboxConformance, type InboxUnderTest } from '../../src/testing/inbox-conformance.ts'
import { senderIp, testOptions, v1Delivery } from '../support/deliveries.ts'
import { bosses, bullmqs, redisConnection as connection } from '../support/engines.ts'
import { databaseUrl, deleteKeys, postgresAnswers, redisAnswers, redisUrl, runId } from '../support/services.ts'

const [postgres, redis] = await Promise.all([postgresAnswers(), redisAnswers()])

describe.skipIf(!postgres).each(bosses)('an inbox of $name', ({ name, make }) => {
  const schema = `${runId}_inbox${/\d+/.exec(name)![0]}`
  const boss = make({ schema })
  boss.on('error', () => undefined)
  let count = 0
  beforeAll(() => boss.start())
  afterAll(async () => {
    await boss.stop({ graceful: false })
    const client = new pg.Client({ connectionString: databaseUrl })
    await client.connect()
    await client.query(`DROP SCHEMA IF EXISTS ${schema} CASCADE`)
    await client.end()
  })
  const open = (): InboxUnderTest => {
    const queue = `q${++count}`
    return {
      inbox: pgBossInbox(boss, { queue }),
      async take() {
        if ((await boss.getQueue(queue)) === null) return undefined
        const [job] = (await boss.fetch(queue, { batchSize: 1, includeMetadata: true })) as {
          id: string
          data: unknown
        }[]
        if (job) await boss.complete(queue, [job.id], { code: 'accepted' })
        return job?.data
      },
    }
  }
  it.each(inboxConformance({ open }))('$name', ({ run }) => run(), 60_000)
})

describe.skipIf(!redis).each(bullmqs)('an inbox of $name', ({ name, Queue, Worker }) => {
  const prefix = `${runId}:inbox${/\d/.exec(name)![0]}`
  const opened: { close(): Promise<unknown> }[] = []
  let count = 0
  afterAll(async () => {
    await Promise.all(opened.map((one) => one.close()))
    const client = new Redis(redisUrl)
    await deleteKeys(client, prefix)
    await client.quit()
  })
  const open = (): InboxUnderTest => {
    const queue = new Queue(`q${++count}`, { connection, prefix })
    const worker = new Worker(queue.name, null, { connection, prefix })
    queue.on('error', () => undefined)
    worker.on('error', () => undefined)
    opened.push(queue, worker)
    return {
      inbox: bullmqInbox(queue),
      async take() {
        const token = randomUUID()
        const job = (await worker.getNextJob(token, { block: false })) as Job | undefined
        await job?.moveToCompleted({ code: 'accepted' }, token, false)
        return job?.data as unknown
      },
    }
  }
  it.each(inboxConformance({ open }))('$name', ({ run }) => run(), 60_000)
})

describe('an inbox that breaks a rule', () => {
  const broken = (change: (messages: unknown[]) => Partial<Inbox>) => (): InboxUnderTest => {
    const messages: unknown[] = []
    const known = new Set<string>()
    const inbox: Inbox = {
      add(message, context) {
        context?.signal.throwIfAborted()
        if (known.has(message.id)) return Promise.resolve('known')
        known.add(message.id)
        messages.push(JSON.parse(JSON.stringify(message)))
        return Promise.resolve('stored')
      },
      ...change(messages),
    }
    return { inbox, take: () => Promise.resolve(messages.shift()) }
  }
  const failing = async (open: () => InboxUnderTest) => {
    const failed: string[] = []
    for (const { name, run } of inboxConformance({ open }))
      await run().catch(() => {
        failed.push(name.split(/[ ,:]/)[0]!)
      })
    return failed
  }
  const store = (messages: unknown[], message: InboxMessage) => {
    messages.push(JSON.parse(JSON.stringify(message)))
    return Promise.resolve()
  }
  it.each<[string, (messages: unknown[]) => Partial<Inbox>, string[]]>([
    ['none', () => ({}), []],
    [
      'takes an id again',
      (all) => ({ add: (message, context) => (context?.signal.throwIfAborted(), store(all, message)) }),
      ['the'],
    ],
    ['ignores its signal', (all) => ({ add: (message) => store(all, message) }), ['what', 'the']],
    [
      'loses half characters',
      (all) => ({
        add: (message) => Promise.resolve(void all.push({ ...message, event: { ...message.event, payload: {} } })),
      }),
      ['what', 'any', 'what', 'the'],
    ],
    ['forgets nothing', () => ({ forget: () => Promise.resolve() }), ['forget']],
    ['knows everything', () => ({ revisit: () => Promise.resolve('known') }), ['revisit']],
  ])('%s', async (_, change, expected) => expect(await failing(broken(change))).toEqual(expected))
})

describe.skipIf(!redis)('a queue that delivers more than once, with { once: store }', () => {
  it('handles each event once, in the end, and is told of a store that fails', async () => {
    const client = new Redis(redisUrl)
    const store = redisStore(client, { prefix: `${runId}:once:` })
    const messages: InboxMessage[] = []
    const inbox = { add: (message: InboxMessage) => Promise.resolve(void messages.push(message)) }
    const onError = vi.fn()
    const callbacks = smileIdCallbacks({ ...testOptions, store, inbox, onError })
    let open: (() => void) | undefined
    const handler = vi.fn(() => new Promise<void>((resolve) => (open = resolve)))
    handler.mockRejectedValueOnce(new Error('no'))
    callbacks.onAny(handler)
    // Stored with the same store: what stands there for the delivery is not what stands there for its handlers.
    expect(await callbacks.receive({ ...v1Delivery(), clientIp: senderIp })).toMatchObject({ code: 'accepted' })
    const dispatch = (once = store) => callbacks.dispatch(messages[0], { once })
    await expect(dispatch()).rejects.toMatchObject({ code: 'handler_failed' })
    const first = dispatch()
    await vi.waitFor(() => expect(open).toBeDefined())
    await expect(dispatch()).rejects.toMatchObject({ code: 'in_progress' })
    open?.()
    expect(await first).toMatchObject({ code: 'accepted' })
    expect(await dispatch()).toMatchObject({ code: 'duplicate', handlers: { matched: 0 } })
    expect(handler).toHaveBeenCalledTimes(2)
    const thrown = new Error('away')
    const away = { ...store, reserve: () => Promise.reject(thrown) }
    await expect(dispatch(away)).rejects.toMatchObject({ code: 'store_unavailable', cause: thrown })
    expect(onError).toHaveBeenLastCalledWith(thrown, { where: 'store' })
    await callbacks.forget(messages[0]!.id)
    const again = dispatch()
    await vi.waitFor(() => expect(handler).toHaveBeenCalledTimes(3))
    open?.()
    expect(await again).toMatchObject({ code: 'accepted' })
    await deleteKeys(client, runId)
    await client.quit()
  })
})
