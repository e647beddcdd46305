import { isDeepStrictEqual } from 'node:util'
import { echoParams } from '../events/partner-params.ts'
import { isScalar, type Json } from '../lib/json.ts'
import type { Decoded } from '../payload/decoded.ts'
import { idOf } from '../payload/scalars.ts'
import { readEnvelope, unwrap } from '../payload/v1/envelope.ts'
import { outcomeByStatus } from '../payload/v3/decode.ts'
import type { IdInfoEvent, ResultEvent } from '../types/event.ts'
import { isFinal, type Outcome, type Product } from '../types/names.ts'
import { genuineness, type JobStatus, outcomeSaid, readJobStatus, type RepeatedCallback, verdictOf } from './answer.ts'
import { type Environment, isAskableId, type SmileIdApi } from './api.ts'
import type { Asking, Confirmation, Confirmed } from './confirm.ts'
import type { ApiAnswer } from './http.ts'

type Result = ResultEvent<Product, Outcome, unknown>
type Askable = Result | IdInfoEvent<unknown>

const unavailable: Confirmed = { word: 'unavailable' }
const contradicted: Confirmed = { word: 'contradicted' }

/** Reads a v1 job again. contract/v1.md §2. */
export async function askJobStatus(
  api: SmileIdApi,
  event: Askable,
  { key, codes, now, signal }: Asking,
): Promise<Confirmed> {
  const sent = sentParams(event.payload)
  const jobId = idOf(sent['job_id'])
  const userId = idOf(sent['user_id'])
  // Smile ID looks jobs up by both ids.
  if (jobId === undefined || userId === undefined) return unavailable
  const answer = await api.jobStatus(key, { jobId, userId }, now, signal)
  const { status, body } = answer
  if (status !== 200 || !body || genuineness(answer, key, now) !== 'genuine') return unavailable
  return unlessShared(answer, compare(event, sent, readJobStatus(body, codes), api.environment))
}

/** Relation of an entry of the answer to the event; `unclear` if it does not say enough. */
type Standing = 'agrees' | 'differs' | 'unclear'

function compare(
  event: Askable,
  sent: Json,
  { current, told, holding, isComplete, isOpen }: JobStatus,
  environment: Environment,
): Confirmed {
  // An entry about another job settles nothing about this one.
  if ([current, holding].some((one) => one && one.decoded.jobId !== event.jobId)) return unavailable
  const says = ({ decoded }: RepeatedCallback): boolean => decoded.result.code === event.result.code
  const standing = (one: RepeatedCallback): Standing => standingOf(event, sent, one, environment)
  const isCurrent = current !== undefined && says(current)
  if (isCurrent && standing(current) !== 'agrees') return standing(current) === 'differs' ? contradicted : unavailable
  // A step or an earlier stage stays in the history; a verdict must hold now.
  const holds =
    event.kind === 'result' && holding !== undefined && verdictOf(holding) === outcomeSaid(event.outcome, event)
  const isVerdict = event.kind === 'result' && event.final
  if (isVerdict && isOpen) return unavailable
  if (isCurrent || holds || !isVerdict) {
    const agreeing = told.filter((one) => says(one) && standing(one) === 'agrees')
    if (agreeing.length > 0) return confirmedBy(event, sent, agreeing)
  }
  // A missing step is not a contradiction; another verdict is.
  return isComplete && holding && event.kind === 'result' && !holds ? contradicted : unavailable
}

function standingOf(
  event: Askable,
  sent: Json,
  { entry, decoded: { meaning, facts, smileJobId } }: RepeatedCallback,
  environment: Environment,
): Standing {
  if (event.smileJobId !== undefined && smileJobId !== undefined && event.smileJobId !== smileJobId) return 'differs'
  const params = readEnvelope(unwrap(entry))?.PartnerParams
  if (params && !sameParams(sent, params, environment)) return 'differs'
  // One code has another meaning for another job type, or while it is not final; without the type it may mean nothing
  // yet.
  if (
    !params
    || (meaning.kind === 'result'
      && meaning.outcome === 'unknown'
      && event.kind === 'result'
      && event.outcome !== 'unknown')
  )
    return 'unclear'
  if (meaning.kind !== 'result' || event.kind !== 'result') return meaning.kind === event.kind ? 'agrees' : 'differs'
  return outcomeSaid(meaning.outcome, facts) === outcomeSaid(event.outcome, event) ? 'agrees' : 'differs'
}

/**
 * Picks, of agreeing entries, the one that vouches for most: one code comes before and after a review, with another
 * message.
 */
function confirmedBy(event: Askable, sent: Json, agreeing: readonly RepeatedCallback[]): Confirmed {
  const ours = unwrap(event.payload)
  const lists = agreeing.map(({ decoded, entry }) => {
    const added = addedParams(sent, decoded.partnerParams)
    return {
      unconfirmed: [...unconfirmedOf(event, decoded, ours, entry), ...added.map((key) => `partnerParams.${key}`)],
      notes: added.map((key) => `PartnerParams.${key}`),
    }
  })
  return {
    word: 'confirmed',
    ...lists.reduce((best, one) => (one.unconfirmed.length < best.unconfirmed.length ? one : best)),
  }
}

const sentParams = (payload: Json): Json => readEnvelope(unwrap(payload))?.PartnerParams ?? {}

/** A missing, extra or changed key would lead the handler to another account. */
function sameParams(sent: Json, theirs: Json, environment: keyof typeof echoParams): boolean {
  const keys = new Set([...Object.keys(sent), ...Object.keys(theirs)])
  return [...keys].every((key) => {
    const ours = Object.hasOwn(sent, key)
    if (echoParams[environment].includes(key) && ours !== Object.hasOwn(theirs, key)) return true
    return ours && Object.hasOwn(theirs, key) && comparable(sent[key]) === comparable(theirs[key])
  })
}

/** Keys of the delivery that the answer lacks; after `sameParams` only those that Smile ID adds. */
const addedParams = (sent: Json, theirs: Json): string[] =>
  Object.keys(sent).filter((key) => !Object.hasOwn(theirs, key))

// job_type is a number in one and a string in the other.
const comparable = (value: unknown): string => (isScalar(value) ? String(value) : JSON.stringify(value))

/** Keys that are compared as facts of the event, and those that every answer has of its own. */
const compared =
  /^(?:ResultCode|result_code|ResultText|result_text|SmileJobID|smile_job_id|PartnerParams|partner_params|Actions|ConfidenceValue|IsFinalResult|signature|timestamp)$/

/** Limit on keys of the payload that are named; above it, `payload` is named as a whole. */
const mostKeys = 100

/** Fields of an event that an agreeing entry does not repeat: paths into the event. `ours`: its payload, unwrapped. */
function unconfirmedOf(event: Askable, theirs: Decoded, ours: Json, entry: Json): string[] {
  const isUnconfirmed = (our: unknown, their: unknown) =>
    our !== undefined && our !== '' && !isDeepStrictEqual(our, their)
  const named = [
    ...(['product', 'smileJobId'] as const).filter((name) => isUnconfirmed(event[name], theirs[name])),
    ...(['message', 'confidence', 'isFinalResult', 'actions'] as const)
      .filter((name) => isUnconfirmed(event.result[name], theirs.result[name]))
      .map((name) => `result.${name}`),
  ]
  const keys = Object.keys(ours).filter((key) => !compared.test(key) && !isDeepStrictEqual(ours[key], entry[key]))
  // The outer keys of a wrapped body are in no entry.
  const isWhole = keys.length <= mostKeys && ours === event.payload
  return [...named, ...(isWhole ? keys.map((key) => `payload.${key}`) : ['payload'])]
}

/** Fields that the status does not cover. contract/v3.md §6. */
const silent = Object.freeze(['product', 'partnerParams', 'result.reason', 'result.message', 'payload'])

/** True for the status of a finished job. Others have been seen, and settle nothing. contract/v3.md §6. */
export const isTerminal = (status: unknown): status is string => isFinal(outcomeByStatus.get(status) ?? 'unknown')

/** Reads the status of a v3 job. It holds job, user and status only. contract/v3.md §6. */
export async function askStatus(api: SmileIdApi, event: Result, { key, signal }: Asking): Promise<Confirmed> {
  if (!isAskableId(event.jobId)) return unavailable
  const answer = await api.status(key, event.jobId, signal)
  const word = compareStatus(event, answer)
  return unlessShared(answer, word === 'confirmed' ? { word, unconfirmed: silent } : { word })
}

function compareStatus({ jobId, userId, outcome, result }: Result, { status, body }: ApiAnswer): Confirmation {
  // A proxy's page is not Smile ID's answer. "Not found" is also the answer for a job that is not known yet.
  if (!body || body['job_id'] !== jobId || (status !== 200 && status !== 202)) return 'unavailable'
  if (userId !== undefined && body['user_id'] !== userId)
    return typeof body['user_id'] === 'string' ? 'contradicted' : 'unavailable'
  if (status === 202) return outcome === 'provisional' ? 'confirmed' : 'unavailable'
  if (!isTerminal(body['status']) || outcome === 'unknown') return 'unavailable'
  // "Processing" was true once the job is known; it may arrive late.
  return outcome === 'provisional' || body['status'] === result.status ? 'confirmed' : 'contradicted'
}

/** An answer from before the delivery came may confirm it, but not contradict it: the job may have moved on. */
const unlessShared = ({ isShared = false }: ApiAnswer, confirmed: Confirmed): Confirmed =>
  isShared && confirmed.word === 'contradicted' ? unavailable : confirmed
