import { checkMethods } from '../lib/check.ts'
import { isRecord } from '../lib/json.ts'
import { watchReach } from '../lib/outage.ts'
import type { DispatchReport } from './attempt.ts'
import type { Dispatch, DispatchOptions } from './dispatch.ts'
import { healthOf, type WorkerHealth } from './health.ts'
import type { Backlog } from './inbox.ts'
import { newestVersion } from './message.ts'

/** The part of `smileIdCallbacks()` that a worker needs. */
export interface WorkerCallbacks {
  /** Runs the handlers of a stored event. */
  readonly dispatch: Dispatch
  /** Hears errors of the queue's engine; for `onError`. */
  workerFailed?(error: unknown): void
}

/** How long a job that is not ours is left alone, ms. */
export const leaveMs = 30_000

/** Warnings of one worker that differ: an engine's may hold what changes. */
const mostWarnings = 20

/** Time limit for the backlog, ms. */
const backlogMs = 5_000

/** The parts that are the same for a worker of any engine. */
export type WorkerCore = ReturnType<typeof workerCore>

/**
 * `taker` is what is given `callbacks`; `who` in warnings, such as `The BullMQ worker of the queue smile-id`.
 * @throws SmileIdConfigError `worker_invalid` for other callbacks
 */
export function workerCore(callbacks: WorkerCallbacks, taker: string, who: string) {
  checkMethods(callbacks, ['dispatch'], 'worker_invalid', `${taker} takes what smileIdCallbacks() returns`)
  const said = new Set<string>()
  const emit = (message: string) => {
    process.emitWarning(message, 'SmileIdWarning')
  }
  /** A warning of the process: a worker has no logger. Each once. */
  const warn = (message: string) => {
    if (said.has(message) || said.size >= mostWarnings) return
    said.add(message)
    emit(message)
  }
  let underWay = 0
  let handledAt: Date | undefined
  return {
    /** Runs an event, and counts it. */
    async dispatch(data: unknown, options: DispatchOptions): Promise<DispatchReport> {
      underWay += 1
      try {
        const report = await callbacks.dispatch(data, options)
        handledAt = new Date()
        return report
      } finally {
        underWay -= 1
      }
    },
    /** True for a job to be left in the queue, untouched and with all its attempts; says why, once. */
    leaves(data: unknown): boolean {
      const reason = reasonToLeave(data)
      if (reason !== undefined) warn(`${who} found ${reason}. It was left in the queue.`)
      return reason !== undefined
    },
    warn,
    /** Hands an error of the engine to `onError`. */
    failed: (error: unknown) => callbacks.workerFailed?.(error),
    reach: watchReach(who, emit),
    health: (act: () => Promise<Backlog | undefined>, isOpen: () => boolean) =>
      healthOf<WorkerHealth>({
        inbox: { act, timeoutMs: backlogMs },
        state: () => ({ isOpen: isOpen(), underWay, handledAt }),
      }),
  }
}

/** Undefined for a job to be handled. */
function reasonToLeave(data: unknown): string | undefined {
  const { version, id } = isRecord(data) ? data : {}
  if (typeof version !== 'number' || typeof id !== 'string')
    return "a job that no inbox of this library stored: two kinds of workers share the queue, and each takes what is the other's. Give yours a queue of its own"
  return version > newestVersion
    ? `a message of version ${version}, and this worker reads ${newestVersion} at most: a newer version of this library stored it. Update the workers`
    : undefined
}
