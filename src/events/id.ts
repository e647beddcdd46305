import type { Decoded, Meaning } from '../payload/decoded.ts'
import { sha256 } from '../signature/sha256.ts'
import { isScalar } from '../lib/json.ts'
import { bodyDigest, sortable } from './body-digest.ts'
import { scratch } from './scratch.ts'
import type { MatchedCredential } from '../types/event.ts'
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
 * The id of a fact: 32 hex digits over who it is for and what it says, each time the same.
 *
 * - for whom: `partnerId` and `environment` of the credential that matched
 * - about what: `kind`, `product`, `jobId`, `smileJobId`, `userId`
 * - what it says: `code`, `status`, `reason`, `message`, `isFinalResult`, `confidence`, the scalar values of
 *   `actions` by name, and of `smile_secure` the suspects
 * - for `monitoring`, and for what this version cannot tell apart (products `aml_monitoring` and `unknown`,
 *   outcome `unknown`): also a digest of the body, see `bodyDigest`
 *
 * Not in it: timestamp, signature, generation, key order, image links, photos, the credential's label.
 * One code comes twice for a document, before and after review, with another text. Contract v1, section 4.
 */
export function eventId({ credential: { partnerId, environment }, decoded }: IdentityFacts): string {
  const { meaning, product, jobId, smileJobId, userId, result } = decoded
  const { code, status, reason, message, isFinalResult, confidence, actions } = result
  // Before anything is written here: it takes the same bytes.
  const body = needsBody(decoded) ? bodyDigest(decoded.payload) : undefined
  scratch.begin()
  for (const fact of [partnerId, environment, meaning.kind, product, jobId, smileJobId, userId, code, status, reason, message, isFinalResult, confidence]) {
    scratch.writeScalar(fact)
  }
  writeScalars(actions)
  for (const suspect of sortedSuspects(meaning)) scratch.writeScalar(suspect)
  scratch.writeScalar(body)
  return sha256(scratch.take()).slice(0, 32)
}

/** Gives a new event the id that its receiver's own function makes of it. */
export function setOwnId(event: NewEvent, idOf: ((event: never) => unknown) | undefined): void {
  if (!idOf) return
  const id = idOf(event as never)
  if (typeof id !== 'string' || id.length === 0 || id.length > 255) throw new TypeError('eventId has to give a text of 1 to 255 characters.')
  event.id = id
}

// What cannot be told apart by its meaning must not be taken for the same.
const needsBody = ({ meaning, product }: Decoded): boolean =>
  meaning.kind === 'monitoring' || product === 'aml_monitoring' || product === 'unknown' || (meaning.kind === 'result' && meaning.outcome === 'unknown')

const sortedSuspects = (meaning: Meaning): string[] =>
  meaning.kind === 'smile_secure' ? meaning.suspects.map((suspect) => JSON.stringify(suspect)).sort() : []

/** By name; nested values do not count. */
function writeScalars(actions: Readonly<Record<string, unknown>> = {}): void {
  scratch.writeMark('{')
  for (const name of sortable(Object.keys(actions))) {
    const value = actions[name]
    if (!isScalar(value)) continue
    scratch.writeScalar(name)
    scratch.writeScalar(value)
  }
  scratch.writeMark('}')
}
