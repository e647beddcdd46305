import { randomInt } from 'node:crypto'
import { FifoMap } from '../../collections/fifo-map.ts'
import { canonicalText, sha256, withoutQuery } from '../../events/body-digest.ts'
import { isRecord } from '../../payload/scalars.ts'

/** Most signatures remembered; the oldest makes room. About 3 MB. */
const mostKept = 10_000

/** Remembers what each signature came with first. It flags, and never refuses: honest callbacks of one millisecond share one. */
export class SignatureUses {
  readonly #firstUse = new FifoMap<string>()
  readonly #excerpt = excerpts()

  /** Whether this signature came before with another job or body. Image links and key order do not count. */
  isReused(partnerId: string, timestamp: string, jobId: string, body: unknown): boolean {
    const signature = `${partnerId}\n${timestamp}`
    const content = isRecord(body) ? canonicalText(body, this.#excerpt) : ''
    const use = sha256(`${jobId.length}:${jobId}${content}`).digest('base64')
    const first = this.#firstUse.get(signature)
    if (first !== undefined) return first !== use
    if (this.#firstUse.size >= mostKept) this.#firstUse.delete(this.#firstUse.oldest?.key ?? '')
    this.#firstUse.set(signature, use)
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
