import { genuineness, readJobStatus, type JobStatus } from '../confirm/answer.ts'
import { isAskableId, type SmileIdApi } from '../confirm/api.ts'
import { isTerminal } from '../confirm/status.ts'
import type { ApiAnswer } from '../confirm/http.ts'
import type { CodeIndex } from '../payload/v1/code-index.ts'
import type { SigningKey } from '../signature/sign.ts'
import type { JobToAsk, V1Job, V3Job } from './job.ts'
import type { Asker, Silence } from './retry.ts'

/** Why an answer was not believed, or none came. */
export type AskFailure = Silence | 'unauthorized' | 'forbidden' | 'refused' | 'answer_unreadable' | 'answer_unsigned' | 'answer_forged' | 'answer_stale' | 'other_job' | 'unknown_status'

/** What Smile ID says of a job, to the credential that it knows it by. */
export type Said<Credential> =
  | { is: 'v1'; status: JobStatus; credential: Credential; answeredAt: number }
  | { is: 'v3'; status: string; credential: Credential }
  | { is: 'processing' }
  | { is: 'not_found' }
  | { is: 'failed'; reason: AskFailure }

/** With what questions are asked. */
export interface Means {
  readonly api: SmileIdApi
  readonly asker: Asker
  readonly codes: CodeIndex
  /** Epoch ms. */
  readonly now: () => number
}

/** After these another credential may know the job. */
const notMine: ReadonlySet<string> = new Set(['unauthorized', 'forbidden', 'refused', 'answer_unsigned', 'answer_forged'])

/** Asks with each credential in order until one knows the job. */
export async function askAbout<C extends SigningKey>(job: JobToAsk, credentials: readonly C[], means: Means): Promise<Said<C>> {
  let said: Said<C> = { is: 'failed', reason: 'unauthorized' }
  for (const credential of credentials) {
    const next = job.generation === 'v1' ? await askV1(job, credential, means) : await askV3(job, credential, means)
    if (next.is !== 'not_found' && !(next.is === 'failed' && notMine.has(next.reason))) return next
    // "Not found" says more than "that key is not known".
    if (said.is !== 'not_found') said = next
  }
  return said
}

const failed = (reason: AskFailure) => ({ is: 'failed' as const, reason })

async function askV1<C extends SigningKey>(job: V1Job, credential: C, { api, asker, codes, now }: Means): Promise<Said<C>> {
  const answer = await asker.ask((signal) => api.jobStatus(credential, job, now(), signal))
  if (typeof answer === 'string') return failed(answer)
  if (answer.status !== 200) return refusal(answer)
  if (!answer.body) return failed('answer_unreadable')
  const answeredAt = now()
  const believed = genuineness(answer.body, credential, answeredAt)
  if (believed !== 'genuine') return failed(`answer_${believed}`)
  const status = readJobStatus(answer.body, codes)
  const told = [...(status.current ? [status.current] : []), ...status.past]
  if (told.some(({ decoded }) => decoded.jobId !== job.jobId || decoded.userId !== job.userId)) return failed('other_job')
  if (told.length > 0) return { is: 'v1', status, credential, answeredAt }
  return status.isComplete ? failed('answer_unreadable') : { is: 'processing' }
}

async function askV3<C extends SigningKey>(job: V3Job, credential: C, { api, asker }: Means): Promise<Said<C>> {
  if (!isAskableId(job.jobId)) return { is: 'not_found' }
  const answer = await asker.ask((signal) => api.status(credential, job.jobId, signal))
  if (typeof answer === 'string') return failed(answer)
  if (answer.status !== 200 && answer.status !== 202) return refusal(answer)
  const { body } = answer
  if (!body) return failed('answer_unreadable')
  if (body['job_id'] !== job.jobId || (job.userId !== undefined && body['user_id'] !== job.userId)) return failed('other_job')
  if (answer.status === 202 || body['status'] === 'processing') return { is: 'processing' }
  return isTerminal(body['status']) ? { is: 'v3', status: body['status'], credential } : failed('unknown_status')
}

function refusal({ status, body }: ApiAnswer): Said<never> {
  // A page of some proxy says nothing of the job.
  if (status === 404 && body) return { is: 'not_found' }
  return failed(status === 401 ? 'unauthorized' : status === 403 ? 'forbidden' : 'refused')
}
