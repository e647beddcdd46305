/** Signatures remembered before the older half is forgotten: the last 10 000 to 20 000. About 3 MB. */
const batchSize = 10_000

/** Remembers what each signature came with first. It flags, and never refuses: honest callbacks of one millisecond share one. */
export class SignatureUses {
  // Whole batches are dropped: to look for the oldest one of many costs more than to forget them together.
  #young = new Map<string, string>()
  #old: ReadonlyMap<string, string> = new Map()

  /** Whether this signature came before with another event: another job, verdict, partner params, name, ID number, date of birth or suspect. */
  isReused(signature: string, eventId: string): boolean {
    const first = this.#young.get(signature) ?? this.#old.get(signature)
    if (first !== undefined) return first !== eventId
    this.#young.set(signature, eventId)
    if (this.#young.size === batchSize) {
      this.#old = this.#young
      this.#young = new Map()
    }
    return false
  }
}
