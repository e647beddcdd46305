import type { IdInfoEvent, ResultEvent } from '../types/event.ts'
import type { Outcome, Product } from '../types/names.ts'
import type { Json } from '../lib/json.ts'
import { idOf } from '../payload/scalars.ts'
import { readEnvelope, unwrap } from '../payload/v1/envelope.ts'
import { genuineness, readJobStatus, verdictOf, type JobStatus, type Told } from './answer.ts'
import type { Environment, SmileIdApi } from './api.ts'
import type { Asking, Confirmed } from './confirm.ts'
import { addedParams, sameParams } from './partner-params.ts'
import { unconfirmedOf } from './unconfirmed.ts'

export type Askable = ResultEvent<Product, Outcome, unknown> | IdInfoEvent<unknown>

const unavailable: Confirmed = { word: 'unavailable' }
const contradicted: Confirmed = { word: 'contradicted' }

/** Reads a v1 job again. contract/v1.md §2. */
export async function askJobStatus(api: SmileIdApi, event: Askable, { key, codes, now, signal }: Asking): Promise<Confirmed> {
  const sent = sentParams(event.payload)
  const jobId = idOf(sent['job_id'])
  const userId = idOf(sent['user_id'])
  // Without both there is no question: Smile ID looks jobs up by the pair.
  if (jobId === undefined || userId === undefined) return unavailable
  const { status, body } = await api.jobStatus(key, { jobId, userId }, now, signal)
  if (status !== 200 || !body || genuineness(body, key, now) !== 'genuine') return unavailable
  return compare(event, sent, readJobStatus(body, codes), api.environment)
}

/** How an entry of the answer stands to the event; `unclear` where it does not say enough. */
type Standing = 'agrees' | 'differs' | 'unclear'

function compare(event: Askable, sent: Json, { current, past, holding, isComplete, isOpen }: JobStatus, environment: Environment): Confirmed {
  // What is said of another job settles nothing about this one.
  if ([current, holding].some((told) => told && told.decoded.jobId !== event.jobId)) return unavailable
  const says = ({ decoded }: Told): boolean => decoded.result.code === event.result.code
  const standing = (told: Told): Standing => standingOf(event, sent, told, environment)
  const isCurrent = current !== undefined && says(current)
  if (isCurrent && standing(current) !== 'agrees') return standing(current) === 'differs' ? contradicted : unavailable
  // What was true of a step or of an earlier stage stays in the history; a verdict has to hold now.
  const holds = event.kind === 'result' && holding !== undefined && verdictOf(holding) === event.outcome
  const isVerdict = event.kind === 'result' && event.final
  if (isVerdict && isOpen) return unavailable
  if (isCurrent || holds || !isVerdict) {
    const agreeing = [...(isCurrent ? [current] : []), ...past.filter(says)].filter((told) => standing(told) === 'agrees')
    if (agreeing.length > 0) return confirmedBy(event, sent, agreeing)
  }
  // A step that is not told of is no contradiction; another verdict is.
  return isComplete && holding && event.kind === 'result' && !holds ? contradicted : unavailable
}

function standingOf(event: Askable, sent: Json, { entry, decoded: { meaning, smileJobId } }: Told, environment: Environment): Standing {
  if (event.smileJobId !== undefined && smileJobId !== undefined && event.smileJobId !== smileJobId) return 'differs'
  const params = readEnvelope(unwrap(entry))?.PartnerParams
  if (params && !sameParams(sent, params, environment)) return 'differs'
  // One code means another thing for another job type, or as long as it is not final; without the type it may mean nothing yet.
  if (!params || (meaning.kind === 'result' && meaning.outcome === 'unknown' && event.kind === 'result' && event.outcome !== 'unknown')) return 'unclear'
  return meaning.kind === event.kind && (meaning.kind !== 'result' || event.kind !== 'result' || meaning.outcome === event.outcome) ? 'agrees' : 'differs'
}

/** Of entries that agree the one that vouches for most: one code comes before and after a review, with another text. */
function confirmedBy(event: Askable, sent: Json, agreeing: readonly Told[]): Confirmed {
  const ours = unwrap(event.payload)
  const lists = agreeing.map(({ decoded, entry }) => {
    const added = addedParams(sent, decoded.partnerParams)
    return { unconfirmed: [...unconfirmedOf(event, decoded, ours, entry), ...added.map((key) => `partnerParams.${key}`)], notes: added.map((key) => `PartnerParams.${key}`) }
  })
  return { word: 'confirmed', ...lists.reduce((best, one) => (one.unconfirmed.length < best.unconfirmed.length ? one : best)) }
}

const sentParams = (payload: Json): Json => readEnvelope(unwrap(payload))?.PartnerParams ?? {}
