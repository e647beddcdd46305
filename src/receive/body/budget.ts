/**
 * The holder of a captured v3 signature is verified too: so these bodies are bounded as well, by four times as much.
 */
const verifiedTimes = 4

/** Two budgets, so that strangers' bodies take nothing from senders verified by their headers. */
export type BodyBudgets = ReturnType<typeof bodyBudgets>

export const bodyBudgets = (maxUnverifiedBytes: number) => ({
  unverified: new BodyBudget(maxUnverifiedBytes),
  verified: new BodyBudget(verifiedTimes * maxUnverifiedBytes),
})

/**
 * Limits the bytes of all bodies in memory. Bytes count as they arrive, so that announcing a large body and sending
 * nothing blocks no one. When the budget is full, the body that stalls most is dropped.
 */
export class BodyBudget {
  readonly limit: number
  /** Bytes of all such bodies together. */
  taken = 0
  readonly #shares = new Set<BodyShare>()

  /** @param limit in bytes, for all such bodies together */
  constructor(limit: number) {
    this.limit = limit
  }

  open(): BodyShare {
    const share = new BodyShare(this)
    this.#shares.add(share)
    return share
  }

  close(share: BodyShare): void {
    this.#shares.delete(share)
  }

  /** The most stalled body of those that can be dropped. */
  mostStalled(now: number): BodyShare | undefined {
    let stillest: BodyShare | undefined
    for (const share of this.#shares) {
      if (share.onEvicted && share.stallRatio(now) > (stillest?.stallRatio(now) ?? 0)) stillest = share
    }
    return stillest
  }
}

/** Arrived bytes count as progress for about this long, ms. */
const progressMs = 500

/** A body is dropped for one with a stall ratio this many times smaller. */
const muchMoreStalled = 1.5

/** One delivery's share of a budget. */
export class BodyShare {
  readonly #budget: BodyBudget
  #own = 0
  #progress = 0
  #lastAt = 0
  /** Drops this body to make room for another; undefined while it is not arriving. */
  onEvicted: (() => void) | undefined

  constructor(budget: BodyBudget) {
    this.#budget = budget
  }

  /** False if these bytes do not fit, and no other body is much more stalled. */
  take(bytes: number): boolean {
    const budget = this.#budget
    const now = performance.now()
    this.#progress = this.#progressAt(now) + bytes
    this.#lastAt = now
    this.#own += bytes
    budget.taken += bytes
    // A single body always fits: otherwise one larger than the budget could never be delivered.
    while (budget.taken > budget.limit && budget.taken > this.#own) {
      const other = budget.mostStalled(now)
      if (!other || other.stallRatio(now) < muchMoreStalled * this.stallRatio(now)) {
        this.#give(bytes)
        return false
      }
      other.onEvicted?.()
      other.release()
    }
    return true
  }

  /** Replaces the size taken by the size after decompression. */
  change(bytes: number): boolean {
    this.#give(this.#own)
    return this.take(bytes)
  }

  release(): void {
    this.onEvicted = undefined
    this.#give(this.#own)
    this.#budget.close(this)
  }

  /** Ratio of bytes held to bytes received recently: 1 for a new body, growing without limit once it stalls. */
  stallRatio(now: number): number {
    return this.#own / this.#progressAt(now)
  }

  #progressAt(now: number): number {
    return this.#progress * Math.exp((this.#lastAt - now) / progressMs)
  }

  #give(bytes: number): void {
    this.#own -= bytes
    this.#budget.taken -= bytes
  }
}
