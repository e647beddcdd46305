import { FifoMap } from '../collections/fifo-map.ts'
import type { OnceStore } from './store.ts'

/** How much `memoryStore` keeps. */
export interface MemoryStoreOptions {
  /** Most events kept. The one finished longest ago makes room; claims in progress are never dropped. Default: 10 000. */
  maxEntries?: number | undefined
  /** A monotonic clock, ms. Default: `performance.now`. */
  now?: (() => number) | undefined
}

interface Entry {
  /** Undefined once finished. */
  owner?: string
  until: number
}

/**
 * A store in this process's memory: for one process, and for as long as it runs. The default.
 * @throws RangeError for `maxEntries` that is no whole number above 0
 */
export function memoryStore({ maxEntries = 10_000, now = () => performance.now() }: MemoryStoreOptions = {}): OnceStore {
  if (!Number.isSafeInteger(maxEntries) || maxEntries < 1) throw new RangeError('maxEntries has to be a whole number above 0.')
  const claims = new Map<string, Entry>()
  // In the order of finishing, so that the oldest comes first.
  const finished = new FifoMap<Entry>()

  const live = (entries: Pick<Map<string, Entry>, 'get' | 'delete'>, id: string): Entry | undefined => {
    const entry = entries.get(id)
    if (!entry || entry.until > now()) return entry
    entries.delete(id)
    return undefined
  }
  const held = (id: string, owner: string): boolean => live(claims, id)?.owner === owner
  const makeRoom = () => {
    for (let first = finished.oldest; first; first = finished.oldest) {
      if (first.value.until > now() && claims.size + finished.size < maxEntries) return
      finished.delete(first.key)
    }
    if (claims.size < maxEntries) return
    for (const id of claims.keys()) live(claims, id)
    if (claims.size >= maxEntries) throw new Error('The memory store is full of claims in progress.')
  }

  return {
    reserve: (id, { owner, leaseMs }) =>
      attempt(() => {
        if (live(finished, id)) return 'done'
        if (live(claims, id)) return 'in_progress'
        makeRoom()
        claims.set(id, { owner, until: now() + leaseMs })
        return 'reserved'
      }),
    complete: (id, { owner, ttlMs }) =>
      attempt(() => {
        if (!held(id, owner)) return false
        claims.delete(id)
        finished.set(id, { until: now() + ttlMs })
        return true
      }),
    release: (id, { owner }) => attempt(() => held(id, owner) && claims.delete(id)),
    forget: (id) =>
      attempt(() => {
        const known = live(finished, id) ?? live(claims, id)
        finished.delete(id)
        claims.delete(id)
        return known !== undefined
      }),
  }
}

// A function that throws has to become a promise that rejects.
const attempt = <T>(act: () => T): Promise<T> => new Promise((resolve) => resolve(act()))
