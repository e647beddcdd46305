import { type Check, checkOptions, type ChecksOf, demand, given, nonEmptyString } from '../lib/check.ts'
import { definedOnly } from '../lib/json.ts'
import { misuse, typeNameOf } from '../lib/values.ts'
import { isV1Payload, isV3Payload } from '../payload/generation.ts'
import { sign, signingKey } from '../signature/sign.ts'
import type { Generation } from '../types/delivery.ts'
import type { LoosePayload } from '../types/payload/fields.ts'
import { generationCheck, idCheck, objectCheck } from './checks.ts'
import { identityOf } from './payloads/subject.ts'

/** Argument of `signDelivery`. */
export interface DeliveryToSign {
  /** v1 signs in the body, v3 in headers. Default: that of the payload, by `ResultCode` or `status`. */
  readonly generation?: Generation | undefined
  /** The credential whose key signs. */
  readonly credential: { partnerId: string; apiKey: string }
  /** The business part of the body; for v1 the signature and timestamp are added to it. */
  readonly payload: Readonly<Record<string, unknown>>
  /** The timestamp, exactly as it is sent. Default: now, ISO with ms. */
  readonly timestamp?: string | number | undefined
  /** v3 `Job-ID` header. Default: that of a payload made by `sample`, else none. */
  readonly jobId?: string | undefined
  /** v3 `User-ID` header. Default: as for `jobId`. */
  readonly userId?: string | undefined
}

const stringOrNumber: Check<string | number | undefined> = (value, name) => {
  if (value === undefined || typeof value === 'string' || (typeof value === 'number' && Number.isFinite(value)))
    return value
  return misuse('options_invalid', `${name} must be a string or a number, not ${typeNameOf(value)}.`)
}

// Tests sign with wrong keys on purpose, so their form is not checked.
const credentialChecks = {
  partnerId: nonEmptyString('', 'partner_id_invalid'),
  apiKey: nonEmptyString('', 'api_key_invalid'),
  environment: given<unknown>(),
  label: given<unknown>(),
}

const checks = {
  generation: generationCheck,
  credential: given<unknown>(),
  payload: objectCheck,
  timestamp: stringOrNumber,
  jobId: idCheck,
  userId: idCheck,
} satisfies ChecksOf<DeliveryToSign>

/** Other properties of a step of `jobStory`. */
const ofSteps = { outcome: given<unknown>(), headers: given<unknown>(), body: given<unknown>() }

/** A signed delivery, ready to be sent. */
export interface SignedDelivery {
  /** `Content-Type`, and for v3 signature, timestamp and ids. */
  headers: Record<string, string>
  /** JSON. */
  body: string
}

/**
 * Signs a payload as Smile ID does, with your test's own key: a receiver that accepts it has verified it.
 * contract/v1.md §2, contract/v3.md §1.
 * @example
 * import { sample, signDelivery } from 'express-smile-id/testing'
 *
 * const payload = sample('document_verification', 'approved')
 * const { headers, body } = signDelivery({ credential, payload })
 * @throws SmileIdConfigError for arguments that cannot be signed
 */
export function signDelivery(delivery: DeliveryToSign): SignedDelivery {
  const {
    generation: given,
    credential,
    payload,
    timestamp,
    ...ids
  } = checkOptions(delivery, { ...checks, ...ofSteps }, { whole: 'The delivery to sign', required: true })
  const { partnerId, apiKey } = checkOptions(credential, credentialChecks, {
    what: 'credential key',
    whole: 'credential',
    required: true,
    within: 'credential.',
  })
  demand(
    payload && partnerId !== '' && apiKey !== '',
    'options_invalid',
    'signDelivery needs payload, and credential: { partnerId, apiKey }.',
  )
  const generation = given ?? generationOf(payload)
  demand(
    generation,
    'options_invalid',
    "signDelivery needs generation, 'v1' or 'v3': the payload has neither ResultCode nor status.",
  )
  const { jobId = identityOf(delivery.payload)?.jobId, userId = identityOf(delivery.payload)?.userId } = ids
  const time = timestamp ?? new Date().toISOString()
  const signature = sign(String(time), signingKey(partnerId, apiKey))
  const json = { 'Content-Type': 'application/json' }
  if (generation === 'v1') return { headers: json, body: JSON.stringify({ ...payload, timestamp: time, signature }) }
  const proof = { 'Response-Signature': signature, 'Response-Timestamp': String(time) }
  const headers = definedOnly({ ...json, ...proof, 'Job-ID': jobId, 'User-ID': userId })
  return { headers, body: JSON.stringify(payload) }
}

const generationOf = (payload: LoosePayload): Generation | undefined =>
  isV1Payload(payload) ? 'v1' : isV3Payload(payload) ? 'v3' : undefined
