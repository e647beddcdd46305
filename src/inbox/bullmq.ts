import { createRequire } from 'node:module'
import type { JobsOptions, Worker, WorkerOptions } from 'bullmq'
import { SmileIdConfigError } from '../errors.ts'
import { checkMethods, engineOptions, given, ms, text, timer } from '../lib/check.ts'
import { checkOptions, type ChecksOf } from '../lib/check-options.ts'
import { definedOnly } from '../lib/json.ts'
import { decodeStored, deserializeCheck, encode, hexId, jobName, serializeCheck, type DeserializeOption, type SerializeOption } from './codec.ts'
import type { Dispatch, DispatchReport } from './dispatch.ts'
import type { Inbox } from './inbox.ts'

/** What is used of a BullMQ `Queue`. */
export interface BullmqQueueLike {
  add(name: string, data: unknown, options: JobsOptions): Promise<unknown>
  remove(jobId: string): Promise<unknown>
  removeDeduplicationKey(id: string): Promise<unknown>
}

/** How `bullmqInbox` adds jobs. */
export interface BullmqInboxOptions extends SerializeOption {
  /**
   * BullMQ's options of each job. Default: 12 attempts, exponential backoff from 5 s (the last after about
   * 3 h), gone from Redis when done, kept when every attempt failed.
   */
  readonly job?: Omit<JobsOptions, 'jobId' | 'deduplication'> | undefined
  /** How long after it was added the same event is not added again, ms; only its id is kept for that. Default: 24 h. */
  readonly dedupe?: number | undefined
  /** Longest time for Redis to take an event, ms; then the delivery is answered 503. Default: 10 s. */
  readonly timeout?: number | undefined
}

const inboxChecks = {
  serialize: serializeCheck,
  job: engineOptions<JobsOptions>(['jobId', 'deduplication']),
  dedupe: ms(86_400_000),
  timeout: timer(undefined),
} satisfies ChecksOf<BullmqInboxOptions>

const jobDefaults = {
  attempts: 12,
  backoff: { type: 'exponential', delay: 5_000 },
  removeOnComplete: true,
  removeOnFail: false,
} satisfies JobsOptions

/**
 * Stores events in a BullMQ queue (Redis), for a `bullmqWorker`. The event id is the job id.
 * @throws SmileIdConfigError `inbox_invalid` for what is no queue, and for options that cannot work
 */
export function bullmqInbox(queue: BullmqQueueLike, options?: BullmqInboxOptions): Inbox {
  const { serialize, job, dedupe, timeout } = checkOptions(options, inboxChecks)
  checkMethods(queue, ['add', 'remove', 'removeDeduplicationKey'], 'inbox_invalid', 'bullmqInbox takes a Queue of the package bullmq')
  return {
    timeout,
    async add(message) {
      const id = hexId(message.id)
      const data = await encode(message, { serialize })
      await queue.add(jobName(message), data, { ...jobDefaults, ...job, jobId: id, deduplication: { id, ttl: dedupe } })
    },
    async forget(id) {
      await queue.removeDeduplicationKey(hexId(id))
      await queue.remove(hexId(id))
    },
  }
}

/** What `bullmqWorker` takes: all options of a BullMQ `Worker`, and these. */
export interface BullmqWorkerOptions extends WorkerOptions, DeserializeOption {
  /** The queue's name. Default: `smile-id`. */
  readonly queue?: string | undefined
  /** Longest time for the handlers of one event, ms. Default: none. */
  readonly timeout?: number | undefined
}

/** What `bullmqProcessor` takes. */
export type BullmqProcessorOptions = Pick<BullmqWorkerOptions, 'deserialize' | 'timeout'>

const processorChecks = { deserialize: deserializeCheck, timeout: ms(undefined) } satisfies ChecksOf<BullmqProcessorOptions>

/**
 * The processor alone, for a BullMQ `Worker` that you make yourself.
 * @throws SmileIdConfigError for options that cannot work
 */
export function bullmqProcessor(callbacks: { dispatch: Dispatch }, options?: BullmqProcessorOptions) {
  const { deserialize, timeout } = checkOptions(options, processorChecks)
  checkMethods(callbacks, ['dispatch'], 'worker_invalid', 'bullmqProcessor takes what smileIdCallbacks() returns')
  return async (job: { data: unknown }, _token?: string, signal?: AbortSignal): Promise<DispatchReport> =>
    callbacks.dispatch(await decodeStored(job.data, { deserialize }), { timeout, signal })
}

/**
 * A BullMQ `Worker` that runs the handlers of the events in the queue; all of its options can be given.
 * A job whose worker crashed is tried again up to 10 times (`maxStalledCount`), not once as BullMQ would.
 * @throws SmileIdConfigError `peer_missing` where bullmq is not installed, `unknown_option` for what neither it nor BullMQ takes,
 * and for options that cannot work
 */
export function bullmqWorker(callbacks: { dispatch: Dispatch }, options: BullmqWorkerOptions): Worker {
  const { queue, deserialize, timeout, ...engine } = checkOptions(options, { ...engineChecks, ...workerChecks })
  const processor = bullmqProcessor(callbacks, { deserialize, timeout })
  const { Worker } = loadBullmq()
  return new Worker(queue, processor, { maxStalledCount: 10, ...(definedOnly(engine) as WorkerOptions) })
}

const workerChecks = { ...processorChecks, queue: text('smile-id', 'worker_invalid') } satisfies ChecksOf<Omit<BullmqWorkerOptions, keyof WorkerOptions>>

/** BullMQ checks these itself. Listed, so that a misspelt one of ours is not taken for one of BullMQ's. */
const engineChecks = Object.fromEntries(
  (
    [
      'connection', 'blockingConnection', 'skipVersionCheck', 'telemetry', 'skipWaitingForReady', 'prefix', 'name', 'autorun', 'concurrency', 'limiter',
      'metrics', 'maximumRateLimitDelay', 'maxStartedAttempts', 'maxStalledCount', 'stalledInterval', 'removeOnComplete', 'removeOnFail', 'skipStalledCheck',
      'skipLockRenewal', 'drainDelay', 'lockDuration', 'lockRenewTime', 'runRetryDelay', 'settings', 'useWorkerThreads', 'workerForkOptions', 'workerThreadsOptions',
    ] as const satisfies readonly (keyof WorkerOptions)[]
  ).map((name) => [name, given<unknown>()]),
)

// Loaded when it is needed: an inbox alone needs only the queue that it is given.
function loadBullmq(): { Worker: typeof Worker } {
  try {
    return createRequire(import.meta.url)('bullmq') as { Worker: typeof Worker }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'MODULE_NOT_FOUND') throw error
    throw new SmileIdConfigError('peer_missing', 'bullmqWorker needs the package bullmq: npm install bullmq ioredis.')
  }
}
