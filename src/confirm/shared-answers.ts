import { unlessAborted } from '../lib/promises.ts'
import type { SigningKey } from '../signature/sign.ts'
import type { SmileIdApi } from './api.ts'
import type { Confirmed } from './confirm.ts'
import { type ApiAnswer, slotOf } from './http.ts'

/** How long an answer serves others who ask about the same job, ms. */
const sharedMs = 3_000
const mostKept = 1_000

interface Kept {
  readonly answer: Promise<ApiAnswer>
  /** On the monotonic clock, ms; Infinity while the question is under way. */
  until: number
}

/**
 * The same questions, one per job at a time: forgeries of one job must not use up the rate limit that genuine
 * deliveries need. An answer serves whoever asks within the next 3 s. `timeoutMs`: how long one question may take.
 */
export function sharingAnswers(api: SmileIdApi, timeoutMs: number): SmileIdApi {
  const kept = new Map<string, Kept>()

  const ask = (slot: string, question: (signal: AbortSignal) => Promise<ApiAnswer>): Kept => {
    const [oldest] = kept.keys()
    if (kept.size >= mostKept && oldest !== undefined) kept.delete(oldest)
    const asked: Kept = { answer: question(AbortSignal.timeout(timeoutMs)), until: Infinity }
    kept.delete(slot)
    kept.set(slot, asked)
    asked.answer.then(
      () => (asked.until = performance.now() + sharedMs),
      () => (asked.until = 0),
    )
    return asked
  }

  const shared = async (
    slot: string,
    signal: AbortSignal,
    question: (signal: AbortSignal) => Promise<ApiAnswer>,
  ): Promise<ApiAnswer> => {
    signal.throwIfAborted()
    const known = kept.get(slot)
    if (!known || known.until <= performance.now()) return unlessAborted(signal, () => ask(slot, question).answer)
    return { ...(await unlessAborted(signal, () => known.answer)), isShared: true }
  }

  return Object.freeze<SmileIdApi>({
    ...api,
    jobStatus: (key, ids, now, signal) =>
      shared(`v1 ${slotFor(key, ids.jobId)} ${ids.userId}`, signal, (own) => api.jobStatus(key, ids, now, own)),
    status: (key, jobId, signal) => shared(`v3 ${slotFor(key, jobId)}`, signal, (own) => api.status(key, jobId, own)),
  })
}

const slotFor = (key: SigningKey, jobId: string): string => JSON.stringify([slotOf(key), jobId])

/** An answer from before the delivery came may confirm it, but not contradict it: the job may have moved on. */
export const unlessShared = ({ isShared = false }: ApiAnswer, confirmed: Confirmed): Confirmed =>
  isShared && confirmed.word === 'contradicted' ? { word: 'unavailable' } : confirmed
