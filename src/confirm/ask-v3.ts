import { outcomeByStatus } from '../payload/v3/decode.ts'
import type { ResultEvent } from '../types/event.ts'
import { isFinal, type Outcome, type Product } from '../types/names.ts'
import { isAskableId, type SmileIdApi } from './api.ts'
import type { ApiAnswer } from './http.ts'
import type { Asking, Confirmation, Confirmed } from './confirm.ts'
import { unlessShared } from './shared-answers.ts'

/** Fields that the status does not cover. contract/v3.md §6. */
const silent = Object.freeze(['product', 'partnerParams', 'result.reason', 'result.message', 'payload'])

/** True for the status of a finished job. Others have been seen, and settle nothing. contract/v3.md §6. */
export const isTerminal = (status: unknown): status is string => isFinal(outcomeByStatus.get(status) ?? 'unknown')

/** Reads the status of a v3 job. It holds job, user and status only. contract/v3.md §6. */
export async function askStatus(
  api: SmileIdApi,
  event: ResultEvent<Product, Outcome, unknown>,
  { key, signal }: Asking,
): Promise<Confirmed> {
  if (!isAskableId(event.jobId)) return { word: 'unavailable' }
  const answer = await api.status(key, event.jobId, signal)
  const word = compare(event, answer)
  return unlessShared(answer, word === 'confirmed' ? { word, unconfirmed: silent } : { word })
}

function compare(
  { jobId, userId, outcome, result }: ResultEvent<Product, Outcome, unknown>,
  { status, body }: ApiAnswer,
): Confirmation {
  // A proxy's page is not Smile ID's answer. "Not found" is also the answer for a job that is not known yet.
  if (!body || body['job_id'] !== jobId || (status !== 200 && status !== 202)) return 'unavailable'
  if (userId !== undefined && body['user_id'] !== userId)
    return typeof body['user_id'] === 'string' ? 'contradicted' : 'unavailable'
  if (status === 202) return outcome === 'provisional' ? 'confirmed' : 'unavailable'
  if (!isTerminal(body['status']) || outcome === 'unknown') return 'unavailable'
  // "Processing" was true once the job is known; it may arrive late.
  return outcome === 'provisional' || body['status'] === result.status ? 'confirmed' : 'contradicted'
}
