interface Entry<V> {
  readonly key: string
  value: V
  older: Entry<V> | undefined
  newer: Entry<V> | undefined
}

/**
 * A map that knows its oldest entry. A plain Map would do, but looking for the first of its keys passes over every hole
 * that deleted ones have left: a queue of n entries would cost up to n steps per delivery.
 */
export class FifoMap<V> {
  readonly #entries = new Map<string, Entry<V>>()
  #oldest: Entry<V> | undefined
  #newest: Entry<V> | undefined

  get size(): number {
    return this.#entries.size
  }

  get(key: string): V | undefined {
    return this.#entries.get(key)?.value
  }

  /** Puts it behind all others, also if the key was there before. */
  set(key: string, value: V): void {
    this.delete(key)
    const entry: Entry<V> = { key, value, older: this.#newest, newer: undefined }
    if (this.#newest) this.#newest.newer = entry
    else this.#oldest = entry
    this.#newest = entry
    this.#entries.set(key, entry)
  }

  delete(key: string): boolean {
    const entry = this.#entries.get(key)
    if (!entry) return false
    const { older, newer } = entry
    if (older) older.newer = newer
    else this.#oldest = newer
    if (newer) newer.older = older
    else this.#newest = older
    return this.#entries.delete(key)
  }

  /** The entry that was set longest ago. */
  get oldest(): { readonly key: string; readonly value: V } | undefined {
    return this.#oldest
  }
}
