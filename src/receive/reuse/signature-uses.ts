import { createHash } from 'node:crypto'
import { bodyDigest } from '../../events/body-digest.ts'
import { isRecord } from '../../payload/scalars.ts'

/** Most signatures remembered; the oldest makes room. About 2 MB. */
const mostKept = 10_000

/** Remembers what each signature came with first. It flags, and never refuses: honest callbacks of one millisecond share one. */
export class SignatureUses {
  readonly #firstUse = new Map<string, string>()

  /** Whether this signature came before with another job or body. Image links and key order do not count. */
  isReused(partnerId: string, timestamp: string, jobId: string, body: unknown): boolean {
    const signature = `${partnerId}\n${timestamp}`
    const use = createHash('sha256').update(JSON.stringify([jobId, isRecord(body) ? bodyDigest(body) : ''])).digest('base64')
    const first = this.#firstUse.get(signature)
    if (first !== undefined) return first !== use
    const [oldest] = this.#firstUse.keys()
    if (this.#firstUse.size >= mostKept && oldest !== undefined) this.#firstUse.delete(oldest)
    this.#firstUse.set(signature, use)
    return false
  }
}
