import { createRequire } from 'node:module'
import type { Worker, WorkerOptions } from 'bullmq'
import { SmileIdConfigError } from '../../errors.ts'
import { checkMethods, checkOptions, type ChecksOf, given, ms, nonEmptyString } from '../../lib/check.ts'
import { definedOnly } from '../../lib/json.ts'
import { timeoutWarning } from '../redis/silence.ts'
import { deserializeCheck, type DeserializeOption } from '../../inbox/message.ts'
import type { Dispatch, DispatchReport } from '../../inbox/dispatch.ts'

/** Options of `bullmqWorker`: all options of a BullMQ `Worker`, and these. */
export interface BullmqWorkerOptions extends WorkerOptions, DeserializeOption {
  /** The queue's name. Default: `smile-id`. */
  readonly queue?: string | undefined
  /** Time limit for the handlers of one event, ms. Default: none. */
  readonly timeout?: number | undefined
}

/** The members of a job that are used. */
export interface ProcessedJob {
  data: unknown
  /** Attempts before this one. */
  attemptsMade?: number
  opts?: { attempts?: number | undefined }
}

/** A processor of a BullMQ `Worker`. Rejects with a `DispatchError` for an event that is to be tried again. */
export interface BullmqProcessor {
  (job: ProcessedJob, token?: string, signal?: AbortSignal): Promise<DispatchReport>
}

/** Options of `bullmqProcessor`. */
export type BullmqProcessorOptions = Pick<BullmqWorkerOptions, 'deserialize' | 'timeout'>

const processorChecks = {
  deserialize: deserializeCheck,
  timeout: ms(undefined),
} satisfies ChecksOf<BullmqProcessorOptions>

/**
 * Returns the processor alone, for a BullMQ `Worker` that you create yourself.
 * @example
 * import { Worker } from 'bullmq'
 * import { bullmqProcessor } from 'express-smile-id/bullmq'
 *
 * const worker = new Worker('smile-id', bullmqProcessor(callbacks), { connection })
 * @throws SmileIdConfigError for options that cannot work
 */
export function bullmqProcessor(callbacks: { dispatch: Dispatch }, options?: BullmqProcessorOptions): BullmqProcessor {
  const { deserialize, timeout } = checkOptions(options, processorChecks)
  checkMethods(callbacks, ['dispatch'], 'worker_invalid', 'bullmqProcessor takes what smileIdCallbacks() returns')
  return async (job, _token, signal) =>
    callbacks.dispatch(job.data, {
      deserialize,
      timeout,
      signal,
      isLastTry: (job.attemptsMade ?? 0) + 1 >= (job.opts?.attempts ?? 1),
    })
}

/**
 * Creates a BullMQ `Worker` (BullMQ 5 or 6) that runs the handlers of the events in the queue; it takes all options of
 * a `Worker`. A stalled job, whose worker crashed, is retried up to 10 times (`maxStalledCount`), not once as by
 * default. A `connection` of plain options has a `socketTimeout` of 15 s by default. A cut connection does not stop it;
 * add your own `worker.on('error')` listener to see it.
 * @example
 * import { bullmqWorker } from 'express-smile-id/bullmq'
 *
 * const worker = bullmqWorker(callbacks, { connection, concurrency: 10 })
 * process.once('SIGTERM', () => void worker.close())
 * @throws SmileIdConfigError `peer_missing` if bullmq is not installed, `unknown_option` for options that neither it
 * nor BullMQ knows, and for options that cannot work
 */
export function bullmqWorker(callbacks: { dispatch: Dispatch }, options: BullmqWorkerOptions): Worker {
  const { queue, deserialize, timeout, ...engine } = checkOptions(options, { ...engineChecks, ...workerChecks })
  const processor = bullmqProcessor(callbacks, { deserialize, timeout })
  const { Worker } = loadBullmq()
  const { connection, ...others } = definedOnly(engine) as WorkerOptions
  const worker = new Worker(queue, processor, {
    maxStalledCount: 10,
    ...others,
    connection: withSocketTimeout(connection, others.drainDelay),
  })
  // Without a listener BullMQ prints each error.
  worker.on('error', () => undefined)
  return worker
}

const socketTimeoutMs = 15_000

/**
 * A connection that dies in silence would keep the worker waiting for a quarter of an hour. An idle worker hears from
 * Redis every `drainDelay` seconds, 10 at most. A client that the user made has options of its own.
 */
function withSocketTimeout(connection: WorkerOptions['connection'], drainDelayS = 0): WorkerOptions['connection'] {
  const isOptions = Object.getPrototypeOf(connection) === Object.prototype
  if (isOptions) return { socketTimeout: Math.max(socketTimeoutMs, drainDelayS * 2_000), ...connection }
  const warning = timeoutWarning(connection, "worker's Redis client", socketTimeoutMs)
  if (warning !== undefined) process.emitWarning(warning, 'SmileIdWarning')
  return connection
}

const workerChecks = { ...processorChecks, queue: nonEmptyString('smile-id', 'worker_invalid') } satisfies ChecksOf<
  Omit<BullmqWorkerOptions, keyof WorkerOptions>
>

/** BullMQ checks these itself. Listed, so that a misspelt option of ours is not taken for one of BullMQ's. */
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

/** Replaced by `require` in the build: bundlers do not recognize the function that esbuild would put in its place. */
declare const requireOfBundle: NodeJS.Require | undefined

// Loaded on first use: an inbox alone needs only the queue that it is given.
function loadBullmq(): { Worker: typeof Worker } {
  try {
    // Bundlers see this call and include the package. An unbundled ES module has no `require`.
    if (typeof requireOfBundle === 'function') return requireOfBundle('bullmq') as { Worker: typeof Worker }
    return createRequire(import.meta.url)('bullmq') as { Worker: typeof Worker }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'MODULE_NOT_FOUND') throw error
    throw new SmileIdConfigError('peer_missing', 'bullmqWorker needs the package bullmq: npm install bullmq ioredis.')
  }
}
