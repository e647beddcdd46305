/** One delivery's share of the budget. */
export interface BodyShare {
  /** False if these bytes do not fit any more. */
  take(bytes: number): boolean
  release(): void
}

/**
 * Bounds the bytes of bodies in memory whose senders have not proved themselves. Bytes count as they arrive,
 * so that announcing a large body and sending nothing blocks nobody.
 */
export class BodyBudget {
  readonly #limit: number
  #taken = 0

  /** @param limit bytes of all such bodies together */
  constructor(limit: number) {
    this.#limit = limit
  }

  get taken(): number {
    return this.#taken
  }

  open(): BodyShare {
    let own = 0
    return {
      take: (bytes) => {
        // A lone body always fits: else one larger than the budget could never be delivered.
        if (this.#taken + bytes > this.#limit && this.#taken > own) return false
        own += bytes
        this.#taken += bytes
        return true
      },
      release: () => {
        this.#taken -= own
        own = 0
      },
    }
  }
}
