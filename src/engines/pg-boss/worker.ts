import {
  type Check,
  checkMethods,
  checkOptions,
  type ChecksOf,
  count,
  demand,
  ms,
  nonEmptyString,
  timer,
} from '../../lib/check.ts'
import { withTimeout } from '../../lib/promises.ts'
import { DispatchError, type DispatchReport } from '../../inbox/attempt.ts'
import type { WorkerHealth } from '../../inbox/health.ts'
import { deserializeCheck, type DeserializeOption } from '../../inbox/message.ts'
import { type WorkerCallbacks, workerCore } from '../../inbox/worker.ts'
import { emitError, type PgBossJob, type PgBossLike, watchBoss } from './like.ts'
import { createQueueCheck, deadLetterQueue, type PgBossQueueOptions, queueMaker } from './queue.ts'
import { keepUnhandled } from './retention.ts'
import { type JobEnd, settler } from './settle.ts'
import { listen, runSlots } from './slots.ts'
import { backlogOf, checkStarted, leave } from './sql.ts'

/** Options of `pgBossWorker`. */
export interface PgBossWorkerOptions extends DeserializeOption {
  /** The queue's name. Default: `smile-id`. */
  readonly queue?: string | undefined
  /** Options of the queue if it has to be created, as for `pgBossInbox`. `false`: you create it. Default: `{}`. */
  readonly createQueue?: PgBossQueueOptions | false | undefined
  /** Limit on events handled at once. Default: 5. */
  readonly concurrency?: number | undefined
  /**
   * How often the queue is asked while it is empty, ms; at least 500. Default: 2 s. On pg-boss 12 a queue with
   * `notify: true` (`createQueue`) wakes the worker at once.
   */
  readonly pollingInterval?: number | undefined
  /**
   * Time limit for the handlers of one event, ms. Default: a tenth, or 30 s, less than the queue's `expireInSeconds`;
   * never more, so that no other worker gets an event that is still being handled.
   */
  readonly timeout?: number | undefined
}

/** Shortest polling interval of pg-boss, ms. */
const shortestPolling = 500

const pollingCheck: Check<number> = (value, name) => {
  const interval = timer(2_000)(value, name)
  demand(
    interval >= shortestPolling,
    'duration_invalid',
    `${name} must be at least ${shortestPolling} ms: pg-boss polls no faster.`,
  )
  return interval
}

const workerChecks = {
  deserialize: deserializeCheck,
  queue: nonEmptyString('smile-id', 'worker_invalid'),
  createQueue: createQueueCheck,
  concurrency: count(5),
  pollingInterval: pollingCheck,
  timeout: ms(undefined),
} satisfies ChecksOf<PgBossWorkerOptions>

/** A running `pgBossWorker`. */
export interface PgBossWorker {
  /** Takes no more events, and resolves once those in progress are done. */
  stop(): Promise<void>
  /** Asks the queue at most once a second. Never rejects. */
  health(): Promise<WorkerHealth>
}

/**
 * Runs the handlers of the events in a pg-boss queue (pg-boss 10, 11 or 12), each by itself: one that hangs or cannot
 * be recorded does not affect the others. Database errors go to `onError` and to `boss.on('error')`; without a listener
 * to the latter, one warning is logged. Rejects with a `SmileIdConfigError`, `worker_invalid`, if it gets something
 * other than a PgBoss, or options that cannot work.
 * @example
 * import { pgBossWorker } from 'express-smile-id/pg-boss'
 *
 * const worker = await pgBossWorker(callbacks, boss, { concurrency: 10 })
 * const { ok, backlog, underWay } = await worker.health()
 * for (const signal of ['SIGTERM', 'SIGINT']) process.once(signal, () => void worker.stop())
 */
export async function pgBossWorker(
  callbacks: WorkerCallbacks,
  boss: PgBossLike,
  options?: PgBossWorkerOptions,
): Promise<PgBossWorker> {
  const {
    queue,
    createQueue,
    concurrency,
    pollingInterval,
    deserialize,
    timeout = Infinity,
  } = checkOptions(options, workerChecks)
  const core = workerCore(callbacks, 'pgBossWorker', `The pg-boss worker of the queue ${queue}`)
  checkMethods(
    boss,
    ['fetch', 'complete', 'fail', 'getJobById', 'getQueue', 'createQueue'],
    'worker_invalid',
    'pgBossWorker takes a started PgBoss of the package pg-boss',
  )
  const onError = (error: unknown) => {
    core.failed(error)
    emitError(boss, error)
  }
  watchBoss(boss, (_topic, message) => core.warn(message))
  await checkStarted(boss, 'worker_invalid')
  await queueMaker(boss, queue, createQueue, core.warn)()
  const settle = settler(boss, queue, onError)
  const keepOld = keepUnhandled(boss, queue, core.warn)

  const run = async (job: PgBossJob): Promise<void> => {
    if (core.leaves(job.data)) return leave(boss, queue, job)
    const expiryMs = Number(job.expireInSeconds) * 1000
    const untilMs = performance.now() + expiryMs
    const limitMs = Math.min(timeout, Math.max(expiryMs * 0.9, expiryMs - 30_000))
    const stopBeating = beat(boss, queue, job)
    try {
      await settle(job, await handle(job, limitMs), untilMs)
    } finally {
      stopBeating()
    }
  }
  const handle = async ({ id, data, retryCount, retryLimit }: PgBossJob, limitMs: number): Promise<JobEnd> => {
    // The handlers have their own limit; this one is for a `deserialize` that hangs.
    const boxed = await withTimeout<DispatchReport>(
      async () =>
        core.dispatch(data, {
          deserialize,
          timeout: limitMs,
          jobId: id,
          attempt: retryCount + 1,
          isLastTry: retryCount >= retryLimit,
        }),
      limitMs + 1_000,
    )
    if ('value' in boxed) return { done: true, output: { code: boxed.value.code, handlers: boxed.value.handlers } }
    const error = boxed.failed === 'error' ? boxed.error : new DispatchError('handler_timeout')
    // The code of a DispatchError, which quotes nothing of the event; the class of any other error.
    const { name, code } = error as { name?: string; code?: unknown }
    const output = { error: String(name), ...(name === 'DispatchError' && { code: String(code) }) }
    return { done: false, output: { ...output, attempts: retryCount + 1 } }
  }
  const slots = runSlots({
    concurrency,
    pollingMs: pollingInterval,
    fetch: async (atMost) => {
      try {
        const jobs = (await boss.fetch(queue, { batchSize: atMost, includeMetadata: true })) as readonly PgBossJob[]
        // pg-boss 10 finds nothing in a database that is out of reach.
        if (jobs.length === 0) await checkStarted(boss, 'worker_invalid')
        core.reach.note()
        await keepOld().catch(onError)
        return jobs
      } catch (error) {
        core.reach.note(error)
        throw error
      }
    },
    run,
    onError,
  })
  const endListening = await listen(boss, queue, () => slots.wake())
  let isOpen = true
  const backlog = () => backlogOf(boss, queue, deadLetterQueue(queue, createQueue))
  return {
    health: core.health(backlog, () => isOpen),
    stop: async () => {
      isOpen = false
      await Promise.all([slots.stop(), endListening()])
    },
  }
}

/** Sends heartbeats, if a queue of pg-boss 12 needs them. */
function beat(boss: PgBossLike, queue: string, { id, heartbeatSeconds }: PgBossJob): () => void {
  if (!heartbeatSeconds) return () => undefined
  const timer = setInterval(() => void boss.touch?.(queue, id).catch(() => undefined), heartbeatSeconds * 500)
  return () => clearInterval(timer)
}
