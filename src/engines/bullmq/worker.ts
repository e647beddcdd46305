import { createRequire } from 'node:module'
import type { Worker, WorkerOptions } from 'bullmq'
import { SmileIdConfigError } from '../../errors.ts'
import { checkMethods, checkOptions, type ChecksOf, given, ms, nonEmptyString } from '../../lib/check.ts'
import { definedOnly } from '../../lib/json.ts'
import { decodeStored, deserializeCheck, type DeserializeOption } from '../../inbox/message.ts'
import type { Dispatch, DispatchReport } from '../../inbox/dispatch.ts'

/** What `bullmqWorker` takes: all options of a BullMQ `Worker`, and these. */
export interface BullmqWorkerOptions extends WorkerOptions, DeserializeOption {
  /** The queue's name. Default: `smile-id`. */
  readonly queue?: string | undefined
  /** Longest time for the handlers of one event, ms. Default: none. */
  readonly timeout?: number | undefined
}

/** What is used of a job. */
export interface ProcessedJob {
  data: unknown
  /** Tries before this one. */
  attemptsMade?: number
  opts?: { attempts?: number | undefined }
}

/** What `bullmqProcessor` takes. */
export type BullmqProcessorOptions = Pick<BullmqWorkerOptions, 'deserialize' | 'timeout'>

const processorChecks = {
  deserialize: deserializeCheck,
  timeout: ms(undefined),
} satisfies ChecksOf<BullmqProcessorOptions>

/**
 * The processor alone, for a BullMQ `Worker` that you make yourself.
 * @example
 * import { Worker } from 'bullmq'
 * import { bullmqProcessor } from 'express-smile-id/bullmq'
 *
 * const worker = new Worker('smile-id', bullmqProcessor(callbacks), { connection })
 * @throws SmileIdConfigError for options that cannot work
 */
export function bullmqProcessor(callbacks: { dispatch: Dispatch }, options?: BullmqProcessorOptions) {
  const { deserialize, timeout } = checkOptions(options, processorChecks)
  checkMethods(callbacks, ['dispatch'], 'worker_invalid', 'bullmqProcessor takes what smileIdCallbacks() returns')
  return async (job: ProcessedJob, _token?: string, signal?: AbortSignal): Promise<DispatchReport> =>
    callbacks.dispatch(await decodeStored(job.data, { deserialize }), {
      timeout,
      signal,
      isLastTry: (job.attemptsMade ?? 0) + 1 >= (job.opts?.attempts ?? 1),
    })
}

/**
 * A BullMQ `Worker` (BullMQ 5 or 6) that runs the handlers of the events in the queue; all of its options can be given.
 * A job whose worker crashed is tried again up to 10 times (`maxStalledCount`), not once as BullMQ would.
 * A connection that is cut ends nothing: add your own `worker.on('error')` to hear of it.
 * @example
 * import { bullmqWorker } from 'express-smile-id/bullmq'
 *
 * const worker = bullmqWorker(callbacks, { connection, concurrency: 10 })
 * process.once('SIGTERM', () => void worker.close())
 * @throws SmileIdConfigError `peer_missing` where bullmq is not installed, `unknown_option` for what neither it nor
 * BullMQ takes,
 * and for options that cannot work
 */
export function bullmqWorker(callbacks: { dispatch: Dispatch }, options: BullmqWorkerOptions): Worker {
  const { queue, deserialize, timeout, ...engine } = checkOptions(options, { ...engineChecks, ...workerChecks })
  const processor = bullmqProcessor(callbacks, { deserialize, timeout })
  const { Worker } = loadBullmq()
  const worker = new Worker(queue, processor, { maxStalledCount: 10, ...(definedOnly(engine) as WorkerOptions) })
  // Where nobody listens BullMQ prints each of them.
  worker.on('error', () => undefined)
  return worker
}

const workerChecks = { ...processorChecks, queue: nonEmptyString('smile-id', 'worker_invalid') } satisfies ChecksOf<
  Omit<BullmqWorkerOptions, keyof WorkerOptions>
>

/** BullMQ checks these itself. Listed, so that a misspelt one of ours is not taken for one of BullMQ's. */
const engineChecks = Object.fromEntries(
  (
    [
      'connection',
      'blockingConnection',
      'skipVersionCheck',
      'telemetry',
      'skipWaitingForReady',
      'prefix',
      'name',
      'autorun',
      'concurrency',
      'limiter',
      'metrics',
      'maximumRateLimitDelay',
      'maxStartedAttempts',
      'maxStalledCount',
      'stalledInterval',
      'removeOnComplete',
      'removeOnFail',
      'skipStalledCheck',
      'skipLockRenewal',
      'drainDelay',
      'lockDuration',
      'lockRenewTime',
      'runRetryDelay',
      'settings',
      'useWorkerThreads',
      'workerForkOptions',
      'workerThreadsOptions',
    ] as const satisfies readonly (keyof WorkerOptions)[]
  ).map((name) => [name, given<unknown>()]),
)

/** The build writes `require` for it: the word itself would be turned into a function that bundlers do not see. */
declare const requireOfBundle: NodeJS.Require | undefined

// Loaded when it is needed: an inbox alone needs only the queue that it is given.
function loadBullmq(): { Worker: typeof Worker } {
  try {
    // Bundlers see this call, and bring the package along. An ES module that is not bundled has no `require`.
    if (typeof requireOfBundle === 'function') return requireOfBundle('bullmq') as { Worker: typeof Worker }
    return createRequire(import.meta.url)('bullmq') as { Worker: typeof Worker }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'MODULE_NOT_FOUND') throw error
    throw new SmileIdConfigError('peer_missing', 'bullmqWorker needs the package bullmq: npm install bullmq ioredis.')
  }
}
