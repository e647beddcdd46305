import type { MatchedCredential } from '../types/event.ts'
import { isRecord, isScalar, type Json } from '../lib/json.ts'
import type { Decoded } from '../payload/decoded.ts'
import { unwrap } from '../payload/v1/envelope.ts'
import { canonical, canonicalObject, type Canonical } from './canonical.ts'
import { identityFacts, paramsOf, restOfBody, withoutZeros } from './contents.ts'
import type { NewEvent } from './build.ts'
import { digest, isOpenVerdict, jobOf } from './verdict-id.ts'

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
 * what handlers act on. src/events/README.md has both ids in one table.
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

/** What cannot be told apart by its meaning must not be taken for the same: then the body's content counts. */
const isOpenEvent = (decoded: Decoded): boolean => isOpenVerdict(decoded) || decoded.product === 'aml_monitoring' || decoded.product === 'unknown'

/** As sent: also of suspects that could not be read. */
const signalOf = (payload: Json): Canonical => canonical(unwrap(payload)['Antifraud'])

/** By name; nested values do not count. */
const scalarsOf = (actions: Json | undefined): Canonical =>
  isRecord(actions) ? canonicalObject(actions, (_name, value) => (isScalar(value) ? String(value) : undefined)) : null

const text = (value: boolean | number | undefined): string | undefined => (value === undefined ? undefined : String(value))

/** Gives a new event the id that its receiver's own function makes of it. */
export function setOwnId(event: NewEvent, idOf: ((event: never) => unknown) | undefined): void {
  if (!idOf) return
  const id = idOf(event as never)
  if (typeof id !== 'string' || id.length === 0 || id.length > 255) throw new TypeError('eventId has to give a text of 1 to 255 characters.')
  event.id = id
}
