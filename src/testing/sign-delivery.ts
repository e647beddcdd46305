import type { Generation } from '../types/event.ts'
import { sign, signingKey } from '../signature/sign.ts'
import { identityOf } from './identity.ts'

/** What to sign, and with whose key. */
export interface DeliveryToSign {
  /** v1 signs in the body, v3 in headers. */
  generation: Generation
  /** Whose key signs. */
  credential: { partnerId: string; apiKey: string }
  /** The business part of the body; for v1 the signature and timestamp are added to it. */
  payload: Readonly<Record<string, unknown>>
  /** As it is to stand in the delivery. Default: now, ISO with ms. */
  timestamp?: string | number | undefined
  /** v3 `Job-ID` header. Default: that of a payload made by `sample`, else none. */
  jobId?: string | undefined
  /** v3 `User-ID` header. Default: as for `jobId`. */
  userId?: string | undefined
}

/** A delivery as it goes over the wire. */
export interface SignedDelivery {
  /** `Content-Type`, and for v3 signature, timestamp and ids. */
  headers: Record<string, string>
  /** JSON. */
  body: string
}

/**
 * Signs a payload as Smile ID does, with your test's own key: a receiver that accepts it has verified it.
 * Contract v1 section 2, v3 section 1.
 */
export function signDelivery({ generation, credential, payload, timestamp, ...ids }: DeliveryToSign): SignedDelivery {
  const { jobId = identityOf(payload)?.jobId, userId = identityOf(payload)?.userId } = ids
  const time = timestamp ?? new Date().toISOString()
  const signature = sign(String(time), signingKey(credential.partnerId, credential.apiKey))
  if (generation === 'v1') {
    return { headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ ...payload, timestamp: time, signature }) }
  }
  const headers = {
    'Content-Type': 'application/json',
    'Response-Signature': signature,
    'Response-Timestamp': String(time),
    ...(jobId !== undefined && { 'Job-ID': jobId }),
    ...(userId !== undefined && { 'User-ID': userId }),
  }
  return { headers, body: JSON.stringify(payload) }
}
