import { createRequire } from 'node:module'
import type { JobsOptions, Worker, WorkerOptions } from 'bullmq'
import { SmileIdConfigError } from '../errors.ts'
import { decodeStored, encode, hexId, jobName, type DeserializeOption, type SerializeOption } from './codec.ts'
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
  job?: Omit<JobsOptions, 'jobId' | 'deduplication'> | undefined
  /** How long after it was added the same event is not added again, ms; only its id is kept for that. Default: 24 h. */
  dedupe?: number | undefined
}

const jobDefaults = {
  attempts: 12,
  backoff: { type: 'exponential', delay: 5_000 },
  removeOnComplete: true,
  removeOnFail: false,
} satisfies JobsOptions

/** Stores events in a BullMQ queue (Redis), for a `bullmqWorker`. The event id is the job id. */
export function bullmqInbox(queue: BullmqQueueLike, { serialize, job = {}, dedupe = 86_400_000 }: BullmqInboxOptions = {}): Inbox {
  return {
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
  queue?: string | undefined
  /** Longest time for the handlers of one event, ms. Default: none. */
  timeout?: number | undefined
}

/** The processor alone, for a BullMQ `Worker` that you make yourself. */
export function bullmqProcessor(callbacks: { dispatch: Dispatch }, { deserialize, timeout }: DeserializeOption & { timeout?: number | undefined } = {}) {
  return async (job: { data: unknown }, _token?: string, signal?: AbortSignal): Promise<DispatchReport> =>
    callbacks.dispatch(await decodeStored(job.data, { deserialize }), { timeout, signal })
}

/**
 * A BullMQ `Worker` that runs the handlers of the events in the queue; all of its options can be given.
 * A job whose worker crashed is tried again up to 10 times (`maxStalledCount`), not once as BullMQ would.
 * @throws SmileIdConfigError `peer_missing` where bullmq is not installed
 */
export function bullmqWorker(callbacks: { dispatch: Dispatch }, options: BullmqWorkerOptions): Worker {
  const { queue = 'smile-id', deserialize, timeout, ...own } = options
  const { Worker } = loadBullmq()
  return new Worker(queue, bullmqProcessor(callbacks, { deserialize, timeout }), { maxStalledCount: 10, ...own })
}

// Loaded when it is needed: an inbox alone needs only the queue that it is given.
function loadBullmq(): { Worker: typeof Worker } {
  try {
    return createRequire(import.meta.url)('bullmq') as { Worker: typeof Worker }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'MODULE_NOT_FOUND') throw error
    throw new SmileIdConfigError('peer_missing', 'bullmqWorker needs the package bullmq: npm install bullmq ioredis.')
  }
}
