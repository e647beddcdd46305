import { decodeStored, deserializeCheck, encode, hexId, serializeCheck, type DeserializeOption, type SerializeOption } from './codec.ts'
import { SmileIdConfigError } from '../errors.ts'
import { checkMethods, count, engineOptions, ms, text, timer } from '../lib/check.ts'
import { checkOptions, type Check, type ChecksOf } from '../lib/check-options.ts'
import type { Dispatch, DispatchReport } from './dispatch.ts'
import type { Inbox } from './inbox.ts'
import { queueMaker, type PgBossQueueOptions, type QueueMakerLike } from './pg-boss-queue.ts'

export type { PgBossQueueOptions }

interface Job {
  id: string
  data: unknown
}

/** What is used of a started `PgBoss`. */
export interface PgBossLike extends QueueMakerLike {
  send(queue: string, data: object, options: { id: string }): Promise<string | null>
  getJobById(queue: string, id: string, options?: { includeArchive: boolean }): Promise<object | null>
  deleteJob(queue: string, id: string): Promise<unknown>
  work(queue: string, options: { batchSize: number; pollingIntervalSeconds: number }, handler: (jobs: Job[]) => Promise<unknown>): Promise<string>
  offWork(options: { id: string }): Promise<unknown>
  complete(queue: string, id: string, output: object): Promise<unknown>
  fail(queue: string, id: string, output: object): Promise<unknown>
}

/** Which queue `pgBossInbox` fills, and how it is made. */
export interface PgBossInboxOptions extends SerializeOption {
  /** The queue's name. Default: `smile-id`. */
  readonly queue?: string | undefined
  /**
   * How the queue is made if it is not there. Default: 12 retries with backoff from 5 s, then the queue
   * `<queue>-dead`; a job whose worker crashed is free again after 15 min. `false`: you make it.
   */
  readonly createQueue?: PgBossQueueOptions | false | undefined
  /** Longest time for Postgres to take an event, ms; then the delivery is answered 503. Default: 10 s. */
  readonly timeout?: number | undefined
}

const queueOptions = engineOptions<PgBossQueueOptions>()
const createQueueCheck: Check<PgBossQueueOptions | false> = (value, name) => (value === false ? value : queueOptions(value, name))

const inboxChecks = {
  serialize: serializeCheck,
  queue: text('smile-id', 'inbox_invalid'),
  createQueue: createQueueCheck,
  timeout: timer(undefined),
} satisfies ChecksOf<PgBossInboxOptions>

/**
 * Stores events in a pg-boss queue (Postgres), for a `pgBossWorker`. The event id, written as a UUID, is the job id.
 * @throws SmileIdConfigError `inbox_invalid` for what is no pg-boss, and for options that cannot work
 */
export function pgBossInbox(boss: PgBossLike, options?: PgBossInboxOptions): Inbox {
  const { queue, createQueue, serialize, timeout } = checkOptions(options, inboxChecks)
  checkMethods(boss, ['send', 'getJobById', 'deleteJob', 'getQueue', 'createQueue'], 'inbox_invalid', 'pgBossInbox takes a started PgBoss of the package pg-boss')
  const ready = queueMaker(boss, queue, createQueue)
  return {
    timeout,
    async add(message) {
      await ready()
      const id = uuid(message.id)
      const stored = await boss.send(queue, await encode(message, { serialize }), { id })
      // Null is said of a job that is there already, and of a queue that is not.
      if (stored === null && (await boss.getJobById(queue, id, { includeArchive: true })) === null) {
        throw new Error(`pg-boss did not take the event; is there a queue "${queue}"?`)
      }
    },
    forget: (id) => boss.deleteJob(queue, uuid(id)),
  }
}

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
  /** Longest time for the handlers of one event, ms. Default: none but the queue's `expireInSeconds`. */
  readonly timeout?: number | undefined
}

/** pg-boss asks no more often, ms. */
const shortestPolling = 500

const pollingCheck: Check<number> = (value, name) => {
  const interval = timer(2_000)(value, name)
  if (interval >= shortestPolling) return interval
  throw new SmileIdConfigError('duration_invalid', `${name} must be at least ${shortestPolling} ms: pg-boss asks no more often.`)
}

const workerChecks = {
  deserialize: deserializeCheck,
  queue: text('smile-id', 'worker_invalid'),
  createQueue: createQueueCheck,
  concurrency: count(5),
  pollingInterval: pollingCheck,
  timeout: ms(undefined),
} satisfies ChecksOf<PgBossWorkerOptions>

/** A running `pgBossWorker`. */
export interface PgBossWorker {
  /** Takes no more events. `boss.stop({ graceful: true })` waits for those under way. */
  stop(): Promise<void>
}

/**
 * Runs the handlers of the events in a pg-boss queue. Rejects with a `SmileIdConfigError`, `worker_invalid` for what is no pg-boss,
 * or for options that cannot work.
 */
export async function pgBossWorker(callbacks: { dispatch: Dispatch }, boss: PgBossLike, options?: PgBossWorkerOptions): Promise<PgBossWorker> {
  const { queue, createQueue, concurrency, pollingInterval, deserialize, timeout } = checkOptions(options, workerChecks, { moved: { pollingIntervalSeconds: 'pollingInterval, in ms' } })
  checkMethods(callbacks, ['dispatch'], 'worker_invalid', 'pgBossWorker takes what smileIdCallbacks() returns')
  checkMethods(boss, ['work', 'offWork', 'complete', 'fail', 'getQueue', 'createQueue'], 'worker_invalid', 'pgBossWorker takes a started PgBoss of the package pg-boss')
  await queueMaker(boss, queue, createQueue)()
  const handle = async ({ data }: Job): Promise<DispatchReport> => callbacks.dispatch(await decodeStored(data, { deserialize }), { timeout })
  const settle = async (job: Job): Promise<void> => {
    let report: DispatchReport
    try {
      report = await handle(job)
    } catch (error) {
      // By a DispatchError, which says nothing of the event; of others only the class.
      await boss.fail(queue, job.id, outputOf(error))
      return
    }
    await boss.complete(queue, job.id, report)
  }
  // Each job of a batch is settled by itself: pg-boss would fail them together.
  const id = await boss.work(queue, { batchSize: concurrency, pollingIntervalSeconds: pollingInterval / 1_000 }, (jobs) => Promise.all(jobs.map(settle)))
  return {
    stop: async () => {
      await boss.offWork({ id })
    },
  }
}

function outputOf(error: unknown): { error: string; code?: string } {
  const { name, code } = error as { name?: string; code?: unknown }
  return { error: String(name), ...(name === 'DispatchError' && { code: String(code) }) }
}

const uuid = (id: string): string => hexId(id).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
