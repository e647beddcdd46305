/**
 * Bounds the bytes of bodies in memory whose senders have not proved themselves. Bytes count as they arrive,
 * so that announcing a large body and sending nothing blocks nobody.
 */
export class BodyBudget {
  readonly limit: number
  /** Bytes of all such bodies together. */
  taken = 0

  /** @param limit bytes of all such bodies together, at most */
  constructor(limit: number) {
    this.limit = limit
  }

  open(): BodyShare {
    return new BodyShare(this)
  }
}

/** One delivery's share of the budget. */
export class BodyShare {
  readonly #budget: BodyBudget
  #own = 0

  constructor(budget: BodyBudget) {
    this.#budget = budget
  }

  /** False if these bytes do not fit any more. */
  take(bytes: number): boolean {
    const { limit, taken } = this.#budget
    // A lone body always fits: else one larger than the budget could never be delivered.
    if (taken + bytes > limit && taken > this.#own) return false
    this.#own += bytes
    this.#budget.taken += bytes
    return true
  }

  release(): void {
    this.#budget.taken -= this.#own
    this.#own = 0
  }
}
