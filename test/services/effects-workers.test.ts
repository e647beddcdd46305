import pg from 'pg'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { memoryStore, smileIdCallbacks, type Inbox, type SmileIdCallbacks } from '../../src/index.ts'
import { bullmqInbox, bullmqProcessor } from '../../src/engines/bullmq/inbox.ts'
import { pgBossInbox, pgBossWorker } from '../../src/engines/pg-boss/inbox.ts'
import { inTransaction } from '../../src/engines/postgres/store.ts'
import { senderIp, testOptions, v1Delivery, v1Payload } from '../support/deliveries.ts'
import { bosses, bullmqs, redisConnection } from '../support/engines.ts'
import { databaseUrl, deleteKeys, postgresAnswers, redisAnswers, redisUrl, runId } from '../support/services.ts'

const schema = `${runId}_workers`
const services = (await postgresAnswers()) && (await redisAnswers())

describe.skipIf(!services)('an effect per verdict in a worker', () => {
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 6 })
  pool.on('error', () => undefined)
  const redis = new Redis(redisUrl, { lazyConnect: true })
  beforeAll(() =>
    pool.query(`CREATE SCHEMA ${schema}; CREATE TABLE ${schema}.effects (name text NOT NULL, job text NOT NULL)`),
  )
  afterAll(async () => {
    await deleteKeys(redis, runId)
    await redis.quit()
    await pool.query(`DROP SCHEMA ${schema} CASCADE`)
    await pool.end()
  })

  /** Two events of one verdict, and one of another, each twice; the first try of each handler fails. */
  async function happensOnce(
    job: string,
    inbox: Inbox,
    work: (callbacks: SmileIdCallbacks<never>) => Promise<() => Promise<unknown>>,
  ): Promise<void> {
    const callbacks = smileIdCallbacks({ ...testOptions, store: memoryStore(), inbox })
    const tries = new Map<string, number>()
    const effect = (name: string) =>
      inTransaction(
        pool,
        name,
        async (event: { id: string; jobId: string; verdictId: string }, { client }) => {
          await client.query(`INSERT INTO ${schema}.effects VALUES ($1, $2)`, [name, event.jobId])
          tries.set(name, (tries.get(name) ?? 0) + 1)
          if (tries.get(name) === 1) throw new Error('not now')
        },
        { table: `${schema}.keys` },
      )
    callbacks.onAny(effect('pay'))
    callbacks.onAny(effect('mail'))
    const codes = [
      ['0810', '99'],
      ['1210', '90'],
      ['0811', '10'],
    ] as const
    const deliver = ([ResultCode, ConfidenceValue]: (typeof codes)[number]) =>
      callbacks.receive({
        ...v1Delivery({
          payload: {
            ...v1Payload,
            ResultCode,
            ConfidenceValue,
            PartnerParams: { ...v1Payload.PartnerParams, job_id: job },
          },
        }),
        clientIp: senderIp,
      })
    const reports = await Promise.all([...codes, ...codes].map(deliver))
    expect(new Set(reports.map(({ event }) => event?.id)).size).toBe(3)
    expect(reports.filter(({ code }) => code === 'accepted')).toHaveLength(3)
    const stop = await work(callbacks as unknown as SmileIdCallbacks<never>)
    const effects = async () =>
      (
        await pool.query<{ name: string; n: string }>(
          `SELECT name, count(*) AS n FROM ${schema}.effects WHERE job = $1 GROUP BY name ORDER BY name`,
          [job],
        )
      ).rows
    try {
      await expect.poll(effects, { timeout: 40_000, interval: 200 }).toEqual([
        { name: 'mail', n: '2' },
        { name: 'pay', n: '2' },
      ])
    } finally {
      await stop()
    }
    // What was still under way changes nothing more.
    expect(await effects()).toEqual([
      { name: 'mail', n: '2' },
      { name: 'pay', n: '2' },
    ])
  }

  it.each(bullmqs)(
    '$name',
    async ({ name, Queue, Worker }) => {
      const options = { connection: redisConnection, prefix: `${runId}:${name.replace(' ', '')}` }
      const queue = new Queue('smile-id', options)
      try {
        await happensOnce(
          name,
          bullmqInbox(queue, { job: { attempts: 8, backoff: { type: 'fixed', delay: 50 } } }),
          async (callbacks) => {
            const worker = new Worker('smile-id', bullmqProcessor(callbacks), { ...options, concurrency: 3 })
            await worker.waitUntilReady()
            return () => worker.close()
          },
        )
      } finally {
        await queue.close()
      }
    },
    60_000,
  )

  it.each(bosses)(
    '$name',
    async ({ name, make }) => {
      const boss = make({ schema: `${schema}_${name.replace(/\W/g, '_')}` })
      boss.on('error', () => undefined)
      await boss.start()
      const createQueue = { retryLimit: 8, retryDelay: 1, retryBackoff: false }
      try {
        await happensOnce(name, pgBossInbox(boss, { createQueue }), async (callbacks) => {
          const worker = await pgBossWorker(callbacks, boss, { createQueue, concurrency: 3, pollingInterval: 500 })
          return () => worker.stop()
        })
      } finally {
        await boss.stop({ graceful: false })
        await pool.query(`DROP SCHEMA IF EXISTS ${schema}_${name.replace(/\W/g, '_')} CASCADE`)
      }
    },
    90_000,
  )
})
