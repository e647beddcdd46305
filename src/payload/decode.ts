import { isRecord, type Json } from '../lib/json.ts'
import type { Generation } from '../types/event.ts'
import type { Outcome } from '../types/names.ts'
import type { Decoded } from './decoded.ts'
import { booleanOf } from './scalars.ts'
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
  if (decoded?.meaning.kind !== 'result' || !findContradiction(body, codes, signedBy, decoded.meaning.outcome))
    return decoded
  return { ...decoded, meaning: { kind: 'result', outcome: 'unknown' } }
}

/**
 * Finds a body that contradicts itself: two codes, a v3 status and a code that never means the same, an approval
 * without success or of a person who is listed. contract/v3.md §2.1.
 */
export function findContradiction(body: Json, codes: CodeIndex, signedBy: Generation, read: Outcome): boolean {
  const flat = unwrap(body)
  if (hasTwoCodes(body)) return true
  const status = wordOf(body['status'])
  const envelope = read === 'approved' || status !== '' ? readEnvelope(flat) : undefined
  if (envelope?.ResultCode === undefined) return false
  if (read === 'approved' && (isListed(envelope) || (flat !== body && booleanOf(body['job_success']) === false)))
    return true
  if (status === '') return false
  // With v3 headers the status counts, and an unknown one says nothing.
  const said = signedBy === 'v3' ? (outcomeByStatus.get(body['status']) ?? 'unknown') : outcomeByStatus.get(status)
  return said !== undefined && !mayMean(envelope, envelope.ResultCode, said, codes)
}

const wordOf = (value: unknown): string =>
  typeof value === 'string' && value.length <= longestWord ? value.trim().toLowerCase() : ''

const longestWord = 32

/** contract/v1.md §1.8. */
const isListed = ({ Actions: actions }: V1Envelope): boolean =>
  isRecord(actions) && wordOf(actions['Listed']) === 'listed'

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
