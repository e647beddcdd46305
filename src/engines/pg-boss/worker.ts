import { setTimeout as wait } from 'node:timers/promises'
import { SmileIdConfigError } from '../../errors.ts'
import {
  type Check,
  checkMethods,
  checkOptions,
  type ChecksOf,
  count,
  ms,
  nonEmptyString,
  timer,
} from '../../lib/check.ts'
import { repeatUntil, withTimeout } from '../../lib/promises.ts'
import { type Dispatch, DispatchError, type DispatchReport } from '../../inbox/dispatch.ts'
import { decodeStored, deserializeCheck, type DeserializeOption, storedId } from '../../inbox/message.ts'
import { hearTrouble, type JobFacts, type PgBossJob, type PgBossLike, reportTrouble } from './like.ts'
import { createQueueCheck, type PgBossQueueOptions, queueMaker } from './queue.ts'

/** Which queue `pgBossWorker` empties, and how fast. */
export interface PgBossWorkerOptions extends DeserializeOption {
  /** The queue's name. Default: `smile-id`. */
  readonly queue?: string | undefined
  /** How the queue is made if it is not there, as for `pgBossInbox`. `false`: you make it. Default: `{}`. */
  readonly createQueue?: PgBossQueueOptions | false | undefined
  /** Most events handled at once. Default: 5. */
  readonly concurrency?: number | undefined
  /** How often the queue is asked while it is empty, ms; at least 500. Default: 2 s. */
  readonly pollingInterval?: number | undefined
  /**
   * Longest time for the handlers of one event, ms. Default: a tenth, or 30 s, less than the queue's
   * `expireInSeconds`; never more, so that nobody else is given an event that is still being handled.
   */
  readonly timeout?: number | undefined
}

/** pg-boss asks no more often, ms. */
const shortestPolling = 500

const pollingCheck: Check<number> = (value, name) => {
  const interval = timer(2_000)(value, name)
  if (interval >= shortestPolling) return interval
  throw new SmileIdConfigError(
    'duration_invalid',
    `${name} must be at least ${shortestPolling} ms: pg-boss asks no more often.`,
  )
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
  /** Takes no more events, and resolves once those under way are done. */
  stop(): Promise<void>
}

/**
 * Runs the handlers of the events in a pg-boss queue (pg-boss 10, 11 or 12), each by itself: one that hangs or cannot
 * be noted down leaves the others alone. Troubles with the database go to `boss.on('error')`; where nobody listens,
 * one warning says so. Rejects with a `SmileIdConfigError`, `worker_invalid`, if it gets something other than a PgBoss,
 * or options that cannot work.
 * @example
 * import { pgBossWorker } from 'express-smile-id/pg-boss'
 *
 * const worker = await pgBossWorker(callbacks, boss, { concurrency: 10 })
 * process.once('SIGTERM', () => void worker.stop())
 */
export async function pgBossWorker(
  callbacks: { dispatch: Dispatch },
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
  checkMethods(callbacks, ['dispatch'], 'worker_invalid', 'pgBossWorker takes what smileIdCallbacks() returns')
  checkMethods(
    boss,
    ['fetch', 'complete', 'fail', 'getJobById', 'getQueue', 'createQueue'],
    'worker_invalid',
    'pgBossWorker takes a started PgBoss of the package pg-boss',
  )
  const said = new Set<string>()
  const warnOnce = (message: string) => {
    if (!said.has(message)) process.emitWarning(message, 'SmileIdWarning')
    said.add(message)
  }
  hearTrouble(boss, warnOnce)
  await queueMaker(boss, queue, createQueue, warnOnce)()
  const onError = (error: unknown) => reportTrouble(boss, error)

  const run = async (job: PgBossJob): Promise<void> => {
    const expiryMs = Number(job.expireInSeconds) * 1000
    const untilMs = performance.now() + expiryMs
    const limitMs = Math.min(timeout, Math.max(expiryMs * 0.9, expiryMs - 30_000))
    const stopBeating = beat(boss, queue, job)
    try {
      await settle(boss, queue, job, await handle(job, limitMs), untilMs)
    } finally {
      stopBeating()
    }
  }
  const handle = async (
    { id, data, retryCount, retryLimit }: PgBossJob,
    limitMs: number,
  ): Promise<{ done: boolean; output: object }> => {
    // The handlers have their own limit; this one is for a `deserialize` that hangs.
    const boxed = await withTimeout<DispatchReport>(
      async () =>
        callbacks.dispatch(await decodeStored(data, { deserialize }), {
          timeout: limitMs,
          isLastTry: retryCount >= retryLimit,
        }),
      limitMs + 1_000,
    )
    if ('value' in boxed) return { done: true, output: boxed.value }
    const error = boxed.failed === 'error' ? boxed.error : new DispatchError('handler_timeout')
    return { done: false, output: { ...errorOutput(error), id: storedId(data) ?? id, attempts: retryCount + 1 } }
  }
  return runSlots({
    concurrency,
    pollingMs: pollingInterval,
    fetch: async (atMost) =>
      (await boss.fetch(queue, { batchSize: atMost, includeMetadata: true })) as readonly PgBossJob[],
    run,
    onError,
  })
}

/** By a DispatchError, which says nothing of the event; of others only the class. */
function errorOutput(error: unknown): { error: string; code?: string } {
  const { name, code } = error as { name?: string; code?: unknown }
  return { error: String(name), ...(name === 'DispatchError' && { code: String(code) }) }
}

/** Says that the worker lives, where a queue of pg-boss 12 wants to hear it. */
function beat(boss: PgBossLike, queue: string, { id, heartbeatSeconds }: PgBossJob): () => void {
  if (!heartbeatSeconds) return () => undefined
  const timer = setInterval(() => void boss.touch?.(queue, id).catch(() => undefined), heartbeatSeconds * 500)
  return () => clearInterval(timer)
}

/** A connection that was cut off silently answers never. */
const replyMs = 10_000

/**
 * Notes down how a job ended, again and again until its time with this worker is over: a job that is done but not
 * noted down runs again. Never rejects.
 */
export async function settle(
  boss: PgBossLike,
  queue: string,
  job: PgBossJob,
  end: { done: boolean; output: object },
  untilMs: number,
): Promise<void> {
  let isFirst = true
  await repeatUntil(untilMs, async () => {
    const noted = await withTimeout(async () => {
      // Only the reply may have been lost, and the job be another worker's by now.
      if (isFirst || (await isStillOurs(boss, queue, job)))
        await boss[end.done ? 'complete' : 'fail'](queue, job.id, end.output)
    }, replyMs)
    isFirst = false
    if ('value' in noted) return true
    reportTrouble(boss, noted.failed === 'error' ? noted.error : new Error('pg-boss did not answer in time.'))
    return false
  })
}

async function isStillOurs(boss: PgBossLike, queue: string, job: PgBossJob): Promise<boolean> {
  const { state, retryCount } = ((await boss.getJobById(queue, job.id)) ?? {}) as JobFacts
  return state === 'active' && retryCount === job.retryCount
}

/** How many jobs run at once, where they come from, and how they run. */
export interface SlotOptions<Job> {
  concurrency: number
  /** How long to wait after the queue was found empty, ms. */
  pollingMs: number
  /** Takes up to so many jobs. */
  fetch: (atMost: number) => Promise<readonly Job[]>
  run: (job: Job) => Promise<void>
  onError: (error: unknown) => void
}

/**
 * Runs jobs, each in a slot of its own: a free slot is filled whatever the others do. `stop` waits for those that run.
 */
export function runSlots<Job>({ concurrency, pollingMs, fetch, run, onError }: SlotOptions<Job>): {
  stop: () => Promise<void>
} {
  const running = new Set<Promise<void>>()
  const stopping = new AbortController()
  const start = (job: Job) => {
    const slot: Promise<void> = run(job)
      .catch(onError)
      .finally(() => running.delete(slot))
    running.add(slot)
  }
  const fill = async (): Promise<void> => {
    const jobs = await fetch(concurrency - running.size)
    for (const job of jobs) start(job)
  }
  const loop = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      await fill().catch(onError)
      if (running.size >= concurrency) await Promise.race(running)
      else await wait(pollingMs, undefined, { signal: stopping.signal }).catch(() => undefined)
    }
  }
  const looping = loop()
  return {
    stop: async () => {
      stopping.abort()
      await looping
      await Promise.all(running)
    },
  }
}
