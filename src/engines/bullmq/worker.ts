import { Queue, Worker, type WorkerOptions } from 'bullmq'
import { checkOptions, type ChecksOf, given, ms, nonEmptyString } from '../../lib/check.ts'
import { definedOnly } from '../../lib/json.ts'
import { isOutOfReach } from '../../lib/outage.ts'
import { hearFailure } from '../../lib/promises.ts'
import { shownError } from '../../lib/words.ts'
import type { DispatchReport } from '../../inbox/attempt.ts'
import type { WorkerHealth } from '../../inbox/health.ts'
import { deserializeCheck, type DeserializeOption } from '../../inbox/message.ts'
import { leaveMs, type WorkerCallbacks, type WorkerCore, workerCore } from '../../inbox/worker.ts'
import { checkTimeouts } from '../redis/silence.ts'
import { completedElsewhere, pruneFailed } from './failed.ts'
import { backlogOf, type BullmqQueueLike, clientOf } from './like.ts'

/** Options of `bullmqWorker`: all options of a BullMQ `Worker`, and these. */
export interface BullmqWorkerOptions extends WorkerOptions, DeserializeOption {
  /** The queue's name. Default: `smile-id`. */
  readonly queue?: string | undefined
  /** Time limit for the handlers of one event, ms. Default: none. */
  readonly timeout?: number | undefined
}

/** The members of a job that are used. */
export interface ProcessedJob {
  /** BullMQ's id of the job. */
  id?: string | undefined
  /** The stored message. */
  data: unknown
  /** Attempts before this one. */
  attemptsMade?: number
  /** The job's options; `attempts` says which try is the last. */
  opts?: { attempts?: number | undefined }
  /** Puts the job back for later. */
  moveToDelayed?(timestamp: number, token?: string): Promise<void>
}

/** A processor of a BullMQ `Worker`. Rejects with a `DispatchError` for an event that is to be tried again. */
export interface BullmqProcessor {
  (job: ProcessedJob, token?: string, signal?: AbortSignal): Promise<DispatchReport>
}

/** BullMQ knows it by its name, and counts no attempt. */
class LeftInQueue extends Error {
  override readonly name = 'DelayedError'
}

/** Options of `bullmqProcessor`. */
export type BullmqProcessorOptions = Pick<BullmqWorkerOptions, 'deserialize' | 'timeout'>

const processorChecks = {
  deserialize: deserializeCheck,
  timeout: ms(undefined),
} satisfies ChecksOf<BullmqProcessorOptions>

/** A BullMQ `Worker` that tells how it does. */
export type BullmqWorker = Worker & {
  /** Asks the queue at most once a second. Never rejects. */
  health(): Promise<WorkerHealth>
}

/**
 * Returns the processor alone, for a BullMQ `Worker` that you create yourself.
 * @example
 * import { Worker } from 'bullmq'
 * import { bullmqProcessor } from 'express-smile-id/bullmq'
 *
 * const worker = new Worker('smile-id', bullmqProcessor(callbacks), { connection })
 * @throws SmileIdConfigError for options that cannot work
 */
export function bullmqProcessor(callbacks: WorkerCallbacks, options?: BullmqProcessorOptions): BullmqProcessor {
  const limits = checkOptions(options, processorChecks)
  return processorOf(workerCore(callbacks, 'bullmqProcessor', 'A BullMQ worker'), limits)
}

const processorOf =
  (core: WorkerCore, limits: BullmqProcessorOptions): BullmqProcessor =>
  async (job, token, signal) => {
    if (job.moveToDelayed && core.leaves(job.data)) {
      await job.moveToDelayed(Date.now() + leaveMs, token)
      throw new LeftInQueue()
    }
    const attempt = (job.attemptsMade ?? 0) + 1
    const isLastTry = attempt >= (job.opts?.attempts ?? 1)
    return core.dispatch(job.data, { ...limits, signal, jobId: job.id, attempt, isLastTry })
  }

/**
 * Creates a BullMQ `Worker` (BullMQ 5 or 6) that runs the handlers of the events in the queue; it takes all options of
 * a `Worker`. A stalled job, whose worker crashed, is retried up to 10 times (`maxStalledCount`), not once as by
 * default. A `connection` of plain options has a `socketTimeout` of 15 s by default. A cut connection does not stop it;
 * its errors go to `onError`.
 * @example
 * import { bullmqWorker } from 'express-smile-id/bullmq'
 *
 * const worker = bullmqWorker(callbacks, { connection, concurrency: 10 })
 * const { ok, backlog, underWay } = await worker.health()
 * for (const signal of ['SIGTERM', 'SIGINT']) process.once(signal, () => void worker.close())
 * @throws SmileIdConfigError `unknown_option` for options that neither it nor BullMQ knows, and for options that cannot
 * work
 */
export function bullmqWorker(callbacks: WorkerCallbacks, options: BullmqWorkerOptions): BullmqWorker {
  const { queue: name, deserialize, timeout, ...engine } = checkOptions(options, { ...engineChecks, ...workerChecks })
  const core = workerCore(callbacks, 'bullmqWorker', `The BullMQ worker of the queue ${name}`)
  const { connection, ...others } = definedOnly(engine) as WorkerOptions
  const worker = new Worker(name, processorOf(core, { deserialize, timeout }), {
    maxStalledCount: 10,
    ...others,
    connection: withSocketTimeout(core, connection, others.drainDelay),
  })
  watch(worker, core)
  const queue = queueBeside(worker)
  lookAfter(worker, queue, core)
  const isOpen = () => worker.isRunning() && !worker.isPaused()
  return Object.assign(worker, { health: core.health(() => backlogOf(queue()), isOpen) })
}

/** Opened at first use, and closed with the worker. */
function queueBeside(worker: Worker): () => BullmqQueueLike {
  let queue: Queue | undefined
  worker.once('closing', () => hearFailure(queue?.close()))
  return () => {
    queue ??= new Queue(worker.name, { ...worker.opts, skipMetasUpdate: true }).on('error', () => undefined)
    return queue as BullmqQueueLike
  }
}

/** Says what BullMQ would print, once each, unless another one listens. Without a listener it prints each error. */
function watch(worker: Worker, { reach, warn, failed }: WorkerCore): void {
  worker.on('error', (error) => {
    failed(error)
    if (worker.listenerCount('error') > 1) return
    if (isOutOfReach(error)) reach.note(error)
    else
      warn(`The BullMQ worker of the queue ${worker.name} reported an error: ${shownError(error)}. This is said once.`)
  })
  // BullMQ 6 tells of the first connection alone.
  void Promise.resolve(clientOf(worker)).then(
    (client) => (client as Partial<NodeJS.EventEmitter>).on?.('ready', () => reach.note()),
    () => undefined,
  )
}

const minuteMs = 60_000
const hourMs = 60 * minuteMs

/** Prunes failed jobs, and finds events that another worker on the queue took. Ends with the worker. */
function lookAfter(worker: Worker, queue: () => BullmqQueueLike, { warn, failed }: WorkerCore): void {
  const position = { last: `${Date.now()}` }
  let nextPruneMs = -Infinity
  const look = async () => {
    const lost = await completedElsewhere(worker, await clientOf(worker), position)
    if (lost.length > 0)
      warn(
        `A worker of another kind completed events of the BullMQ queue ${worker.name}, whose handlers never ran: ${lost.slice(0, 20).join(', ')}. Give it a queue of its own. callbacks.forget(id) has the next delivery of an event handled; reconcile asks for it.`,
      )
    if (performance.now() < nextPruneMs) return
    nextPruneMs = performance.now() + hourMs
    await pruneFailed(queue())
  }
  const lookNow = () => hearFailure(look(), failed)
  const timer = setInterval(lookNow, minuteMs)
  timer.unref()
  worker.once('closing', () => clearInterval(timer))
  worker.once('ready', lookNow)
}

const socketTimeoutMs = 15_000

/**
 * A connection that dies in silence would keep the worker waiting for a quarter of an hour. An idle worker hears from
 * Redis every `drainDelay` seconds, 10 at most. A client that the user made has options of its own.
 */
function withSocketTimeout(
  { warn }: WorkerCore,
  connection: WorkerOptions['connection'],
  drainDelayS = 0,
): WorkerOptions['connection'] {
  const isOptions = Object.getPrototypeOf(connection) === Object.prototype
  const socketTimeout = Math.max(socketTimeoutMs, drainDelayS * 2_000)
  // A server that became a replica stays one: a new connection may find the master.
  const reconnectOnError = ({ message }: Error) => message.startsWith('READONLY')
  if (isOptions) return { socketTimeout, reconnectOnError, ...connection }
  checkTimeouts(connection, "worker's Redis client", warn, socketTimeoutMs)
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
