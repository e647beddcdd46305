/** Two budgets, so that what strangers send takes nothing from those who have proved themselves by their headers. */
export interface BodyBudgets {
  unverified: BodyBudget
  verified: BodyBudget
}

/**
 * Whoever holds a captured v3 signature is verified, too: so their bodies are bounded as well, by four times as much.
 */
const verifiedTimes = 4

export const bodyBudgets = (maxUnverifiedBytes: number): BodyBudgets => ({
  unverified: new BodyBudget(maxUnverifiedBytes),
  verified: new BodyBudget(verifiedTimes * maxUnverifiedBytes),
})

/**
 * Bounds the bytes of bodies in memory, together. Bytes count as they arrive, so that announcing a large body and
 * sending
 * nothing blocks nobody. Once the budget is full, the body that moves least for what it holds is let go.
 */
export class BodyBudget {
  readonly limit: number
  /** Bytes of all such bodies together. */
  taken = 0
  readonly #shares = new Set<BodyShare>()

  /** @param limit bytes of all such bodies together, at most */
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

  /** The one that moves least, of those that can be let go. */
  stillest(now: number): BodyShare | undefined {
    let stillest: BodyShare | undefined
    for (const share of this.#shares) {
      if (share.onEvicted && share.stillness(now) > (stillest?.stillness(now) ?? 0)) stillest = share
    }
    return stillest
  }
}

/** What arrived counts as progress for about so long, ms. */
const progressMs = 500

/** A body makes room for one that moves so many times as well. */
const muchStiller = 1.5

/** One delivery's share of a budget. */
export class BodyShare {
  readonly #budget: BodyBudget
  #own = 0
  #progress = 0
  #lastAt = 0
  /** Lets this body go, for another's sake; undefined while it does not arrive. */
  onEvicted: (() => void) | undefined

  constructor(budget: BodyBudget) {
    this.#budget = budget
  }

  /** False if these bytes do not fit, and no other body stands much stiller. */
  take(bytes: number): boolean {
    const budget = this.#budget
    const now = performance.now()
    this.#progress = this.#progressAt(now) + bytes
    this.#lastAt = now
    this.#own += bytes
    budget.taken += bytes
    // A lone body always fits: else one larger than the budget could never be delivered.
    while (budget.taken > budget.limit && budget.taken > this.#own) {
      const other = budget.stillest(now)
      if (!other || other.stillness(now) < muchStiller * this.stillness(now)) {
        this.#give(bytes)
        return false
      }
      other.onEvicted?.()
      other.release()
    }
    return true
  }

  /** Instead of what was taken: the body as it is once it is inflated. */
  change(bytes: number): boolean {
    this.#give(this.#own)
    return this.take(bytes)
  }

  release(): void {
    this.onEvicted = undefined
    this.#give(this.#own)
    this.#budget.close(this)
  }

  /**
   * Bytes held for each that came lately: 1 for a new body, more the longer it takes, without bound once it stands
   * still.
   */
  stillness(now: number): number {
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
