import { randomBytes, randomInt } from 'node:crypto'
import { bodyDigest, withoutQuery } from '../../events/body-digest.ts'
import type { Json } from '../../lib/json.ts'

/** Signatures of one generation; two are remembered, so the last 10 000 to 20 000. About 2 MB. */
const batchSize = 10_000

/** Remembers what each signature came with first. It flags, and never refuses: honest callbacks of one millisecond share one. */
export class SignatureUses {
  // Whole generations are dropped: to look for the oldest one of many costs more than to forget them together.
  #young = new Map<string, number>()
  #old: ReadonlyMap<string, number> = new Map()
  readonly #excerpt = excerpts()
  readonly #secret = randomBytes(16).toString('hex')

  /** Whether this signature came before with another job or body. Image links and key order do not count. */
  isReused(signature: string, jobId: string, body: Json): boolean {
    // A number, since what is kept for long is moved by the collector; from a keyed digest, so that none can be made to fit.
    const use = parseInt(bodyDigest(body, this.#excerpt, [this.#secret, jobId]).slice(0, exactHexDigits), 16)
    const first = this.#young.get(signature) ?? this.#old.get(signature)
    if (first !== undefined) return first !== use
    this.#young.set(signature, use)
    if (this.#young.size === batchSize) {
      this.#old = this.#young
      this.#young = new Map()
    }
    return false
  }
}

/** Of a number's 53 bits. */
const exactHexDigits = 13

const longText = 1_024
const samples = 32
const sampleLength = 16

/**
 * Of a long text, such as a photo, its length and samples at places that only this receiver knows: reading a megabyte
 * for every delivery would cost more than all else, and another photo differs everywhere.
 */
function excerpts(): (text: string) => string {
  const places = Array.from({ length: samples }, () => randomInt(2 ** 32) / 2 ** 32)
  return (text) => {
    if (text.length <= longText) return withoutQuery(text)
    let excerpt = `${text.length}:`
    for (const place of places) {
      const at = Math.floor(place * (text.length - sampleLength))
      excerpt += text.slice(at, at + sampleLength)
    }
    return excerpt
  }
}
