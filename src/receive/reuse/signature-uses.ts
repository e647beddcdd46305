import { randomInt } from 'node:crypto'
import { bodyDigest, withoutQuery } from '../../events/body-digest.ts'
import { isRecord } from '../../payload/scalars.ts'

/** Signatures of one generation; two are remembered, so the last 10 000 to 20 000. About 5 MB. */
const generationSize = 10_000

/** Remembers what each signature came with first. It flags, and never refuses: honest callbacks of one millisecond share one. */
export class SignatureUses {
  // Whole generations are dropped: to look for the oldest one of many costs more than to forget them together.
  #young = new Map<string, string>()
  #old: ReadonlyMap<string, string> = new Map()
  readonly #excerpt = excerpts()

  /** Whether this signature came before with another job or body. Image links and key order do not count. */
  isReused(partnerId: string, timestamp: string, jobId: string, body: unknown): boolean {
    const signature = `${partnerId}\n${timestamp}`
    const use = (isRecord(body) ? bodyDigest(body, this.#excerpt) : '') + jobId
    const first = this.#young.get(signature) ?? this.#old.get(signature)
    if (first !== undefined) return first !== use
    this.#young.set(signature, use)
    if (this.#young.size === generationSize) {
      this.#old = this.#young
      this.#young = new Map()
    }
    return false
  }
}

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
