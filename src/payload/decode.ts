import { isRecord, type Json } from '../lib/json.ts'
import type { Generation } from '../types/delivery.ts'
import type { Outcome } from '../types/names.ts'
import type { Decoded, EventFacts } from './decoded.ts'
import { booleanOf, numberOf } from './scalars.ts'
import type { CodeRow } from './v1/code-table.ts'
import { decodeV1 } from './v1/decode.ts'
import { hasTwoCodes, readEnvelope, unwrap, type V1Envelope } from './v1/envelope.ts'
import { type CodeIndex, readSubject } from './v1/subject.ts'
import { decodeV3, type IdentityHeaders, outcomeByStatus } from './v3/decode.ts'

/**
 * Decodes a verified body by its shape: a body of the old shape may come with the new headers. A body with a status
 * *and* a code is read as the generation that signed it would write it; if they disagree, its outcome is `unknown`.
 * Undefined if this version knows no such callback. contract/v3.md §2.1.
 */
export function decode(
  body: unknown,
  headers: IdentityHeaders,
  codes: CodeIndex,
  signedBy: Generation,
): Decoded | undefined {
  if (!isRecord(body)) return undefined
  const v3First = signedBy === 'v3' && typeof body['status'] === 'string'
  const decoded = v3First
    ? (decodeV3(body, headers) ?? decodeV1(body, codes))
    : (decodeV1(body, codes) ?? decodeV3(body, headers))
  if (decoded?.meaning.kind !== 'result') return decoded
  const outcome = judge(body, decoded.meaning.outcome, decoded.facts, codes, signedBy)
  return outcome === decoded.meaning.outcome ? decoded : { ...decoded, meaning: { kind: 'result', outcome } }
}

/** The outcome to act on: not that of a body that contradicts itself, nor of one that a person has to see. */
function judge(body: Json, read: Outcome, facts: EventFacts, codes: CodeIndex, signedBy: Generation): Outcome {
  if (findContradiction(body, codes, signedBy, read)) return 'unknown'
  const { approvedWithFraud, partialMatch } = codes.policy
  const isDoubtful =
    (facts.fraud === 'detected' && approvedWithFraud === 'attention')
    || (facts.match === 'partial' && partialMatch === 'attention')
  return read === 'approved' && isDoubtful ? 'attention' : read
}

/**
 * Finds a body that contradicts itself: two codes, a v3 status and a code that never means the same, an approval
 * without success or of a person who is listed. contract/v3.md §2.1.
 */
function findContradiction(body: Json, codes: CodeIndex, signedBy: Generation, read: Outcome): boolean {
  const flat = unwrap(body)
  if (hasTwoCodes(body)) return true
  if (read === 'approved' && (isListed(flat) || (flat !== body && booleanOf(body['job_success']) === false)))
    return true
  const status = wordOf(body['status'])
  const envelope = status === '' ? undefined : readEnvelope(flat)
  if (envelope?.ResultCode === undefined) return false
  // With v3 headers the status counts, and an unknown one says nothing.
  const said =
    signedBy === 'v3'
      ? (outcomeByStatus.get(body['status']) ?? 'unknown')
      : (outcomeByStatus.get(status) ?? outcomeByV2Status.get(status))
  return said !== undefined && !mayMean(envelope, envelope.ResultCode, said, codes)
}

/** contract/v1.md §1.2. */
const outcomeByV2Status: ReadonlyMap<string, Outcome> = new Map<string, Outcome>([
  ['approved', 'approved'],
  ['rejected', 'rejected'],
  ['pending', 'provisional'],
])

const wordOf = (value: unknown): string =>
  typeof value === 'string' && value.length <= longestWord ? value.trim().toLowerCase() : ''

const longestWord = 32

/** People whom screening found, in either generation. contract/v1.md §1.8, contract/v3.md §2.4. */
const isListed = ({ Actions: actions, people, no_of_persons_found: found }: Json): boolean =>
  (isRecord(actions) && wordOf(actions['Listed']) === 'listed')
  || (typeof people === 'object' && people !== null && Object.keys(people).length > 0)
  || (numberOf(found) ?? 0) > 0

/** An unknown code says nothing, and so contradicts nothing. */
function mayMean(envelope: V1Envelope, code: string, said: Outcome, codes: CodeIndex): boolean {
  if (envelope.IsFinalResult === false) return said === 'provisional'
  const { rows } = readSubject(envelope, codes)
  const own = rows === undefined ? undefined : codes.find(rows, code)
  const possible = own ? [own] : codes.all(code)
  return possible.length === 0 || possible.some((row) => means(row, said))
}

// A match is `block` in v3 and `attention` in v1: the same fact. contract/v1.md §3.1.
const matches: ReadonlySet<string> = new Set(['1023', '1030'])

const means = ({ code, meaning }: CodeRow, said: Outcome): boolean =>
  meaning.kind === 'result'
  && (meaning.outcome === said || (said === 'rejected' && meaning.outcome === 'attention' && matches.has(code)))
