import { randomUUID } from 'node:crypto'
import type { Backlog } from '../inbox/inbox.ts'
import { definedOnly } from '../lib/json.ts'
import { withTimeout } from '../lib/promises.ts'
import type { Config } from '../receive/config.ts'
import type { InFlight } from '../receive/memory.ts'

/** Tells if a store or an inbox answers. */
export interface ServerHealth {
  /** True if it answered in time. */
  ok: boolean
  /** Time of the last answer; absent before the first. */
  okAt?: Date
}

/** How a receiver does; no identity data. */
export interface Health {
  /** True while deliveries can be taken: store and inbox answer, and `close` was not called. */
  ok: boolean
  /** The store of claims. */
  store: ServerHealth
  /** Absent without an inbox, and for an inbox that has no `backlog`. */
  inbox?: ServerHealth
  /** Absent where `inbox` is, and while it does not answer. */
  backlog?: Backlog
  /** Number of deliveries and dispatches in progress. */
  underWay: number
}

/** How long an answer is used again, ms: probes may ask as often as they like. */
const freshMs = 1_000

/** Makes `health`: asks store and inbox at most once a second. Never rejects. */
export function healthOf({ once, inbox }: Config, inFlight: InFlight): () => Promise<Health> {
  const okAt: { store?: Date; inbox?: Date } = {}
  const ask = async <T>(
    name: 'store' | 'inbox',
    act: () => T | Promise<T>,
    timeoutMs: number,
  ): Promise<ServerHealth & { value?: T }> => {
    const boxed = await withTimeout(act, timeoutMs)
    const ok = 'value' in boxed
    if (ok) okAt[name] = new Date()
    return definedOnly({ ok, okAt: okAt[name], value: ok ? boxed.value : undefined })
  }
  const askAll = async () => {
    const [store, waiting] = await Promise.all([
      // Nobody holds it, so that nothing changes; it takes all that a delivery needs, rights included.
      ask('store', () => once.store.release('health', { owner: randomUUID() }), once.timeoutMs),
      inbox?.inbox.backlog && ask('inbox', () => inbox.inbox.backlog?.(), inbox.timeoutMs),
    ])
    return { store: serverHealth(store), waiting }
  }
  let asked: { at: number; answer: ReturnType<typeof askAll> } | undefined
  return async () => {
    if (!asked || performance.now() - asked.at >= freshMs) asked = { at: performance.now(), answer: askAll() }
    const { store, waiting } = await asked.answer
    return {
      ok: store.ok && waiting?.ok !== false && !inFlight.closing,
      store: { ...store },
      ...(waiting && { inbox: serverHealth(waiting) }),
      ...(waiting?.value && { backlog: { ...waiting.value } }),
      underWay: inFlight.count,
    }
  }
}

const serverHealth = ({ ok, okAt }: ServerHealth): ServerHealth => ({ ok, ...(okAt && { okAt }) })
