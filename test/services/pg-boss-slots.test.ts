import { setTimeout as wait } from 'node:timers/promises'
import pg from 'pg'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { smileIdCallbacks, type Handler, type SmileIdEvent } from '../../src/index.ts'
import type { Dispatch } from '../../src/inbox/dispatch.ts'
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
const patient = { timeout: 30_000, interval: 50 }

describe.skipIf(!answers).each(bosses)('each slot works by itself: $name', ({ name, make }) => {
  const schema = `${runId}_slots${/\d+/.exec(name)![0]}`
  const boss = make({ schema })
  const errors = vi.fn()
  boss.on('error', errors)
  const workers: PgBossWorker[] = []
  const gates: (() => void)[] = []
  /** What a handler waits for; the end of its test opens it. */
  const gate = () => {
    let open: () => void = () => undefined
    const opened = new Promise<void>((resolve) => (open = resolve))
    gates.push(open)
    return { open, opened }
  }
  let count = 0
  const delivery = (job: string) => ({
    ...v1Delivery({ payload: { ...v1Payload, PartnerParams: { ...v1Payload.PartnerParams, job_id: job } } }),
    clientIp: senderIp,
  })

  /** Stores these jobs, and has them handled by the function of their job id. */
  const run = async (
    jobs: readonly string[],
    handler: Handler<SmileIdEvent>,
    { createQueue = {}, ...options }: PgBossWorkerOptions & { createQueue?: PgBossQueueOptions } = {},
  ) => {
    const queue = `q${++count}`
    const front = smileIdCallbacks({ ...testOptions, inbox: pgBossInbox(boss, { queue, createQueue }) })
    const ids = new Map<string, string>()
    const store = async (job: string) => void ids.set(job, (await front.receive(delivery(job))).event!.id)
    for (const job of jobs) await store(job)
    const back = smileIdCallbacks(testOptions)
    back.onAny(handler)
    const limits: unknown[] = []
    const dispatch: Dispatch = (message, given) => {
      limits.push(given?.timeout)
      return back.dispatch(message, given)
    }
    const worker = await pgBossWorker({ dispatch }, boss, { queue, createQueue, pollingInterval: 500, ...options })
    workers.push(worker)
    const jobOf = async (job: string) =>
      (await boss.getJobById(
        queue,
        ids.get(job)!.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5'),
      )) as TestJob
    return {
      worker,
      limits,
      store,
      becomes: (job: string, expected: object) =>
        vi.waitFor(async () => expect(await jobOf(job)).toMatchObject(expected), patient),
    }
  }

  beforeAll(() => boss.start())
  // One that has failed leaves nothing to the next: no handler that hangs, and no method of boss that refuses.
  afterEach(async () => {
    vi.restoreAllMocks()
    for (const open of gates.splice(0)) open()
    await Promise.race([Promise.all(workers.splice(0).map((worker) => worker.stop())), wait(10_000)])
  })
  afterAll(async () => {
    await boss.stop({ graceful: false })
    const client = new pg.Client({ connectionString: databaseUrl })
    await client.connect()
    await client.query(`DROP SCHEMA IF EXISTS ${schema} CASCADE`)
    await client.end()
  })

  it.each(['complete', 'fail'] as const)(
    'tries %s again until it is noted down, and no fellow runs twice',
    async (method) => {
      const original = boss[method].bind(boss)
      let refusals = 3
      vi.spyOn(boss, method).mockImplementation((queue, id, output) =>
        refusals-- > 0 ? Promise.reject(new Error('connection cut')) : original(queue, id, output),
      )
      const runs: Record<string, number> = {}
      const { open: release, opened: slow } = gate()
      const { becomes } = await run(
        ['quick', 'slow'],
        async (event) => {
          runs[event.jobId] = (runs[event.jobId] ?? 0) + 1
          if (event.jobId === 'slow') await slow
          else if (method === 'fail' && runs['quick'] === 1) throw new Error('no')
        },
        { createQueue: { retryDelay: 0, retryBackoff: false } },
      )
      await becomes('quick', { state: 'completed' })
      expect(errors).toHaveBeenCalledWith(expect.objectContaining({ message: 'connection cut' }))
      release()
      await becomes('slow', { state: 'completed' })
      expect(runs).toEqual({ quick: method === 'fail' ? 2 : 1, slow: 1 })
    },
    60_000,
  )

  it('notes down nothing a second time where only the reply was lost', async () => {
    const original = boss.fail.bind(boss)
    const fail = vi.spyOn(boss, 'fail').mockImplementation(async (...args) => {
      await original(...args)
      throw new Error('reply cut')
    })
    const handler = vi.fn().mockRejectedValueOnce(new Error('no'))
    const { becomes } = await run(['lost'], handler, { createQueue: { retryDelay: 2, retryBackoff: false } })
    await becomes('lost', { state: 'completed', retryCount: 1 })
    expect(fail).toHaveBeenCalledTimes(1)
    expect(handler).toHaveBeenCalledTimes(2)
  }, 60_000)

  it('waits for no poll while the queue holds events', async () => {
    const jobs = Array.from({ length: 23 }, (_, i) => `job-${i}`)
    const handler = vi.fn()
    const { becomes } = await run(jobs, handler, { pollingInterval: 600_000 })
    for (const job of jobs) await becomes(job, { state: 'completed', output: { code: 'accepted' } })
    expect(handler).toHaveBeenCalledTimes(jobs.length)
  }, 60_000)

  it.runIf(name === 'pg-boss 12')(
    'is woken by a queue with notify',
    async () => {
      const fetch = vi.spyOn(boss, 'fetch')
      const { becomes, store } = await run([], vi.fn(), { pollingInterval: 600_000, createQueue: { notify: true } })
      await vi.waitFor(() => expect(fetch).toHaveResolvedWith([]), patient)
      await store('new')
      await becomes('new', { state: 'completed' })
    },
    60_000,
  )

  it('leaves the other slots working while one handler hangs', async () => {
    const jobs = ['hang', ...Array.from({ length: 6 }, (_, i) => `job-${i}`)]
    const { open: release, opened: hanging } = gate()
    const { becomes } = await run(jobs, ({ jobId }) => (jobId === 'hang' ? hanging : undefined), { concurrency: 2 })
    for (const job of jobs.slice(1)) await becomes(job, { state: 'completed' })
    await becomes('hang', { state: 'active' })
    release()
    await becomes('hang', { state: 'completed' })
  }, 60_000)

  it.each<[number, number | undefined, number]>([
    [3, undefined, 2_700],
    [3, 3_600_000, 2_700],
    [900, undefined, 870_000],
    [900, 3_600_000, 870_000],
    [900, 1_000, 1_000],
  ])(
    'leaves the handlers less than the %d s of the queue: asked for %s ms, %d ms',
    async (expireInSeconds, timeout, limit) => {
      const { becomes, limits } = await run(['limited'], () => undefined, { timeout, createQueue: { expireInSeconds } })
      await becomes('limited', { state: 'completed' })
      expect(limits).toEqual([limit])
    },
  )

  it('aborts the handlers before the queue takes the job away', async () => {
    const reasons: unknown[] = []
    const handler = vi.fn(async (_event: unknown, { signal }: { signal: AbortSignal }) => {
      await new Promise((_, reject) =>
        signal.addEventListener('abort', () => {
          reasons.push((signal.reason as Error).name)
          reject(new Error('aborted'))
        }),
      )
    })
    const { becomes } = await run(['late'], handler, {
      timeout: 3_600_000,
      createQueue: { expireInSeconds: 3, retryLimit: 0 },
    })
    await becomes('late', { state: 'failed', output: { code: 'handler_timeout', attempts: 1 } })
    expect(reasons).toEqual(['TimeoutError'])
    expect(handler).toHaveBeenCalledTimes(1)
  }, 60_000)

  it('gives the slot back when deserialize hangs', async () => {
    const { becomes } = await run(['stuck'], vi.fn(), {
      deserialize: () => new Promise(() => undefined),
      createQueue: { expireInSeconds: 3, retryLimit: 0 },
    })
    await becomes('stuck', { state: 'failed', output: { code: 'handler_timeout' } })
  }, 60_000)

  it('stops after what it has begun, and takes no more', async () => {
    const jobs = ['begun', 'also begun']
    const slow = new Map(jobs.map((job) => [job, gate()]))
    const handler = vi.fn(({ jobId }: SmileIdEvent) => slow.get(jobId)?.opened)
    const { becomes, worker } = await run([...jobs, 'waiting'], handler, { concurrency: 2 })
    await vi.waitFor(() => expect(handler).toHaveBeenCalledTimes(2), patient)
    let isStopped = false
    const stopping = worker.stop().then(() => (isStopped = true))
    for (const job of jobs) {
      await wait(200)
      expect(isStopped).toBe(false)
      slow.get(job)?.open()
      await becomes(job, { state: 'completed' })
    }
    await stopping
    await becomes('waiting', { state: 'created' })
    expect(handler).toHaveBeenCalledTimes(2)
  }, 60_000)
})
