import { apiFor, type Environment, environmentCheck } from '../confirm/api.ts'
import { abortSignal, callback, checkOptions, type ChecksOf, count, demand, given, timer } from '../lib/check.ts'
import { isRecord } from '../lib/json.ts'
import { forEachOf } from '../lib/limits.ts'
import { accessTo, type Opened, receiverAccess, type ReceiverAccess } from '../receive/asked.ts'
import { callListener } from '../report/on-error.ts'
import { createAsker } from './ask.ts'
import {
  type FailedJob,
  idOfJob,
  isJob,
  type JobEnd,
  type JobToAsk,
  type OverdueJob,
  type ReconcileFailure,
  type ReconcileProgress,
  type ReconcileReport,
  type Settled,
  type V1Job,
  type V3Job,
} from './job.ts'
import { settle, type Settling } from './settle.ts'

export type {
  FailedJob,
  JobEnd,
  JobToAsk,
  OverdueJob,
  ReconcileFailure,
  ReconcileProgress,
  ReconcileReport,
  V1Job,
  V3Job,
}

/** The result of `smileIdCallbacks`, of either build of this package. */
export interface ReconcilableReceiver {
  /** The framework-free core. */
  readonly receive: unknown
}

/** Options of `reconcile`. Times in ms. */
export interface ReconcileOptions {
  /** The servers to ask. Credentials that name the other environment are skipped. */
  readonly environment: Environment
  /** The jobs to ask about, from your own table: an array, or anything iterable. */
  readonly jobs: Iterable<JobToAsk> | AsyncIterable<JobToAsk>
  /** Limit on jobs that are asked about at once. Default: 4. */
  readonly concurrency?: number | undefined
  /** Time limit of one request, ms. Default: 10 s. */
  readonly timeout?: number | undefined
  /** Limit on attempts of one request while Smile ID fails, or asks to wait (429). Default: 5. */
  readonly attempts?: number | undefined
  /**
   * Delay before the first retry, ms; it doubles each time. A `Retry-After` of up to 60 s replaces it. Default: 500.
   */
  readonly backoff?: number | undefined
  /** Time before a v3 replay that has not come is requested again, ms. Default: 10 min. */
  readonly replayAgain?: number | undefined
  /** Time after which a job that Smile ID has not finished is `overdue`, ms. Default: 24 h. */
  readonly overdueAfter?: number | undefined
  /** Ends the run: events in progress are finished, and `reconcile` rejects with the signal's reason. Default: none. */
  readonly signal?: AbortSignal | undefined
  /** Called after each job. What it throws goes to `onError`. Default: none. */
  readonly onProgress?: ((progress: ReconcileProgress) => unknown) | undefined
  /**
   * Replaces the environment's servers, for tests and proxies; https, or http on this machine. Default: those of
   * `environment`.
   */
  readonly baseUrl?: string | undefined
}

const checks = {
  environment: environmentCheck('reconcile_invalid'),
  jobs: given<unknown>(),
  concurrency: count(4, 'reconcile_invalid'),
  timeout: timer(10_000),
  attempts: count(5, 'reconcile_invalid'),
  backoff: timer(500),
  replayAgain: timer(600_000),
  overdueAfter: timer(86_400_000),
  signal: abortSignal,
  onProgress: callback<NonNullable<ReconcileOptions['onProgress']>>('callback_invalid'),
  baseUrl: given<unknown>(),
} satisfies ChecksOf<ReconcileOptions>

/**
 * Asks Smile ID about jobs whose callbacks may never have come, and handles results that are new: v1 results go through
 * partner params, claim, and handlers or inbox as a delivery does, with `event.delivery.origin` `'asked'`; for v3 jobs
 * Smile ID is asked to deliver the callback again. It keeps no table and sets no timer: run it every 15 minutes or so,
 * from a schedule of your own. contract/v1.md §2; contract/v3.md §6.
 * @example
 * import { reconcile } from 'express-smile-id/reconcile'
 *
 * const jobs = [{ generation: 'v1', jobId: 'job-1', userId: 'user-1' }] as const   // those without a verdict
 * const { handled, failed } = await reconcile(callbacks, { environment: 'production', jobs })
 * @throws SmileIdConfigError `reconcile_invalid`, `unknown_option`, `duration_invalid`, `signal_invalid`,
 * `callback_invalid`
 */
export async function reconcile(callbacks: ReconcilableReceiver, options: ReconcileOptions): Promise<ReconcileReport> {
  const receiver = accessOf(callbacks)
  const checked = checkOptions(options, checks, { what: 'reconcile option', required: true })
  const { environment, jobs, concurrency, overdueAfter, signal } = checked
  demand(isIterable(jobs), 'reconcile_invalid', 'jobs must be an array or another iterable of jobs.')
  const { codes, now, once } = receiver.config
  const failed = (error: unknown) => receiver.tell(error, { where: 'reconcile' })
  const settling: Settling = {
    receiver,
    environment,
    api: apiFor(environment, checked.baseUrl, 'reconcile_invalid'),
    asker: createAsker(checked, signal, failed),
    codes,
    now,
    replayAgainMs: checked.replayAgain,
    replayLeaseMs: Math.min(60_000, 2 * checked.timeout + 5_000),
    notDone({ jobId, submittedAt }, saidAt) {
      const since = (submittedAt?.getTime() ?? saidAt ?? Number.NaN) + overdueAfter
      if (since <= now()) tally.overdue.push({ jobId, since: new Date(since) })
      return 'processing'
    },
  }
  const tally = createTally(checked.onProgress, (error) => receiver.tell(error, { where: 'listener' }))
  const held: JobToAsk[] = []
  /** One job's failure is that job's, and not the run's. False if another process holds it. */
  const settled = async (job: JobToAsk): Promise<boolean> => {
    const end = await settle(job, settling).catch((error: unknown) => {
      signal?.throwIfAborted()
      failed(error)
      return { failed: 'internal_error' } as const
    })
    if (end !== 'held') tally.settled(job.generation, job.jobId, end)
    return end !== 'held'
  }
  signal?.throwIfAborted()
  await forEachOf<unknown>(jobs, concurrency, async (job) => {
    tally.asked()
    if (!isJob(job)) tally.settled(undefined, idOfJob(job), { failed: 'invalid_job' })
    else if (!(await settled(job))) held.push(job)
  })
  // Another process holds them: it ends soon, or has crashed and its lease ends.
  const until = performance.now() + Math.max(once.leaseMs, settling.replayLeaseMs) + patienceMs
  await forEachOf(held, concurrency, async (job) => {
    while (performance.now() < until) {
      await settling.asker.pause(betweenMs)
      if (await settled(job)) return
    }
    tally.settled(job.generation, job.jobId, { failed: 'in_progress' })
  })
  return tally.report()
}

/** Milliseconds. */
const patienceMs = 5_000
const betweenMs = 1_000

function accessOf(callbacks: ReconcilableReceiver): ReceiverAccess {
  const access: unknown = isRecord(callbacks) && Reflect.get(callbacks, receiverAccess)
  demand(
    typeof access === 'function',
    'reconcile_invalid',
    'reconcile needs what smileIdCallbacks() returns, of this version.',
  )
  return accessTo((access as () => Opened)())
}

const isIterable = (value: unknown): value is Iterable<unknown> | AsyncIterable<unknown> =>
  typeof value === 'object' && value !== null && (Symbol.iterator in value || Symbol.asyncIterator in value)

/** Counts results, and calls `onProgress`. */
function createTally(onProgress: ReconcileOptions['onProgress'], onFailure: (error: unknown) => void) {
  const counts = { asked: 0, handled: 0, known: 0, dead: 0, processing: 0, replayed: 0, notFound: 0 }
  const failed: FailedJob[] = []
  const overdue: OverdueJob[] = []
  return {
    overdue,
    asked(): void {
      counts.asked += 1
    },
    settled(generation: JobToAsk['generation'] | undefined, jobId: string, end: Settled): void {
      if (typeof end === 'string') counts[end] += 1
      else failed.push({ jobId, reason: end.failed })
      const how = typeof end === 'string' ? { end } : { end: 'failed' as const, reason: end.failed }
      callListener(onProgress, onFailure, { ...counts, failed: failed.length, job: { generation, jobId, ...how } })
    },
    report: (): ReconcileReport => ({ ...counts, failed, ...(overdue.length > 0 && { overdue }) }),
  }
}
