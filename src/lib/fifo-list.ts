/** Where an item stands in its list; the list alone changes it. */
export interface Links<T> {
  older: T | undefined
  newer: T | undefined
}

/**
 * Items in the order they were added, each holding its own links: adding and removing cost the same however many there are.
 * An item is in one list at most, and only once.
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

  /** @param item one that is in the list */
  remove(item: T): void {
    const { older, newer } = item
    if (older) older.newer = newer
    else this.#oldest = newer
    if (newer) newer.older = older
    else this.#newest = older
    item.older = item.newer = undefined
  }
}
