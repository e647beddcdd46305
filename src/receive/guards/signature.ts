import type { Realm } from '../../events/id.ts'
import { type Refusal, refuse } from '../../report/refusal.ts'
import { constantTimeEqual, sign, possibleSignedStrings, type SigningKey } from '../../signature/sign.ts'
import type { Generation, MatchedCredential } from '../../types/event.ts'
import type { IncomingDelivery } from '../delivery.ts'
import type { ReadHeaders } from '../headers.ts'
import { maxHeaderLength } from '../headers.ts'

/** A credential that can be tried: its key, whose jobs it signs for, and the part of it that an event may show. */
export interface Candidate extends SigningKey, Realm {
  readonly credential: MatchedCredential
}

/** The credentials to try for a delivery: synchronous if they are fixed, a refusal if they are unavailable. */
export type CandidateSource = (
  generation: Generation,
  delivery: IncomingDelivery,
) => readonly Candidate[] | Promise<readonly Candidate[] | Refusal>

/** A signature and its timestamp, as found; `possibleSignedTexts` are the strings that may have been signed. */
export interface Claim {
  generation: Generation
  signature: string
  possibleSignedStrings: readonly string[]
}

/** A claim that one credential matched. */
export interface Proof {
  generation: Generation
  credential: MatchedCredential
  /** The key that made it, for requests to Smile ID. Never on an event or a report. */
  key: Candidate
  /** The timestamp that was signed. */
  timestamp: string
  /** The signature, as sent. */
  signature: string
}

/**
 * The claim in the headers; undefined if there is none, and the body decides. Half a pair is refused: falling back to
 * the body would let a sender choose the weaker check. contract/v3.md §1.
 */
export function headerClaim({
  responseSignature: signature,
  responseTimestamp: timestamp,
}: ReadHeaders): Claim | Refusal | undefined {
  if (signature === undefined && timestamp === undefined) return undefined
  if (!signature || !timestamp)
    return refuse('signature_missing', 'Response-Signature and Response-Timestamp come as a pair; one is missing.', {
      cause: 'half_header_pair',
    })
  return { generation: 'v3', signature, possibleSignedStrings: [timestamp] }
}

/** The claim in a v1 body. contract/v1.md §2. */
export function bodyClaim(body: unknown): Claim | Refusal {
  const { signature, timestamp } = (body ?? {}) as { signature?: unknown; timestamp?: unknown }
  if (typeof signature !== 'string' || signature === '' || timestamp === undefined || timestamp === null)
    return refuse('signature_missing')
  if (typeof timestamp !== 'string' && typeof timestamp !== 'number') return refuse('timestamp_invalid')
  // A string of a megabyte is not worth an HMAC for every key.
  if (signature.length > maxHeaderLength) return refuse('signature_mismatch')
  if (String(timestamp).length > maxHeaderLength) return refuse('timestamp_invalid')
  return { generation: 'v1', signature, possibleSignedStrings: possibleSignedStrings(timestamp) }
}

/**
 * v3 writes partner ids without leading zeros in some places; the form that it signs is not published. contract/v3.md
 * §1.
 */
function spellings(candidate: Candidate, generation: Generation): readonly SigningKey[] {
  if (generation === 'v1') return [candidate]
  const bare = candidate.partnerId.replace(/^0+(?=.)/, '')
  return bare === candidate.partnerId ? [candidate] : [candidate, { ...candidate, partnerId: bare }]
}

/** Tries every candidate, and never stops early, so that the time taken does not tell which one matched. */
export function matchCredential(
  { generation, signature, possibleSignedStrings: possibleSignedTexts }: Claim,
  candidates: readonly Candidate[],
): Proof | undefined {
  let proof: Proof | undefined
  for (const candidate of candidates) {
    for (const key of spellings(candidate, generation))
      for (const timestamp of possibleSignedTexts) {
        const matches = constantTimeEqual(sign(timestamp, key), signature)
        if (matches) proof ??= { generation, credential: candidate.credential, key: candidate, timestamp, signature }
      }
  }
  return proof
}
