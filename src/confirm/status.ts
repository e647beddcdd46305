import type { Outcome, Product } from '../types/names.ts'
import type { ResultEvent } from '../types/event.ts'
import type { Asking, Confirmation } from './confirm.ts'
import { request, type ApiAnswer } from './http.ts'
import type { Tokens } from './tokens.ts'

// Looser than the published form, and nothing that changes the path. Contract v3, section 4.
const jobIdForm = /^[A-Za-z0-9_-]{1,128}$/

/** Reads the status of a v3 job. It holds job, user and status, no more. Contract v3, section 6. */
export async function askStatus(base: string, tokens: Tokens, event: ResultEvent<Product, Outcome, unknown>, { key, signal }: Asking): Promise<Confirmation> {
  if (!jobIdForm.test(event.jobId)) return 'unavailable'
  const ask = (token: string): Promise<ApiAnswer> =>
    request(`${base}/v3/status/${event.jobId}`, { signal, headers: { 'SmileID-Token': token, 'SmileID-Partner-ID': key.partnerId } })
  const token = await tokens.get(key, signal)
  let answer = await ask(token)
  if (answer.status === 401) answer = await ask(await tokens.renew(key, token, signal))
  return compare(event, answer)
}

function compare({ jobId, userId, outcome, result }: ResultEvent<Product, Outcome, unknown>, { status, body }: ApiAnswer): Confirmation {
  // A page of some proxy is no answer of Smile ID's.
  if (!body || body['job_id'] !== jobId) return 'unavailable'
  if (status === 404 && body['status'] === 'not_found') return 'contradicted'
  if (status !== 200 && status !== 202) return 'unavailable'
  if (userId !== undefined && body['user_id'] !== userId) return 'contradicted'
  if (status === 202) return outcome === 'provisional' ? 'confirmed' : 'unavailable'
  if (typeof body['status'] !== 'string' || body['status'] === 'processing') return 'unavailable'
  // "Processing" was true once the job is known; it may arrive late.
  return outcome === 'provisional' || body['status'] === result.status ? 'confirmed' : 'contradicted'
}
