import { SmileIdError } from '../errors.ts'
import { callback, checkOptions, type ChecksOf, count } from '../lib/check.ts'
import type { OnceStore, StoreUser } from './store.ts'

/**
 * Limits of `memoryStore`. Events are dropped when their `ttl` ends; if there is no room, the one finished longest ago
 * goes first.
 */
export interface MemoryStoreOptions {
  /**
   * Memory limit in bytes, counted as 200 for each event and 2 for each character of its id. Default: 67 108 864, about
   * 200 000 events.
   */
  readonly maxBytes?: number | undefined
  /** Limit on the number of events. Default: none but `maxBytes`. */
  readonly maxEntries?: number | undefined
  /** A monotonic clock, ms. Default: `performance.now`. */
  readonly now?: (() => number) | undefined
}

const checks = {
  maxBytes: count(67_108_864, 'store_invalid'),
  maxEntries: count(Number.MAX_SAFE_INTEGER, 'store_invalid'),
  now: callback<() => number>('now_invalid'),
} satisfies ChecksOf<MemoryStoreOptions>

interface Entry extends Links<Entry> {
  readonly id: string
  /** Undefined once finished. */
  owner: string | undefined
  /** Start of the lease, or time at which the event was finished. */
  since: number
  until: number
}

// Measured with test/measure/memory-store.mjs.
const bytesOf = (id: string): number => 200 + 2 * id.length

/**
 * Keeps claims in this process's memory: for a single process, until it ends. The default store.
 * Claims in progress are never dropped: `reserve` throws when they fill it.
 * @example
 * import { memoryStore, smileIdCallbacks } from 'express-smile-id'
 *
 * const callbacks = smileIdCallbacks({ credentials, store: memoryStore({ maxBytes: 16 * 1024 * 1024 }) })
 * @throws SmileIdConfigError for options that cannot work
 */
export function memoryStore(options?: MemoryStoreOptions): OnceStore {
  const { maxBytes, maxEntries, now = () => performance.now() } = checkOptions(options, checks)
  const entries = new Map<string, Entry>()
  const users = new Set<StoreUser>()
  // A separate linked list: finding a Map's first key means skipping the holes that deleted keys left.
  const finished = new FifoList<Entry>()
  let bytes = 0

  const warnIfEarly = (ageMs: number): void => {
    for (const user of users)
      if (ageMs < user.replayMs)
        user.warn(
          'memory_store_full',
          `The memory store had to drop an event ${Math.round(ageMs / 1_000)} s after it was handled, though a replay of it is accepted for ${Math.round(user.replayMs / 1_000)} s; a replay would be handled again. Use redisStore or postgresStore, or give memoryStore more maxBytes or maxEntries.`,
        )
  }
  const drop = (entry: Entry): void => {
    entries.delete(entry.id)
    bytes -= bytesOf(entry.id)
    if (entry.owner === undefined) finished.remove(entry)
  }
  const live = (id: string, time = now()): Entry | undefined => {
    const entry = entries.get(id)
    if (!entry || entry.until > time) return entry
    drop(entry)
    return undefined
  }
  const held = (id: string, owner: string, time?: number): Entry | undefined => {
    const entry = live(id, time)
    return entry?.owner === owner ? entry : undefined
  }
  const hasRoom = (id: string): boolean => entries.size < maxEntries && bytes + bytesOf(id) <= maxBytes
  const makeRoom = (id: string, time: number) => {
    for (let first = finished.oldest; first; first = finished.oldest) {
      if (first.until > time) {
        if (hasRoom(id)) return
        warnIfEarly(time - first.since)
      }
      drop(first)
    }
    if (hasRoom(id)) return
    for (const other of entries.keys()) live(other, time)
    if (!hasRoom(id)) throw new SmileIdError('the memory store is full of claims in progress')
  }
  const add = (id: string, owner: string | undefined, since: number, until: number): Entry => {
    makeRoom(id, since)
    const entry = { id, owner, since, until, older: undefined, newer: undefined }
    entries.set(id, entry)
    bytes += bytesOf(id)
    return entry
  }
  const dropped = (entry: Entry | undefined): boolean => {
    if (entry) drop(entry)
    return entry !== undefined
  }

  return {
    reserve(id, { owner, leaseMs }) {
      const time = now()
      const entry = live(id, time)
      if (entry && entry.owner !== owner) return entry.owner === undefined ? 'done' : 'in_progress'
      dropped(entry)
      add(id, owner, time, time + leaseMs)
      return 'reserved'
    },
    complete(id, { owner, ttlMs }) {
      const time = now()
      const entry = held(id, owner, time)
      if (!entry) return false
      entry.owner = undefined
      entry.since = time
      entry.until = time + ttlMs
      finished.add(entry)
      return true
    },
    note(id, { ttlMs }) {
      const time = now()
      if (live(id, time)) return false
      finished.add(add(id, undefined, time, time + ttlMs))
      return true
    },
    release: (id, { owner }) => dropped(held(id, owner)),
    forget: (id) => dropped(live(id)),
    attach: (user) => void users.add(user),
  }
}

/** Links of an item in its list; only the list changes them. */
export interface Links<T> {
  older: T | undefined
  newer: T | undefined
}

/**
 * Linked list in insertion order, with the links held by the items: adding and removing take constant time. An item may
 * be in one list only, and once.
 */
export class FifoList<T extends Links<T>> {
  #oldest: T | undefined
  #newest: T | undefined

  get oldest(): T | undefined {
    return this.#oldest
  }

  add(item: T): void {
    item.older = this.#newest
    if (this.#newest) this.#newest.newer = item
    else this.#oldest = item
    this.#newest = item
  }

  /** @param item must be in the list */
  remove(item: T): void {
    const { older, newer } = item
    if (older) older.newer = newer
    else this.#oldest = newer
    if (newer) newer.older = older
    else this.#newest = older
    item.older = item.newer = undefined
  }
}
