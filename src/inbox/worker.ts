import { isRecord } from '../lib/json.ts'
import { type Reach, watchReach } from '../lib/outage.ts'
import type { Dispatch, DispatchOptions, DispatchReport } from './dispatch.ts'
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

/** The parts that are the same for a worker of any engine. */
export interface WorkerCore {
  /** Runs an event, and counts it. */
  readonly dispatch: (data: unknown, options: DispatchOptions) => Promise<DispatchReport>
  /** True for a job to be left in the queue, untouched and with all its attempts; says why, once. */
  readonly leaves: (data: unknown) => boolean
  /** A warning of the process: a worker has no logger. Each once. */
  readonly warn: (message: string) => void
  /** Hands an error of the engine to `onError`. */
  readonly failed: (error: unknown) => void
  readonly reach: Reach
  readonly health: (backlog: () => Promise<Backlog | undefined>, isOpen: () => boolean) => () => Promise<WorkerHealth>
}

/** How long a job that is not ours is left alone, ms. */
export const leaveMs = 30_000

/** Warnings of one worker that differ: an engine's may hold what changes. */
const mostWarnings = 20

/** Time limit for the backlog, ms. */
const backlogMs = 5_000

/** `who` in warnings, such as `The BullMQ worker of the queue smile-id`. */
export function workerCore(callbacks: WorkerCallbacks, who: string): WorkerCore {
  const said = new Set<string>()
  const emit = (message: string) => {
    process.emitWarning(message, 'SmileIdWarning')
  }
  const warn = (message: string) => {
    if (said.has(message) || said.size >= mostWarnings) return
    said.add(message)
    emit(message)
  }
  let underWay = 0
  let handledAt: Date | undefined
  return {
    async dispatch(data, options) {
      underWay += 1
      try {
        const report = await callbacks.dispatch(data, options)
        handledAt = new Date()
        return report
      } finally {
        underWay -= 1
      }
    },
    leaves(data) {
      const reason = reasonToLeave(data)
      if (reason !== undefined) warn(`${who} found ${reason}. It was left in the queue.`)
      return reason !== undefined
    },
    warn,
    failed: (error) => callbacks.workerFailed?.(error),
    reach: watchReach(who, emit),
    health: (act, isOpen) =>
      healthOf({
        inbox: { act, timeoutMs: backlogMs },
        state: () => ({ isOpen: isOpen(), underWay, handledAt }),
      }) as () => Promise<WorkerHealth>,
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
