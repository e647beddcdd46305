import type { MatchedCredential, Suspect } from '../types/event.ts'
import { isRecord, isScalar, type Json } from '../lib/json.ts'
import type { Decoded } from '../payload/decoded.ts'
import { unwrap } from '../payload/v1/envelope.ts'
import { sha256 } from '../signature/sha256.ts'
import { canonical, canonicalObject, type Canonical } from './canonical.ts'
import { identityFacts, paramsOf, restOfBody, withoutZeros } from './contents.ts'
import type { NewEvent } from './build.ts'

/** What an event is told apart by. */
export interface IdentityFacts {
  /** The one that matched. */
  credential: MatchedCredential
  decoded: Decoded
  /** That of the callback URL it was posted to. */
  reference: string | undefined
  /** Path params of the mount. */
  params: Readonly<Record<string, string>>
}

/**
 * The id of a delivery's content: the same for every sending of it, and another one for whatever a forger changes of
 * what handlers act on. README has both ids in one table.
 */
export function eventId({ credential, decoded, reference, params }: IdentityFacts): string {
  const { meaning, product, smileJobId, userId, result, payload } = decoded
  const { code, status, reason, message, isFinalResult, confidence, actions } = result
  return digest([
    credential.partnerId, credential.environment, reference, canonical(params),
    meaning.kind, product, jobOf(decoded), withoutZeros(smileJobId), userId, paramsOf(decoded),
    code, status, reason, message, text(isFinalResult), text(confidence), scalarsOf(actions),
    meaning.kind === 'smile_secure' ? signalOf(payload) : undefined,
    identityFacts(payload),
    isOpenEvent(decoded) ? restOfBody(payload) : undefined,
  ])
}

/**
 * The id of what is said of a job: by machine or person, with whichever confidence, wording or product name, in either
 * generation. Effects are keyed by it.
 */
export function verdictId({ partnerId, environment }: MatchedCredential, decoded: Decoded): string {
  const { meaning, result, payload } = decoded
  return digest(['verdict', partnerId, environment, jobOf(decoded), meaning.kind, saidBy(decoded), isOpenVerdict(decoded) ? [result.code ?? null, result.status ?? null, restOfBody(payload)] : undefined])
}

function saidBy({ meaning, result }: Decoded): Canonical {
  switch (meaning.kind) {
    case 'result':
      return meaning.outcome
    case 'id_info':
      return meaning.idStep
    case 'smile_secure':
      // 5212: the check itself failed, which is not "nobody was found". Contract v1 §1.9.
      return [result.code === '5212' ? 'error' : 'signal', ...userIds(meaning.suspects)]
    case 'monitoring':
      return null
  }
}

/** What cannot be told apart by its meaning must not be taken for the same: then the body's content counts. */
const isOpenEvent = (decoded: Decoded): boolean => isOpenVerdict(decoded) || decoded.product === 'aml_monitoring' || decoded.product === 'unknown'

/** Of these each one says something else. The first result of AML with monitoring is a verdict like any other. */
const isOpenVerdict = ({ meaning }: Decoded): boolean => meaning.kind === 'monitoring' || (meaning.kind === 'result' && meaning.outcome === 'unknown')

/** By its own id, or by Smile ID's. */
const jobOf = ({ jobId, smileJobId }: Decoded): string => (jobId === smileJobId ? withoutZeros(jobId) : jobId)

const userIds = (suspects: readonly Suspect[]): string[] => [...new Set(suspects.map(({ userId }) => userId))].sort()

/** As sent: also of suspects that could not be read. */
const signalOf = (payload: Json): Canonical => canonical(unwrap(payload)['Antifraud'])

/** By name; nested values do not count. */
const scalarsOf = (actions: Json | undefined): Canonical =>
  isRecord(actions) ? canonicalObject(actions, (_name, value) => (isScalar(value) ? String(value) : undefined)) : null

const text = (value: boolean | number | undefined): string | undefined => (value === undefined ? undefined : String(value))

/** 32 hex digits; what is absent is written as null, which no text is. */
const digest = (facts: readonly (Canonical | undefined)[]): string => sha256(JSON.stringify(facts)).slice(0, 32)

/** Gives a new event the id that its receiver's own function makes of it. */
export function setOwnId(event: NewEvent, idOf: ((event: never) => unknown) | undefined): void {
  if (!idOf) return
  const id = idOf(event as never)
  if (typeof id !== 'string' || id.length === 0 || id.length > 255) throw new TypeError('eventId has to give a text of 1 to 255 characters.')
  event.id = id
}
