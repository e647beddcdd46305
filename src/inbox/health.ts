import { definedOnly } from '../lib/json.ts'
import { withTimeout } from '../lib/promises.ts'
import type { Backlog } from './inbox.ts'

/** Tells if a store or an inbox answers. */
export interface ServerHealth {
  /** True if it answered in time. */
  ok: boolean
  /** Time of the last answer; absent before the first. */
  okAt?: Date
}

/** How a worker does; no identity data. */
export interface WorkerHealth {
  /** True while it takes events: its queue answers, and it was not stopped. */
  ok: boolean
  /** The queue. */
  inbox: ServerHealth
  /** Absent while the queue does not answer. */
  backlog?: Backlog
  /** Number of events in progress. */
  underWay: number
  /** When the handlers of an event last ended well; absent before. */
  handledAt?: Date
}

/** How a receiver does; no identity data. */
export interface Health extends Omit<WorkerHealth, 'inbox' | 'handledAt'> {
  /** The store of claims. */
  store: ServerHealth
  /** Absent without an inbox, and for an inbox that has no `backlog`. */
  inbox?: ServerHealth
}

/** A call that shows that a server answers. */
interface Probe<T> {
  readonly act: () => T | Promise<T>
  readonly timeoutMs: number
}

/** How long an answer is used again, ms: probes may ask as often as they like. */
const freshMs = 1_000

/**
 * Makes `health`, of a worker or a receiver: asks each server at most once a second. Never rejects. `isOpen` is false
 * once work ends.
 */
export function healthOf<H extends WorkerHealth | Health>({
  store,
  inbox,
  state,
}: {
  store?: Probe<unknown>
  inbox?: Probe<Backlog | undefined> | undefined
  state: () => { isOpen: boolean; underWay: number; handledAt?: Date | undefined }
}): () => Promise<H> {
  const asks = [store && asking(store), inbox && asking(inbox)] as const
  let asked: { at: number; answer: Promise<Partial<Pick<Health, 'store' | 'inbox' | 'backlog'>>> } | undefined
  const askAll = async () => {
    const [one, other] = await Promise.all([asks[0]?.(), asks[1]?.()])
    return definedOnly({ store: one?.health, inbox: other?.health, backlog: other?.value })
  }
  return async () => {
    if (!asked || performance.now() - asked.at >= freshMs) asked = { at: performance.now(), answer: askAll() }
    const answer = structuredClone(await asked.answer)
    const { isOpen, underWay, handledAt } = state()
    const ok = isOpen && answer.store?.ok !== false && answer.inbox?.ok !== false
    return definedOnly({ ok, ...answer, underWay, handledAt }) as object as H
  }
}

function asking<T>({ act, timeoutMs }: Probe<T>): () => Promise<{ health: ServerHealth; value: T | undefined }> {
  let okAt: Date | undefined
  return async () => {
    const boxed = await withTimeout(act, timeoutMs)
    const ok = 'value' in boxed
    if (ok) okAt = new Date()
    return { health: definedOnly({ ok, okAt }), value: ok ? boxed.value : undefined }
  }
}
