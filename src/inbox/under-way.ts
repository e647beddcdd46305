/** How much may be under way to an inbox at once. */
export interface UnderWayLimits {
  readonly count: number
  readonly bytes: number
}

/**
 * Counts what an inbox was given and has not settled. A client whose server is down keeps each message in memory,
 * also after we stopped waiting: so a message counts until its promise settles, however late.
 */
export class UnderWay {
  readonly #limits: UnderWayLimits
  #count = 0
  #bytes = 0

  constructor(limits: UnderWayLimits) {
    this.#limits = limits
  }

  /** Whether a message of this size would go beyond the limits; alone it never does. */
  isFull(bytes: number): boolean {
    return this.#count > 0 && (this.#count >= this.#limits.count || this.#bytes + bytes > this.#limits.bytes)
  }

  async run<T>(bytes: number, act: () => Promise<T>): Promise<T> {
    this.#count += 1
    this.#bytes += bytes
    try {
      return await act()
    } finally {
      this.#count -= 1
      this.#bytes -= bytes
    }
  }
}
