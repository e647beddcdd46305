import { Redis } from 'ioredis'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  memoryStore,
  SmileIdConfigError,
  smileIdCallbacks,
  type Inbox,
  type Product,
  type SmileIdCallbacks,
  type SmileIdEvent,
} from '../../src/index.ts'
import { bullmqInbox, bullmqProcessor } from '../../src/engines/bullmq/inbox.ts'
import { pgBossInbox, pgBossWorker } from '../../src/engines/pg-boss/inbox.ts'
import { inTransaction } from '../../src/engines/postgres/store.ts'
import { jobStory, sampleCases, shuffle, type JobStoryOptions } from '../../src/testing/index.ts'
import { credential, senderIp } from '../support/deliveries.ts'
import { bosses, bullmqs, redisConnection } from '../support/engines.ts'
import { databaseUrl, deleteKeys, postgresAnswers, redisAnswers, redisUrl, runId } from '../support/services.ts'

type Story = readonly [Product, JobStoryOptions]

function* orders<T>(list: readonly T[]): Generator<T[]> {
  if (list.length === 0) yield []
  for (const [i, first] of list.entries())
    for (const rest of orders(list.filter((_, n) => n !== i))) yield [first, ...rest]
}

/** Steps that were told in every order already: by another product it is the same story. */
const toldBefore = new Set<string>()
function ordersOf(steps: readonly string[]): Iterable<number[]> {
  const given = steps.map((_, i) => i)
  const shape = steps.join()
  const isNew = !toldBefore.has(shape)
  toldBefore.add(shape)
  // `npm run test:effects` tells every story in every order.
  return isNew || process.env['EFFECT_KILLS'] !== undefined ? orders(given) : [given.toReversed()]
}

/** Every job that a product can have, each once. */
const stories: Story[] = [...new Set(sampleCases.map(({ product }) => product))].flatMap((product) => {
  const found = new Map<string, Story>()
  for (const generation of ['v1', 'v3'] as const)
    for (const outcome of ['approved', 'rejected', 'attention', 'error'] as const) {
      for (const review of [false, true])
        for (const smileSecure of [false, true]) {
          const story: Story = [product, { generation, outcome, review, smileSecure }]
          const steps = stepsOf(story)
          const key = `${generation} ${steps?.join()}`
          if (steps && !found.has(key)) found.set(key, story)
        }
    }
  return [...found.values()]
})

/** Undefined for a story that the product does not have. */
function stepsOf([product, options]: Story): string[] | undefined {
  try {
    return jobStory(product, options).map(({ outcome }) => outcome)
  } catch (error) {
    expect(error).toBeInstanceOf(SmileIdConfigError)
    return undefined
  }
}

const nameOf = ([product, { generation, outcome, review, smileSecure }]: Story): string =>
  [product, generation, outcome, review && 'reviewed', smileSecure && 'with Smile Secure'].filter(Boolean).join(' ')

const hasRedis = await redisAnswers()

describe.skipIf(!(await postgresAnswers()))('an effect per verdict and name, in every story', () => {
  const schema = `${runId}_stories`
  const names = ['pay', 'mail']
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 8 })
  pool.on('error', () => undefined)
  beforeAll(() =>
    pool.query(
      `CREATE SCHEMA ${schema}; CREATE TABLE ${schema}.effects (name text NOT NULL, job text NOT NULL, verdict text NOT NULL)`,
    ),
  )
  afterAll(async () => {
    await pool.query(`DROP SCHEMA ${schema} CASCADE`)
    await pool.end()
  })

  /** Remembers nothing of earlier rounds: what keeps the effect single is the transaction alone. */
  function receiver(inbox?: Inbox): SmileIdCallbacks {
    const callbacks = smileIdCallbacks({ credentials: credential, logger: false, store: memoryStore(), inbox })
    for (const name of names) {
      callbacks.onAny(
        inTransaction(
          pool,
          name,
          async (event: SmileIdEvent, { client }) => {
            await client.query(`INSERT INTO ${schema}.effects VALUES ($1, $2, $3)`, [
              name,
              event.jobId,
              event.verdictId,
            ])
          },
          { table: `${schema}.keys` },
        ),
      )
    }
    return callbacks
  }
  const deliver = async (
    callbacks: SmileIdCallbacks,
    step: { headers: Record<string, string>; body: string },
  ): Promise<string> => {
    const { event } = await callbacks.receive({
      method: 'POST',
      headers: step.headers,
      body: step.body,
      clientIp: senderIp,
    })
    return event!.verdictId
  }
  const effectsOf = async (job: string): Promise<string[]> =>
    (
      await pool.query<{ effect: string }>(
        `SELECT name || ' ' || verdict AS effect FROM ${schema}.effects WHERE starts_with(job, $1)`,
        [job],
      )
    ).rows
      .map(({ effect }) => effect)
      .sort()
  const once = (verdicts: Iterable<string>): string[] =>
    names.flatMap((name) => [...verdicts].map((verdict) => `${name} ${verdict}`)).sort()

  it('there is a story of every product that has samples of a verdict, and of each of its verdicts', () => {
    const told = new Set(
      stories.flatMap((story) => stepsOf(story)!.map((step) => `${story[0]} ${story[1].generation} ${step}`)),
    )
    const others = new Set(['unknown', 'monitoring'])
    expect(
      sampleCases.filter(
        ({ product, generation, outcome }) => !others.has(outcome) && !told.has(`${product} ${generation} ${outcome}`),
      ),
    ).toEqual([])
    expect(stories.length).toBeGreaterThan(50)
  })

  it.each(stories.map((story) => [nameOf(story), story] as const))(
    '%s: in any order, twice each, by two receivers',
    async (name, story) => {
      const [product, options] = story
      let n = 0
      for (const order of ordersOf(stepsOf(story)!)) {
        const jobId = `${name} ${(n += 1)}:`
        const steps = jobStory(product, { ...options, jobId, credential })
        const verdicts = new Set<string>()
        for (const callbacks of [receiver(), receiver()]) {
          for (const i of order)
            for (const id of await Promise.all([deliver(callbacks, steps[i]!), deliver(callbacks, steps[i]!)]))
              verdicts.add(id)
        }
        expect(verdicts.size).toBe(new Set(steps.map(({ outcome }) => outcome)).size)
        expect(await effectsOf(jobId)).toEqual(once(verdicts))
      }
      expect(n).toBeGreaterThan(0)
    },
    60_000,
  )

  /** All stories at once, each in some order, each callback of it twice. */
  async function throughWorker(
    prefix: string,
    inbox: Inbox,
    work: (callbacks: SmileIdCallbacks<never>) => Promise<() => Promise<unknown>>,
  ): Promise<void> {
    const callbacks = receiver(inbox)
    const stop = await work(callbacks as unknown as SmileIdCallbacks<never>)
    try {
      const jobs = stories.map(([product, options], seed) => ({
        seed,
        steps: jobStory(product, { ...options, jobId: `${prefix}:${nameOf([product, options])}`, credential }),
      }))
      const verdicts = new Set<string>()
      await Promise.all(
        jobs.map(async ({ seed, steps }) => {
          for (const step of shuffle([...steps, ...steps], seed)) verdicts.add(await deliver(callbacks, step))
        }),
      )
      await expect.poll(() => effectsOf(`${prefix}:`), { timeout: 90_000, interval: 500 }).toEqual(once(verdicts))
    } finally {
      await stop()
    }
  }

  it.runIf(hasRedis)(
    'all of them in a BullMQ worker',
    async () => {
      const { name, Queue, Worker } = bullmqs[0]!
      const redis = new Redis(redisUrl, { lazyConnect: true })
      const options = { connection: redisConnection, prefix: `${runId}:stories` }
      const queue = new Queue('smile-id', options)
      try {
        await throughWorker(name, bullmqInbox(queue), async (callbacks) => {
          const worker = new Worker('smile-id', bullmqProcessor(callbacks), { ...options, concurrency: 4 })
          await worker.waitUntilReady()
          return () => worker.close()
        })
      } finally {
        await queue.close()
        await deleteKeys(redis, `${runId}:stories`)
        await redis.quit()
      }
    },
    120_000,
  )

  it('all of them in a pg-boss worker', async () => {
    const { name, make } = bosses[0]!
    const boss = make({ schema: `${schema}_boss` })
    boss.on('error', () => undefined)
    await boss.start()
    try {
      await throughWorker(name, pgBossInbox(boss), async (callbacks) => {
        const worker = await pgBossWorker(callbacks, boss, { concurrency: 16, pollingInterval: 500 })
        return () => worker.stop()
      })
    } finally {
      await boss.stop({ graceful: false })
      await pool.query(`DROP SCHEMA IF EXISTS ${schema}_boss CASCADE`)
    }
  }, 150_000)
})
