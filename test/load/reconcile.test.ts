import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import type { JobToAsk, ReconcileReport } from '../../src/reconcile/reconcile.ts'
import type { SignedDelivery } from '../../src/testing/index.ts'
import { credential } from '../support/deliveries.ts'
import { serving } from '../support/doors.ts'
import { databaseUrl, deleteKeys, postgresAnswers, redisAnswers, redisUrl, runId } from '../support/services.ts'
import { StandIn } from '../support/stand-in.ts'
import { say } from './sender.ts'

const total = 200
const services = (await redisAnswers()) && (await postgresAnswers())

describe.skipIf(!services)('200 jobs, 10 % of their callbacks dropped, 5 % late, 5 % twice, both generations', () => {
  const pool = new pg.Pool({ connectionString: databaseUrl })
  const redis = new Redis(redisUrl, { lazyConnect: true })
  const schemas: string[] = []

  beforeAll(() => redis.connect())
  afterAll(async () => {
    for (const schema of schemas) {
      await pool.query(`DROP SCHEMA IF EXISTS ${schema} CASCADE`)
      await deleteKeys(redis, schema)
    }
    await pool.end()
    await redis.quit()
  })

  const child = (setUp: object): ChildProcess =>
    fork(fileURLToPath(new URL('reconciler.mjs', import.meta.url)), {
      env: { ...process.env, RECONCILE_SETUP: JSON.stringify(setUp) },
      execArgv: [],
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    })
  const messageOf = async <T>(process: ChildProcess, name: string): Promise<T> => {
    for (;;) {
      const [message] = (await once(process, 'message')) as [Record<string, T>]
      if (name in message) return message[name] as T
    }
  }

  type Runs = (start: () => ChildProcess) => Promise<ReconcileReport[]>

  const together: Runs = async (start) =>
    Promise.all([start(), start()].map((one) => messageOf<ReconcileReport>(one, 'report')))
  const killed: Runs = async (start) => {
    const first = start()
    await messageOf(first, 'settled')
    const exited = once(first, 'exit')
    first.kill('SIGKILL')
    await exited
    return [await messageOf<ReconcileReport>(start(), 'report')]
  }

  test.each<[string, 'redis' | 'postgres', Runs]>([
    ['two runs at once', 'redis', together],
    ['one is killed in the middle, and another follows', 'postgres', killed],
  ])('%s: each job has its effect once (%s)', async (name, store, runs) => {
    const schema = `${runId}_${store}`
    schemas.push(schema)
    await pool.query(`CREATE SCHEMA ${schema}; CREATE TABLE ${schema}.accounts (job text, outcome text, origin text)`)
    const smileId = new StandIn(credential)
    await serving(smileId.app, async (baseUrl) => {
      const jobs = addJobs(smileId)
      const common = { store, schema, redisUrl, databaseUrl, credential, baseUrl, jobs, lease: 12_000 }
      const receiver = child({ ...common, role: 'receiver' })
      try {
        const port = await messageOf<number>(receiver, 'port')
        const post = async ({ headers, body }: SignedDelivery): Promise<number> =>
          (await fetch(`http://127.0.0.1:${port}/smile-id`, { method: 'POST', headers, body })).status
        /** As Smile ID does, it comes again where it was not taken. */
        const deliver = async (jobId: string): Promise<void> => {
          for (const step of smileId.jobs.get(jobId)!.steps)
            await vi.waitFor(async () => expect(await post(smileId.callback(step))).toBe(200), {
              timeout: 30_000,
              interval: 500,
            })
        }
        smileId.deliver = (delivery) =>
          vi.waitFor(async () => expect(await post(delivery)).toBe(200), { timeout: 30_000, interval: 500 })

        // Spread, so that whoever is killed leaves some of each.
        const each = (from: number, to: number) => jobs.filter((_, at) => at % 40 >= from && at % 40 < to)
        const [dropped, late, twice, rest] = [each(0, 4), each(4, 6), each(6, 8), each(8, 40)]
        await inLanes([...twice, ...twice, ...rest], ({ jobId }) => deliver(jobId))
        const [reports] = await Promise.all([
          runs(() => child({ ...common, role: 'reconcile' })),
          inLanes(late, ({ jobId }) => deliver(jobId)),
        ])
        await inLanes(late, ({ jobId }) => deliver(jobId))

        await vi.waitFor(
          async () => {
            const { rows } = await pool.query<{ jobs: string }>(
              `SELECT count(DISTINCT job) AS jobs FROM ${schema}.accounts`,
            )
            expect(Number(rows[0]?.jobs)).toBe(total)
          },
          { timeout: 30_000, interval: 200 },
        )
        const { rows } = await pool.query<{ job: string; n: number }>(
          `SELECT job, count(*)::int AS n FROM ${schema}.accounts GROUP BY job HAVING count(*) <> 1`,
        )
        say(`${name}: ${JSON.stringify(reports)}, ${smileId.replays.length} replays`)
        expect(rows).toEqual([])
        expect(reports.flatMap(({ failed }) => failed)).toEqual([])
        expect(new Set(smileId.replays).size).toBe(smileId.replays.length)
        // What was dropped came by asking or by a replay; what had come was known.
        const { rows: origins } = await pool.query<{ job: string; origin: string }>(
          `SELECT job, origin FROM ${schema}.accounts`,
        )
        const originOf = new Map(origins.map(({ job, origin }) => [job, origin]))
        expect(
          dropped
            .map(({ jobId, generation }) => [originOf.get(jobId), generation])
            .every(([origin, generation]) => origin === (generation === 'v1' ? 'asked' : 'callback')),
        ).toBe(true)
        expect(rest.every(({ jobId }) => originOf.get(jobId) === 'callback' && !smileId.replays.includes(jobId))).toBe(
          true,
        )
      } finally {
        receiver.kill('SIGKILL')
      }
    })
  })
})

/** Half of each generation, mixed; every third v1 job is told in other words than its callback was. */
function addJobs(smileId: StandIn): JobToAsk[] {
  smileId.reword = (payload, { jobId }) =>
    Number(jobId.split('-')[1]) % 3 === 0 ? { ...payload, Actions: undefined, ResultText: 'in other words' } : payload
  return Array.from({ length: total }, (_, index): JobToAsk => {
    const outcome = index % 5 === 0 ? 'rejected' : 'approved'
    const job =
      index % 2 === 0
        ? { generation: 'v1' as const, jobId: `job-${index}` }
        : { generation: 'v3' as const, jobId: `job_${index}` }
    const userId = `user-${index}`
    smileId.add(index % 2 === 0 ? 'biometric_kyc' : 'document_verification', {
      ...job,
      userId,
      outcome,
      partnerParams: { account_id: `acc-${index}` },
    })
    return { ...job, userId }
  })
}

async function inLanes<T>(items: readonly T[], act: (item: T) => Promise<void>): Promise<void> {
  const left = [...items]
  await Promise.all(
    Array.from({ length: 8 }, async () => {
      for (let item = left.shift(); item !== undefined; item = left.shift()) await act(item)
    }),
  )
}
