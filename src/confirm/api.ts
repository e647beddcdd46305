import type { SmileIdConfigErrorCode } from '../errors.ts'
import { type Check, demand } from '../lib/check.ts'
import { unlessAborted } from '../lib/promises.ts'
import { sign, type SigningKey } from '../signature/sign.ts'
import { type ApiAnswer, createAnswers, createTokens, NoToken, request, slotOf } from './http.ts'

/** An environment of Smile ID's servers. */
export type Environment = 'production' | 'sandbox'

/** Smile ID's own API, each request made once: resolves to the answer whatever its status, and rejects without one. */
export type SmileIdApi = ReturnType<typeof apiFor>

export const environmentCheck =
  (code: SmileIdConfigErrorCode): Check<Environment> =>
  (value, name) => {
    demand(value === 'production' || value === 'sandbox', code, `${name} must be 'production' or 'sandbox'.`)
    return value
  }

// Looser than the published form, but nothing that changes the path. contract/v3.md §4.
const jobIdForm = /^[A-Za-z0-9_-]{1,128}$/

/** True if a v3 request can be made for this job. */
export const isAskableId = (jobId: string): boolean => jobIdForm.test(jobId)

/** contract/v3.md §6. */
const baseUrls: Readonly<Record<Environment, string>> = {
  production: 'https://api.smileidentity.com',
  sandbox: 'https://testapi.smileidentity.com',
}

const local: ReadonlySet<string> = new Set(['127.0.0.1', 'localhost', '[::1]'])

/**
 * The servers of an environment, or others in their place. @throws SmileIdConfigError with this code, for a URL to
 * which no key may be sent
 */
export function apiFor(
  environment: Environment,
  baseUrl: unknown = baseUrls[environment],
  code: SmileIdConfigErrorCode = 'confirm_invalid',
) {
  const url = typeof baseUrl === 'string' && URL.canParse(baseUrl) ? new URL(baseUrl) : undefined
  const isSafe = url && (url.protocol === 'https:' || (url.protocol === 'http:' && local.has(url.hostname)))
  demand(
    isSafe && url.search + url.hash + url.username + url.password === '',
    code,
    'The base URL must be https, without a user, a password, a query or a fragment: the API key is sent there.',
  )
  const base = url.href.replace(/\/$/, '')
  const tokens = createTokens(base)
  const withToken = async (key: SigningKey, path: string, method: string, signal: AbortSignal): Promise<ApiAnswer> => {
    const ask = (token: string) =>
      request(`${base}${path}`, {
        method,
        signal,
        headers: { 'SmileID-Token': token, 'SmileID-Partner-ID': key.partnerId },
      })
    try {
      const token = await tokens.get(key, signal)
      const answer = await ask(token)
      return answer.status === 401 ? await ask(await tokens.renew(key, token, signal)) : answer
    } catch (error) {
      // A 200 without a token does not answer the request.
      if (error instanceof NoToken)
        return { ...error.answer, body: undefined, status: error.answer.status === 200 ? 502 : error.answer.status }
      throw error
    }
  }
  return {
    environment,
    /** `POST /v1/job_status` with history. contract/v1.md §2. `now` in epoch ms. */
    async jobStatus(
      key: SigningKey,
      { jobId, userId }: { jobId: string; userId: string },
      now: number,
      signal: AbortSignal,
    ): Promise<ApiAnswer> {
      const timestamp = new Date(now).toISOString()
      const signature = sign(timestamp, key)
      const question = {
        timestamp,
        signature,
        partner_id: key.partnerId,
        job_id: jobId,
        user_id: userId,
        history: true,
        image_links: false,
      }
      const answer = await request(`${base}/v1/job_status`, {
        method: 'POST',
        signal,
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify(question),
      })
      return { ...answer, asked: signature }
    },
    /** `GET /v3/status/{job_id}`. contract/v3.md §6. */
    status: (key: SigningKey, jobId: string, signal: AbortSignal) =>
      withToken(key, `/v3/status/${jobId}`, 'GET', signal),
    /** `POST /v3/replay/{job_id}`: Smile ID delivers the callback again, signed anew. contract/v3.md §6. */
    replay: (key: SigningKey, jobId: string, signal: AbortSignal) =>
      withToken(key, `/v3/replay/${jobId}`, 'POST', signal),
  }
}

/** How long an answer serves others who ask about the same job, ms. */
const sharedMs = 3_000

/**
 * The same questions, one per job at a time: forgeries of one job must not use up the rate limit that genuine
 * deliveries need. An answer serves all who ask within the next 3 s. `timeoutMs`: how long one question may take.
 */
export function sharingAnswers(api: SmileIdApi, timeoutMs: number): SmileIdApi {
  const answers = createAnswers<ApiAnswer>(() => sharedMs)
  const shared = async (
    ids: readonly string[],
    key: SigningKey,
    signal: AbortSignal,
    question: (signal: AbortSignal) => Promise<ApiAnswer>,
  ): Promise<ApiAnswer> => {
    const slot = JSON.stringify([slotOf(key), ...ids])
    const known = answers.known(slot)
    if (known) return { ...(await unlessAborted(signal, () => known)), isShared: true }
    return unlessAborted(signal, () => answers.ask(slot, () => question(AbortSignal.timeout(timeoutMs))))
  }
  return {
    ...api,
    jobStatus: (key, ids, now, signal) =>
      shared(['v1', ids.jobId, ids.userId], key, signal, (own) => api.jobStatus(key, ids, now, own)),
    status: (key, jobId, signal) => shared(['v3', jobId], key, signal, (own) => api.status(key, jobId, own)),
  }
}
