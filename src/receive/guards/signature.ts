import type { Realm } from '../../events/id.ts'
import { after } from '../../lib/promises.ts'
import { duration } from '../../lib/words.ts'
import { isRefusal, type ReceiverCause, type Refusal, refuse, refusing } from '../../report/refusal.ts'
import {
  constantTimeEqual,
  parseTimestamp,
  possibleSignedStrings,
  sign,
  type SigningKey,
} from '../../signature/sign.ts'
import type { Generation, MatchedCredential } from '../../types/delivery.ts'
import type { IncomingDelivery } from '../delivery.ts'
import { maxHeaderLength, type ReadHeaders } from '../headers.ts'

/** A credential that can be tried: its key, whose jobs it signs for, and the part of it that an event may show. */
export interface Candidate extends SigningKey, Realm {
  readonly credential: MatchedCredential
}

/** The credentials to try for a delivery: synchronous if they are fixed, a refusal if they are unavailable. */
export type CandidateSource = (
  generation: Generation,
  delivery: IncomingDelivery,
) => readonly Candidate[] | Promise<readonly Candidate[] | Refusal>

/** A signature, and the strings that may have been signed. */
export interface Claim {
  generation: Generation
  signature: string
  possibleSignedStrings: readonly string[]
  /** True if an earlier parser made a Date of the timestamp, which drops microseconds and time zones. */
  hadDate?: boolean | undefined
}

/** A claim that one credential matched. */
interface Proof extends Pick<Claim, 'generation' | 'signature'> {
  credential: MatchedCredential
  /** The key that made it, for requests to Smile ID. Never on an event or a report. */
  key: Candidate
  /** The timestamp that was signed. */
  timestamp: string
}

/** Sender and time of a delivery. */
export interface Proven extends Proof {
  /** Epoch ms. */
  signedAt: number
}

/** Limits on a signature's age and on how far it may be in the future, ms. */
export interface AgeLimits {
  maxAge: number
  maxSkew: number
}

/** Creates the refusal of a signature that no candidate matches. */
export type Mismatch = (claim: Claim, candidates: readonly Candidate[]) => Refusal

/** Options that decide if a claim is proved. */
export interface ProofRules {
  readonly candidates: CandidateSource
  readonly age: AgeLimits
  /** Epoch ms. */
  readonly now: () => number
}

/** Checks a claim against the credentials and the clock. */
export function prove(
  claim: Claim,
  incoming: IncomingDelivery,
  { candidates: source, age, now }: ProofRules,
  mismatch: Mismatch,
): Proven | Refusal | Promise<Proven | Refusal> {
  return after(source(claim.generation, incoming), (candidates) => {
    if (isRefusal(candidates)) return candidates
    const proof = matchCredential(claim, candidates)
    if (!proof) return mismatch(claim, candidates)
    const signedAt = checkAge(proof.timestamp, now(), age)
    if (isRefusal(signedAt)) return signedAt
    const { generation, credential, key, timestamp, signature } = proof
    // Not by a spread: V8 creates a hidden class for each object that is extended after one.
    return { generation, credential, key, timestamp, signature, signedAt }
  })
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
    return refusing('signature_missing')(
      'half_header_pair',
      'Response-Signature and Response-Timestamp come as a pair; one is missing.',
    )
  return { generation: 'v3', signature, possibleSignedStrings: [timestamp] }
}

/** The claim in a v1 body. contract/v1.md §2. */
export function bodyClaim(body: unknown, hadDate?: boolean): Claim | Refusal {
  const { signature, timestamp } = (body ?? {}) as { signature?: unknown; timestamp?: unknown }
  if (typeof signature !== 'string' || signature === '' || timestamp === undefined || timestamp === null)
    return refuse('signature_missing')
  if (typeof timestamp !== 'string' && typeof timestamp !== 'number') return refuse('timestamp_invalid')
  // A string of a megabyte is not worth an HMAC for every key.
  if (signature.length > maxHeaderLength) return refuse('signature_mismatch')
  if (String(timestamp).length > maxHeaderLength) return refuse('timestamp_invalid')
  return { generation: 'v1', signature, possibleSignedStrings: possibleSignedStrings(timestamp), hadDate }
}

/** Tries every candidate, and never stops early, so that the time taken does not tell which one matched. */
export function matchCredential(claim: Claim, candidates: readonly Candidate[]): Proof | undefined {
  const { generation, signature } = claim
  let proof: Proof | undefined
  for (const candidate of candidates) {
    const timestamp = signedString(claim, candidate)
    if (timestamp !== undefined)
      proof ??= { generation, credential: candidate.credential, key: candidate, timestamp, signature }
  }
  return proof
}

/**
 * The string that the candidate signed. v3 writes partner ids without leading zeros in some places, and the form that
 * it signs is not published: the second is tried unless the first matches. contract/v3.md §1.
 */
function signedString(
  { generation, signature, possibleSignedStrings: strings }: Claim,
  candidate: Candidate,
): string | undefined {
  const isSignedBy = (key: SigningKey) => (timestamp: string) => constantTimeEqual(sign(timestamp, key), signature)
  const found = strings.find(isSignedBy(candidate))
  if (found !== undefined || generation === 'v1') return found
  const bare = candidate.partnerId.replace(/^0+(?=.)/, '')
  return bare === candidate.partnerId ? undefined : strings.find(isSignedBy({ ...candidate, partnerId: bare }))
}

/** Returns the signed time, unless it is too old or in the future. `now` in epoch ms. */
export function checkAge(timestamp: string, now: number, { maxAge, maxSkew }: AgeLimits): number | Refusal {
  const signedAt = parseTimestamp(timestamp)
  if (signedAt === undefined) return refuse('timestamp_invalid')
  if (now - signedAt > maxAge) return refuseAge('timestamp_expired', timestamp, signedAt, now - signedAt, maxAge)
  if (signedAt - now > maxSkew) return refuseAge('timestamp_in_future', timestamp, signedAt, now - signedAt, maxSkew)
  return signedAt
}

const minute = 60_000
const hour = 60 * minute

/** Explains a signature that is too old or in the future. `age` in ms, negative in the future. */
function refuseAge(
  code: 'timestamp_expired' | 'timestamp_in_future',
  timestamp: string,
  signedAt: number,
  age: number,
  limit: number,
): Refusal {
  const [cause, why] = causeOfAge(timestamp, age, limit)
  const [how, option] = age >= 0 ? ['old', 'maxAge'] : ['ahead', 'maxSkew']
  const hint = `The signature is ${duration(age)} ${how}, and ${option} is ${duration(limit)}: ${why}.`
  const details = { signedAt: new Date(signedAt).toISOString(), ageMs: Math.round(age), limitMs: limit }
  return refusing(code)(cause, hint, details)
}

function causeOfAge(timestamp: string, age: number, limit: number): [ReceiverCause, string] {
  if (/^\d{9,11}$/.test(timestamp))
    return ['epoch_seconds', 'the timestamp is in seconds, and Smile ID counts milliseconds']
  if (age > 0 && limit < minute) return ['max_age_short', 'it is in ms, and was probably set in seconds']
  const hours = Math.round(age / hour)
  if (hours !== 0 && Math.abs(hours) <= 14 && Math.abs(age - hours * hour) <= 3 * minute)
    return ['time_zone', 'whole hours, so this clock or a time zone is wrong']
  return age > 0
    ? ['stale', 'a late retry, a clock that is ahead, or a replay of an old callback']
    : ['clock_behind', 'the clock of this machine is behind']
}
