/** Sets by key; a key without members costs nothing. */
export class KeyedSets<T> {
  readonly #sets = new Map<string, Set<T>>()

  add(key: string, member: T): void {
    const set = this.#sets.get(key)
    if (set) set.add(member)
    else this.#sets.set(key, new Set([member]))
  }

  delete(key: string, member: T): void {
    const set = this.#sets.get(key)
    if (set?.delete(member) && set.size === 0) this.#sets.delete(key)
  }

  get(key: string): Iterable<T> {
    return this.#sets.get(key) ?? none
  }

  /** How many keys have members. */
  get size(): number {
    return this.#sets.size
  }
}

const none: readonly never[] = Object.freeze([])
