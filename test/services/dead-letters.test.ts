import { Redis } from 'ioredis'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { memoryStore, smileIdCallbacks, type Inbox } from '../../src/index.ts'
import { bullmqInbox, bullmqProcessor, deadLetters as bullmqDeadLetters } from '../../src/engines/bullmq/inbox.ts'
import {
  deadLetters as pgBossDeadLetters,
  pgBossInbox,
  pgBossWorker,
  type DeadLetters,
} from '../../src/engines/pg-boss/inbox.ts'
import { senderIp, testOptions, v1Delivery, v1Payload } from '../support/deliveries.ts'
import { bosses, bullmqs, redisConnection as connection, type TestBoss } from '../support/engines.ts'
import { databaseUrl, deleteKeys, postgresAnswers, redisAnswers, redisUrl, runId } from '../support/services.ts'

const [postgres, redis] = await Promise.all([postgresAnswers(), redisAnswers()])
const patient = { timeout: 30_000, interval: 50 }
const canary = 'CanaryOfTheDead'

const delivery = (job: string) => ({
  ...v1Delivery({
    payload: { ...v1Payload, FullName: canary, PartnerParams: { ...v1Payload.PartnerParams, job_id: job } },
  }),
  clientIp: senderIp,
})

/** One queue of an engine, and a worker that fails until it is told otherwise. */
interface Bench {
  inbox(options?: { redriveDead?: boolean; serialize?: () => unknown }): Inbox
  letters: DeadLetters
  /** Every byte that the engine holds of this queue. */
  everything(): Promise<string>
  runs: string[]
  mend(): void
  /** Has the engine think that it dropped the failed job itself, if it keeps one beside the letter. */
  age?(): Promise<unknown>
}

/** `keepsJob`: whether the engine keeps the failed job beside the letter, for less long. */
function contract(make: () => Promise<Bench>, { keepsJob }: { keepsJob: boolean }): void {
  const fail = async (bench: Bench, ...jobs: string[]) => {
    const front = smileIdCallbacks({ ...testOptions, store: memoryStore(), inbox: bench.inbox() })
    const ids: string[] = []
    for (const job of jobs) ids.push((await front.receive(delivery(job))).event!.id)
    await vi.waitFor(async () => expect(await bench.letters.list()).toHaveLength(jobs.length), patient)
    return ids
  }
  const settled = () => new Promise((resolve) => setTimeout(resolve, 1_200))

  it('failed for good, listed, redriven, handled once; a second redrive changes nothing', async () => {
    const bench = await make()
    const [id] = await fail(bench, 'one')
    const [letter] = await bench.letters.list()
    expect(letter).toEqual({
      id,
      code: 'handler_failed',
      failedAt: expect.any(Date) as Date,
      age: expect.any(Number) as number,
      attempts: 2,
    })
    expect(letter!.age).toBeLessThan(60_000)
    expect(JSON.stringify(letter)).not.toContain(canary)
    expect(bench.runs).toHaveLength(2)
    bench.mend()
    const both = await Promise.all([bench.letters.redrive(id!), bench.letters.redrive(id!)])
    expect(both[0] + both[1]).toBe(1)
    await vi.waitFor(() => expect(bench.runs).toHaveLength(3), patient)
    expect(await bench.letters.redrive(id!)).toBe(0)
    expect(await bench.letters.redrive('all')).toBe(0)
    expect(await bench.letters.list()).toEqual([])
    await settled()
    expect(bench.runs).toHaveLength(3)
  }, 60_000)

  it('all are redriven, the oldest first in the list, and each has a full set of tries again', async () => {
    const bench = await make()
    const ids = await fail(bench, 'a', 'b', 'c')
    expect((await bench.letters.list()).map(({ id }) => id).sort()).toEqual([...ids].sort())
    expect(await bench.letters.list({ limit: 2 })).toHaveLength(2)
    expect(await bench.letters.redrive('all')).toBe(3)
    // Not mended: they fail twice more, and are dead again.
    await vi.waitFor(() => expect(bench.runs).toHaveLength(12), patient)
    await vi.waitFor(async () => expect(await bench.letters.list()).toHaveLength(3), patient)
    expect((await bench.letters.list()).map(({ id }) => id).sort()).toEqual([...ids].sort())
  }, 60_000)

  it('dropped: no byte of it is left', async () => {
    const bench = await make()
    const [id, other] = await fail(bench, 'dropped', 'kept')
    expect(await bench.everything()).toContain(canary)
    expect(await bench.letters.drop('not-there')).toBe(false)
    expect(await bench.letters.drop(id!)).toBe(true)
    expect(await bench.letters.drop(id!)).toBe(false)
    expect((await bench.letters.list()).map((letter) => letter.id)).toEqual([other])
    expect(await bench.letters.redrive(id!)).toBe(0)
    expect(await bench.letters.drop(other!)).toBe(true)
    expect(await bench.everything()).not.toContain(canary)
    await settled()
    expect(bench.runs).toHaveLength(4)
  }, 60_000)

  it('another delivery says so, with and without a store, and redrives it if told to', async () => {
    const bench = await make()
    const [id] = await fail(bench, 'again')
    const store = memoryStore()
    const once = smileIdCallbacks({ ...testOptions, store, inbox: bench.inbox() })
    expect(await once.receive(delivery('again'))).toMatchObject({
      code: 'accepted',
      status: 200,
      inbox: 'dead',
      hint: expect.stringContaining('redrive') as string,
      event: { id },
    })
    expect(await once.receive(delivery('again'))).toMatchObject({
      code: 'duplicate',
      status: 200,
      inbox: 'dead',
      hint: expect.stringContaining('redrive') as string,
    })
    expect(bench.runs).toHaveLength(2)
    bench.mend()
    const redriving = smileIdCallbacks({ ...testOptions, store, inbox: bench.inbox({ redriveDead: true }) })
    expect(await redriving.receive(delivery('again'))).toMatchObject({ code: 'duplicate', inbox: 'redriven' })
    await vi.waitFor(() => expect(bench.runs).toHaveLength(3), patient)
    expect((await redriving.receive(delivery('again'))).inbox).not.toBe('redriven')
    expect(await bench.letters.list()).toEqual([])
  }, 60_000)

  it.runIf(keepsJob)(
    'is handled once after the engine forgot the failed job',
    async () => {
      const bench = await make()
      const [id] = await fail(bench, 'old')
      await bench.age!()
      bench.mend()
      expect(await bench.letters.redrive(id!)).toBe(1)
      await vi.waitFor(() => expect(bench.runs).toHaveLength(3), patient)
      expect(await bench.letters.redrive(id!)).toBe(0)
      expect(await bench.letters.list()).toEqual([])
    },
    60_000,
  )
}

const worker = (bench: { runs: string[] }) => {
  let isMended = false
  const back = smileIdCallbacks(testOptions)
  back.onAny(({ jobId }) => {
    bench.runs.push(jobId)
    if (!isMended) throw new Error(canary)
  })
  return {
    back,
    mend: () => {
      isMended = true
    },
  }
}

describe.skipIf(!postgres).each(bosses)('dead letters of $name', ({ name, make }) => {
  const schema = `${runId}_dead${/\d+/.exec(name)![0]}`
  const stops: (() => Promise<unknown>)[] = []
  let boss: TestBoss
  let count = 0
  beforeAll(async () => {
    boss = make({ schema })
    boss.on('error', () => undefined)
    await boss.start()
  })
  afterAll(async () => {
    for (const stop of stops) await stop()
    await boss.stop({ graceful: false })
    const client = new pg.Client({ connectionString: databaseUrl })
    await client.connect()
    await client.query(`DROP SCHEMA IF EXISTS ${schema} CASCADE`)
    await client.end()
  })
  contract(
    async () => {
      const queue = `q${++count}`
      const runs: string[] = []
      const { back, mend } = worker({ runs })
      const createQueue = { retryLimit: 1, retryDelay: 0, retryBackoff: false }
      const inbox = (options = {}) => pgBossInbox(boss, { queue, createQueue, ...options })
      const running = await pgBossWorker(back, boss, { queue, createQueue, pollingInterval: 500 })
      stops.push(() => running.stop())
      const sql = async (text: string) => (await boss.getDb().executeSql(text)).rows
      const tables = async () =>
        (await sql(`SELECT table_name FROM information_schema.tables WHERE table_schema = '${schema}'`)) as {
          table_name: string
        }[]
      return {
        inbox,
        runs,
        mend,
        letters: pgBossDeadLetters(boss, { queue }),
        everything: async () => {
          const rows: unknown[] = []
          for (const { table_name: table } of await tables())
            rows.push(...(await sql(`SELECT t::text FROM ${schema}."${table}" t WHERE t::text LIKE '%${queue}%'`)))
          return JSON.stringify(rows)
        },
        age: () => sql(`DELETE FROM ${schema}.job WHERE name = '${queue}' AND state = 'failed'`),
      }
    },
    { keepsJob: true },
  )

  it('keeps them for 30 days', async () => {
    const queue = `q${++count}`
    const running = await pgBossWorker(smileIdCallbacks(testOptions), boss, { queue })
    stops.push(() => running.stop())
    const [main, dead] = [await boss.getQueue(queue), await boss.getQueue(`${queue}-dead`)] as Record<string, number>[]
    // pg-boss 10 keeps a letter twice as long as the queue that it comes from keeps a job.
    if (name === 'pg-boss 10') expect(main!['retentionMinutes']).toBe(15 * 24 * 60)
    else expect(dead!['retentionSeconds']).toBe(30 * 86_400)
  })
})

describe.skipIf(!redis).each(bullmqs)('dead letters of $name', ({ name, Queue, Worker }) => {
  const prefix = `${runId}:dead${/\d/.exec(name)![0]}`
  const open: { close(): Promise<unknown> }[] = []
  const client = new Redis(redisUrl)
  let count = 0
  afterAll(async () => {
    await Promise.all(open.map((one) => one.close()))
    await deleteKeys(client, prefix)
    await client.quit()
  })
  contract(
    async () => {
      const queue = new Queue(`q${++count}`, { connection, prefix })
      queue.on('error', () => undefined)
      const runs: string[] = []
      const { back, mend } = worker({ runs })
      const running = new Worker(queue.name, bullmqProcessor(back), { connection, prefix })
      running.on('error', () => undefined)
      open.push(running, queue)
      await running.waitUntilReady()
      return {
        inbox: (options = {}) => bullmqInbox(queue, { job: { attempts: 2, backoff: 10 }, ...options }),
        runs,
        mend,
        letters: bullmqDeadLetters(queue),
        everything: async () => {
          const keys = await client.keys(`${prefix}:${queue.name}:*`)
          const dumps = await Promise.all(
            keys.map(async (key) =>
              (await client.type(key)) === 'hash'
                ? JSON.stringify(await client.hgetall(key))
                : // A key may end between the two questions.
                  (((await client.dumpBuffer(key)) as Buffer | null)?.toString('latin1') ?? ''),
            ),
          )
          return dumps.join('\n')
        },
      }
    },
    { keepsJob: false },
  )
})
