import { setTimeout as sleep } from 'node:timers/promises'
import { genuineness, type JobStatus, readJobStatus } from '../confirm/answer.ts'
import { isAskableId, type SmileIdApi } from '../confirm/api.ts'
import type { ApiAnswer } from '../confirm/http.ts'
import { isTerminal } from '../confirm/ask.ts'
import type { Json } from '../lib/json.ts'
import type { CodeIndex } from '../payload/v1/subject.ts'
import type { SigningKey } from '../signature/sign.ts'
import type { AskFailure, JobToAsk, V1Job, V3Job, Silence } from './job.ts'

/** Smile ID's answer about a job, to the credential that knows it. */
export type Said<Credential> =
  | { is: 'v1'; status: JobStatus; credential: Credential; answeredAt: number }
  | { is: 'v3'; status: string; credential: Credential }
  | { is: 'processing' }
  | { is: 'not_found' }
  | { is: 'failed'; reason: AskFailure }

/** Clients and clock for the requests. */
export interface Means {
  readonly api: SmileIdApi
  readonly asker: Asker
  readonly codes: CodeIndex
  /** Epoch ms. */
  readonly now: () => number
}

/** After these another credential may know the job. */
const tryNextCredential: ReadonlySet<string> = new Set([
  'unauthorized',
  'forbidden',
  'refused',
  'answer_unsigned',
  'answer_forged',
])

/** Asks with each credential in order until one knows the job. */
export async function askAbout<C extends SigningKey>(
  job: JobToAsk,
  credentials: readonly C[],
  means: Means,
): Promise<Said<C>> {
  let said: Said<C> = { is: 'failed', reason: 'unauthorized' }
  for (const credential of credentials) {
    const next = job.generation === 'v1' ? await askV1(job, credential, means) : await askV3(job, credential, means)
    if (next.is !== 'not_found' && !(next.is === 'failed' && tryNextCredential.has(next.reason))) return next
    // "Not found" is more specific than "that key is not known".
    if (said.is !== 'not_found') said = next
  }
  return said
}

const failed = (reason: AskFailure) => ({ is: 'failed' as const, reason })

async function askV1<C extends SigningKey>(
  job: V1Job,
  credential: C,
  { api, asker, codes, now }: Means,
): Promise<Said<C>> {
  const answer = await asker.ask((signal) => api.jobStatus(credential, job, now(), signal))
  if (typeof answer === 'string') return failed(answer)
  if (answer.status !== 200) return refusal(answer, ({ code }) => typeof code === 'string' && /^\d{4}$/.test(code))
  if (!answer.body) return failed('answer_unreadable')
  const answeredAt = now()
  const believed = genuineness(answer, credential, answeredAt)
  if (believed !== 'genuine') return failed(`answer_${believed}`)
  const status = readJobStatus(answer.body, codes)
  const { told } = status
  if (told.some(({ decoded }) => decoded.jobId !== job.jobId || decoded.userId !== job.userId))
    return failed('other_job')
  if (told.length > 0) return { is: 'v1', status, credential, answeredAt }
  return status.isComplete ? failed('answer_unreadable') : { is: 'processing' }
}

async function askV3<C extends SigningKey>(job: V3Job, credential: C, { api, asker }: Means): Promise<Said<C>> {
  if (!isAskableId(job.jobId)) return { is: 'not_found' }
  const answer = await asker.ask((signal) => api.status(credential, job.jobId, signal))
  if (typeof answer === 'string') return failed(answer)
  if (answer.status !== 200 && answer.status !== 202) return refusal(answer, (body) => isNotFound(body, job.jobId))
  const { body } = answer
  if (!body) return failed('answer_unreadable')
  if (body['job_id'] !== job.jobId || (job.userId !== undefined && body['user_id'] !== job.userId))
    return failed('other_job')
  if (answer.status === 202 || body['status'] === 'processing') return { is: 'processing' }
  return isTerminal(body['status']) ? { is: 'v3', status: body['status'], credential } : failed('unknown_status')
}

/** A gateway or proxy that answers 404 says nothing of the job: `isOwn` recognizes Smile ID's own form. */
export function refusal({ status, body }: ApiAnswer, isOwn: (body: Json) => boolean): Said<never> {
  if (status === 404 && body && isOwn(body)) return { is: 'not_found' }
  return failed(status === 401 ? 'unauthorized' : status === 403 ? 'forbidden' : 'refused')
}

/** contract/v3.md §6. */
export const isNotFound = (body: Json, jobId: string): boolean =>
  body['status'] === 'not_found' && body['job_id'] === jobId

/** Longest `Retry-After` that is followed, ms. */
const longestWaitMs = 60_000

/** Temporary failures of the server. contract/v3.md §6. */
const passing: ReadonlySet<number> = new Set([408, 429, 500, 502, 503, 504])

type Asker = ReturnType<typeof createAsker>

/**
 * Makes what retries a request until the answer is final. One for a whole run: when one request is told to wait, all
 * wait. Times in ms; `onFailure` hears why a server could not be reached.
 */
export function createAsker(
  { timeout: timeoutMs, attempts, backoff }: { timeout: number; attempts: number; backoff: number },
  signal: AbortSignal | undefined,
  onFailure: (error: unknown) => void,
) {
  /** On the monotonic clock, ms. */
  let quietUntil = 0
  /** Waits; rejects with the reason of the run's signal. */
  const pause = async (ms: number): Promise<void> => {
    signal?.throwIfAborted()
    if (ms > 0) await sleep(Math.min(ms, longestWaitMs), undefined, { signal }).catch(() => signal?.throwIfAborted())
  }
  const once = async (question: (signal: AbortSignal) => Promise<ApiAnswer>): Promise<ApiAnswer | Silence> => {
    const timeout = AbortSignal.timeout(timeoutMs)
    try {
      return await question(signal ? AbortSignal.any([signal, timeout]) : timeout)
    } catch (error) {
      signal?.throwIfAborted()
      onFailure(error)
      return timeout.aborted ? 'timeout' : 'unreachable'
    }
  }
  return {
    pause,
    /**
     * Resolves to the last answer, or the reason for none; rejects with the reason of the run's signal. `isRepeatable:
     * false`: only a request that was told to wait is retried, since others may have taken effect.
     */
    async ask(
      question: (signal: AbortSignal) => Promise<ApiAnswer>,
      isRepeatable = true,
    ): Promise<ApiAnswer | Silence> {
      for (let attempt = 1; ; attempt += 1) {
        await pause(quietUntil - performance.now())
        const answer = await once(question)
        const { status, retryAfterMs } = typeof answer === 'string' ? { status: answer } : answer
        if (typeof status === 'number' && !passing.has(status)) return answer
        if (attempt >= attempts || (!isRepeatable && status !== 429))
          return typeof status === 'string' ? status : status === 429 ? 'rate_limited' : 'server_error'
        if (retryAfterMs !== undefined)
          quietUntil = Math.max(quietUntil, performance.now() + Math.min(retryAfterMs, longestWaitMs))
        // Jitter, so that many do not retry at once.
        else await pause(backoff * 2 ** (attempt - 1) * (0.5 + Math.random()))
      }
    },
  }
}
