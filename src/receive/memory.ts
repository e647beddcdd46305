import { channel } from 'node:diagnostics_channel'
import type { Ids } from '../events/id.ts'
import type { Decoded } from '../payload/decoded.ts'
import { budget } from '../lib/limits.ts'
import { withTimeout } from '../lib/promises.ts'
import type { Drift, NewWord } from '../payload/notes.ts'
import { sha256 } from '../signature/sign.ts'

/**
 * Publishes every drift that any receiver of this process notices, for metrics without access to the callbacks object.
 */
export const driftChannelName = 'express-smile-id:drift'
const drifts = channel(driftChannelName)

/** Per kind. A sender can invent any number of names. */
const mostToldPerKind = 50

/** Reports each new word once per process. */
export function watchDrift(tell: (drift: Drift) => void) {
  const told = new Map<Drift['kind'], Set<string>>()

  /** The word itself is not kept: it may be identity data. */
  function isNew({ kind, path, word }: NewWord, where: string): boolean {
    const known = told.get(kind) ?? new Set<string>()
    told.set(kind, known)
    if (known.size >= mostToldPerKind) return false
    // A new product is new wherever it comes from.
    const key = word === undefined ? `${where} ${path}` : sha256(`${path} ${word}`)
    if (known.has(key)) return false
    known.add(key)
    return true
  }

  return ({ news, product, shape }: Decoded): void => {
    for (const word of news) {
      if (!isNew(word, `${shape} ${product}`)) continue
      const drift: Drift = Object.freeze({ kind: word.kind, path: word.path, product, generation: shape })
      tell(drift)
      if (drifts.hasSubscribers) drifts.publish(drift)
    }
  }
}

/** Texts remembered before the older half is dropped: the last 10 000 to 20 000. About 3 MB. */
const batchSize = 10_000

/** Remembers what came first under each key. */
class FirstSeen<T> {
  // Whole batches are dropped: finding the oldest of many costs more.
  #young = new Map<string, T>()
  #old: ReadonlyMap<string, T> = new Map()

  /** The first event with it; undefined if this is the first. */
  first(key: string, value: T): T | undefined {
    const first = this.#young.get(key) ?? this.#old.get(key)
    if (first === undefined && this.#young.set(key, value).size === batchSize) {
      this.#old = this.#young
      this.#young = new Map()
    }
    return first
  }
}

/** Questions to Smile ID for reused signatures: genuine deliveries need its rate limit. */
const askedPerMinute = 30

/** Remembers the first event of each signature. Honest callbacks of one millisecond share one. */
export class SignatureUses {
  readonly #events = new FirstSeen<string>()
  /** True if Smile ID may be asked about one more delivery whose signature came before with another event. */
  readonly mayAsk = budget(askedPerMinute, 60_000)

  /**
   * True if this signature came before with another event: another job, verdict, partner params, name, ID number, date
   * of birth or suspect.
   */
  isReused(signature: string, eventId: string): boolean {
    return (this.#events.first(signature, eventId) ?? eventId) !== eventId
  }
}

/** Remembers for whom each verdict was first accepted. */
export class VerdictUses {
  readonly #uses = new FirstSeen<Pick<Ids, 'id' | 'recipientId'>>()
  readonly #told = new FirstSeen<true>()

  /** The event that said the same for another recipient, if one did; `isNews` once for each verdict. */
  conflict({ id, verdictId, recipientId }: Ids) {
    const first = this.#uses.first(verdictId, { id, recipientId })
    if (first === undefined || first.recipientId === recipientId) return undefined
    return { eventId: first.id, isNews: this.#told.first(verdictId, true) === undefined }
  }
}

/** Counts work in progress, so that a shutdown can wait for it. */
export class InFlight {
  count = 0
  /** True once `close` was called: new deliveries are refused. */
  closed = false
  /** True once `close` was called, also while deliveries are still taken. */
  closing = false
  readonly #waiting = new Set<() => void>()

  begin(): void {
    this.count += 1
  }

  /** Call once for each `begin`. */
  end(): void {
    this.count -= 1
    if (this.count === 0) for (const wake of this.#waiting) wake()
  }

  async run<T>(work: () => Promise<T>): Promise<T> {
    this.begin()
    try {
      return await work()
    } finally {
      this.end()
    }
  }

  /**
   * Refuses new deliveries after `drainMs` ms, then waits for all work in progress, at most `timeoutMs` ms; resolves to
   * the number that is not done by then.
   */
  async close(timeoutMs: number, drainMs = 0): Promise<number> {
    this.closing = true
    if (drainMs > 0 && !this.closed) await new Promise((resolve) => setTimeout(resolve, drainMs))
    this.closed = true
    if (this.count === 0) return 0
    await withTimeout(() => new Promise<void>((resolve) => this.#waiting.add(resolve)), timeoutMs)
    return this.count
  }
}
