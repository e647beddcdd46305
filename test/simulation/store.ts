import type { OnceStore } from '../../src/index.ts'
import { shortId } from './scenario.ts'
import type { Fault, World } from './world.ts'

interface Entry {
  /** Undefined once done. */
  owner: string | undefined
  until: number
}

/** What may happen to a command on its way to Redis: its client sends one again whose reply did not come. */
export const redisFaults: readonly Fault[] = [
  'fails before',
  'fails after',
  'is lost',
  'reply lost',
  'late',
  'twice',
  'dies before',
  'dies after',
  'pauses',
  'silence',
]

/** A Redis, as far as `redisStore` uses it: each call is atomic, keys end by its own clock. */
export class StoreServer {
  readonly #entries = new Map<string, Entry>()
  readonly #now: () => number
  /** Most keys at once. */
  peak = 0
  /** The longest times that it was told, ms. */
  readonly longest = { leaseMs: 0, ttlMs: 0 }

  constructor(now: () => number) {
    this.#now = now
  }

  get size(): number {
    for (const id of this.#entries.keys()) this.#live(id)
    return this.#entries.size
  }

  get state(): string {
    return [...this.#entries]
      .map(([id, { owner, until }]) => `${id}${owner ?? ''}${until}`)
      .sort()
      .join()
  }

  /** Who holds an event, and until when. */
  holder(id: string): Entry | undefined {
    const entry = this.#live(id)
    return entry?.owner === undefined ? undefined : entry
  }

  clear(): void {
    this.#entries.clear()
  }

  readonly commands = {
    reserve: (id: string, { owner, leaseMs }: { owner: string; leaseMs: number }) => {
      const entry = this.#live(id)
      if (entry && entry.owner !== owner) return entry.owner === undefined ? 'done' : 'in_progress'
      this.longest.leaseMs = Math.max(this.longest.leaseMs, leaseMs)
      return this.#set(id, owner, leaseMs, 'reserved' as const)
    },
    complete: (id: string, { owner, ttlMs }: { owner: string; ttlMs: number }) =>
      this.#live(id)?.owner === owner && this.#set(id, undefined, ttlMs, true),
    note: (id: string, { ttlMs }: { ttlMs: number }) => !this.#live(id) && this.#set(id, undefined, ttlMs, true),
    release: (id: string, { owner }: { owner: string }) => this.#live(id)?.owner === owner && this.#entries.delete(id),
    forget: (id: string) => this.#live(id) !== undefined && this.#entries.delete(id),
  }

  #live(id: string): Entry | undefined {
    const entry = this.#entries.get(id)
    if (!entry || entry.until > this.#now()) return entry
    this.#entries.delete(id)
    return undefined
  }

  #set<T>(id: string, owner: string | undefined, forMs: number, answer: T): T {
    this.#entries.set(id, { owner, until: this.#now() + forMs })
    if (owner === undefined) this.longest.ttlMs = Math.max(this.longest.ttlMs, forMs)
    this.peak = Math.max(this.peak, this.#entries.size)
    return answer
  }
}

/** The store as a process sees it, over the network of a world. */
export function storeClient(world: () => Pick<World, 'call'>, server: () => StoreServer): OnceStore {
  const ask = <T>(what: string, id: string, act: () => T): Promise<T> =>
    world().call<T>({ to: 'store', what: `${what} ${shortId(id)}`, faults: redisFaults, act })
  return {
    reserve: (id, claim) => ask('reserve', id, () => server().commands.reserve(id, claim)),
    complete: (id, claim) => ask('complete', id, () => server().commands.complete(id, claim)),
    note: (id, claim) => ask('note', id, () => server().commands.note(id, claim)),
    release: (id, claim) => ask('release', id, () => server().commands.release(id, claim)),
    forget: (id) => ask('forget', id, () => server().commands.forget(id)),
  }
}
