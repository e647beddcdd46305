import { isScalar, type Json } from '../lib/json.ts'
import type { Handler, SmileIdEvent } from '../types/event.ts'

/** One call of `on` or a sibling: a handler that is subscribed twice is called twice. */
export interface Subscription<E = never> {
  readonly handler: Handler<E>
}

type AnyEvent = SmileIdEvent<unknown>

/** Subscriptions, looked up by key, so that a delivery costs the same however many there are. */
export class Subscriptions {
  /** Number of active subscriptions to events. */
  count = 0
  readonly #all = new Set<Subscription>()
  readonly #byName = new KeyedSets()
  readonly #byJob = new KeyedSets()
  readonly #byParam = new KeyedSets()

  /** Every handler that is subscribed to anything. */
  get handlers(): Iterable<object> {
    const all = new Set(this.#all)
    for (const sets of [this.#byName, this.#byJob, this.#byParam]) for (const one of sets.all()) all.add(one)
    return [...all].map(({ handler }) => handler)
  }

  any(subscription: Subscription): () => void {
    this.#all.add(subscription)
    return this.#added(() => this.#all.delete(subscription))
  }

  names(names: readonly string[], subscription: Subscription): () => void {
    return this.#keyed(this.#byName, names, subscription)
  }

  job(jobId: string, subscription: Subscription): () => void {
    return this.#keyed(this.#byJob, [jobId], subscription)
  }

  partnerParam(key: string, value: string, subscription: Subscription): () => void {
    return this.#keyed(this.#byParam, [paramKey(key, value)], subscription)
  }

  /** The subscriptions that an event reaches, each once. `sentParams` are the partner params before any schema. */
  matching(event: AnyEvent, sentParams: Json): ReadonlySet<Subscription> {
    if (this.#byName.size + this.#byJob.size + this.#byParam.size === 0) return this.#all
    const found = new Set(this.#all)
    const collect = (subscriptions: Iterable<Subscription>) => {
      for (const one of subscriptions) found.add(one)
    }
    if (this.#byName.size > 0) for (const name of namesOf(event)) collect(this.#byName.get(name))
    if (this.#byJob.size > 0) for (const id of jobIdsOf(event)) collect(this.#byJob.get(id))
    if (this.#byParam.size > 0) {
      for (const [key, value] of Object.entries(sentParams)) {
        if (isScalar(value)) collect(this.#byParam.get(paramKey(key, String(value))))
      }
    }
    return found
  }

  #keyed(sets: KeyedSets, keys: readonly string[], subscription: Subscription): () => void {
    for (const key of keys) sets.add(key, subscription)
    return this.#added(() => {
      for (const key of keys) sets.delete(key, subscription)
    })
  }

  #added(remove: () => void): () => void {
    this.count += 1
    let live = true
    return () => {
      if (!live) return
      live = false
      this.count -= 1
      remove()
    }
  }
}

// The length keeps ("a", "b=c") and ("a=b", "c") apart.
const paramKey = (key: string, value: string): string => `${key.length}:${key}=${value}`

export function namesOf(event: AnyEvent): string[] {
  if (event.kind !== 'result') return [event.kind, event.product]
  const { kind, product, outcome } = event
  return [kind, product, outcome, `${product}.${outcome}`]
}

/**
 * Ids claimed by partner params, or not repeated by Smile ID, are not job ids: with one, a job could settle another.
 */
const jobIdsOf = ({ jobId, smileJobId, delivery }: AnyEvent): Set<string> =>
  new Set(smileJobId === undefined || delivery.unconfirmed.includes('smileJobId') ? [jobId] : [jobId, smileJobId])

/** Sets by key; a key without members takes no memory. */
class KeyedSets {
  readonly #sets = new Map<string, Set<Subscription>>()

  add(key: string, member: Subscription): void {
    const set = this.#sets.get(key)
    if (set) set.add(member)
    else this.#sets.set(key, new Set([member]))
  }

  delete(key: string, member: Subscription): void {
    const set = this.#sets.get(key)
    if (set?.delete(member) && set.size === 0) this.#sets.delete(key)
  }

  *all(): Iterable<Subscription> {
    for (const set of this.#sets.values()) yield* set
  }

  get(key: string): Iterable<Subscription> {
    return this.#sets.get(key) ?? none
  }

  /** Number of keys with members. */
  get size(): number {
    return this.#sets.size
  }
}

const none: readonly never[] = Object.freeze([])
