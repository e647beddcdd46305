import { FifoList, type Links } from '../lib/fifo-list.ts'
import type { OnceStore, Reservation } from './store.ts'

/** How much `memoryStore` keeps. */
export interface MemoryStoreOptions {
  /** Most events kept. The one finished longest ago makes room; claims in progress are never dropped. Default: 10 000. */
  maxEntries?: number | undefined
  /** A monotonic clock, ms. Default: `performance.now`. */
  now?: (() => number) | undefined
}

interface Entry extends Links<Entry> {
  readonly id: string
  /** Undefined once finished. */
  owner: string | undefined
  until: number
}

/**
 * A store in this process's memory: for one process, and for as long as it runs. The default.
 * @throws RangeError for `maxEntries` that is no whole number above 0
 */
export function memoryStore({ maxEntries = 10_000, now = () => performance.now() }: MemoryStoreOptions = {}): OnceStore {
  if (!Number.isSafeInteger(maxEntries) || maxEntries < 1) throw new RangeError('maxEntries has to be a whole number above 0.')
  const entries = new Map<string, Entry>()
  // A list of its own: to look for a Map's first key is to pass over the holes that deleted ones have left.
  const finished = new FifoList<Entry>()

  const drop = (entry: Entry): void => {
    entries.delete(entry.id)
    if (entry.owner === undefined) finished.remove(entry)
  }
  const live = (id: string): Entry | undefined => {
    const entry = entries.get(id)
    if (!entry || entry.until > now()) return entry
    drop(entry)
    return undefined
  }
  const held = (id: string, owner: string): Entry | undefined => {
    const entry = live(id)
    return entry?.owner === owner ? entry : undefined
  }
  const makeRoom = () => {
    for (let first = finished.oldest; first; first = finished.oldest) {
      if (first.until > now() && entries.size < maxEntries) return
      drop(first)
    }
    if (entries.size < maxEntries) return
    for (const id of entries.keys()) live(id)
    if (entries.size >= maxEntries) throw new Error('The memory store is full of claims in progress.')
  }

  const reserve = (id: string, { owner, leaseMs }: { owner: string; leaseMs: number }): Reservation => {
    const entry = live(id)
    if (entry) return entry.owner === undefined ? 'done' : 'in_progress'
    makeRoom()
    entries.set(id, { id, owner, until: now() + leaseMs, older: undefined, newer: undefined })
    return 'reserved'
  }
  const complete = (id: string, { owner, ttlMs }: { owner: string; ttlMs: number }): boolean => {
    const entry = held(id, owner)
    if (!entry) return false
    entry.owner = undefined
    entry.until = now() + ttlMs
    finished.add(entry)
    return true
  }
  const dropped = (entry: Entry | undefined): boolean => {
    if (entry) drop(entry)
    return entry !== undefined
  }

  const forget = promised((id) => dropped(live(id)))
  return {
    reserve: promised(reserve),
    complete: promised(complete),
    release: promised((id, { owner }) => dropped(held(id, owner))),
    forget: (id) => forget(id, undefined),
  }
}

/** What throws has to become a promise that rejects. */
function promised<Claim, T>(act: (id: string, claim: Claim) => T): (id: string, claim: Claim) => Promise<T> {
  return (id, claim) => {
    try {
      return Promise.resolve(act(id, claim))
    } catch (error) {
      return new Promise(() => {
        throw error
      })
    }
  }
}
