import { isScalar, type Json } from '../lib/json.ts'
import type { Handler, SmileIdEvent } from '../types/event.ts'

/** One call of `on` or a sibling: a handler that is subscribed twice is called twice. */
export interface Subscription<E = never> {
  readonly handler: Handler<E>
}

type AnyEvent = SmileIdEvent<unknown>

/** Sets by key; a key without members takes no memory. */
type KeyedSets = Map<string, Set<Subscription>>

/** Subscriptions, looked up by key, so that a delivery costs the same however many there are. */
export class Subscriptions {
  /** Number of active subscriptions to events. */
  count = 0
  readonly #all = new Set<Subscription>()
  readonly #byName: KeyedSets = new Map()
  readonly #byJob: KeyedSets = new Map()
  readonly #byParam: KeyedSets = new Map()

  /** Every handler that is subscribed to anything. */
  get handlers(): Iterable<object> {
    const keyed = [this.#byName, this.#byJob, this.#byParam].flatMap((sets) => [...sets.values()])
    const all = [this.#all, ...keyed].flatMap((set) => [...set])
    return new Set(all.map(({ handler }) => handler))
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
    const found = new Set(this.#all)
    const collect = (sets: KeyedSets, keys: () => readonly string[]) => {
      if (sets.size > 0) for (const key of keys()) for (const one of sets.get(key) ?? []) found.add(one)
    }
    collect(this.#byName, () => namesOf(event))
    collect(this.#byJob, () => jobIdsOf(event))
    collect(this.#byParam, () => paramKeysOf(sentParams))
    return found
  }

  #keyed(sets: KeyedSets, keys: readonly string[], subscription: Subscription): () => void {
    for (const key of keys) sets.set(key, (sets.get(key) ?? new Set()).add(subscription))
    return this.#added(() => {
      for (const key of keys) {
        const set = sets.get(key)
        if (set?.delete(subscription) && set.size === 0) sets.delete(key)
      }
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

const paramKeysOf = (params: Json): string[] =>
  Object.keys(params)
    .filter((key) => isScalar(params[key]))
    .map((key) => paramKey(key, String(params[key])))

export function namesOf(event: AnyEvent): string[] {
  if (event.kind !== 'result') return [event.kind, event.product]
  const { kind, product, outcome } = event
  return [kind, product, outcome, `${product}.${outcome}`]
}

/**
 * Ids claimed by partner params, or not repeated by Smile ID, are not job ids: with one, a job could settle another.
 */
const jobIdsOf = ({ jobId, smileJobId, delivery }: AnyEvent): string[] =>
  smileJobId === undefined || delivery.unconfirmed.includes('smileJobId') ? [jobId] : [jobId, smileJobId]
