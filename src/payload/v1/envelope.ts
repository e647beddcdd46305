import { isRecord, type Json } from '../../lib/json.ts'
import type { Suspect } from '../../types/event.ts'
import { asString, booleanOf, idOf, numberOf, paddedNumber, recordOf } from '../scalars.ts'

/** The fields that decide how a v1 callback is read. contract/v1.md §1.0. */
export interface V1Envelope {
  ResultCode: string | undefined
  ResultText: string | undefined
  ResultType: string | undefined
  SmileJobID: string | undefined
  PartnerParams: Json | undefined
  Actions: Json | undefined
  ConfidenceValue: number | undefined
  IsFinalResult: boolean | undefined
  Antifraud: Json | undefined
  /** Screening names the people it found. contract/v1.md §1.8. */
  hasPeople: boolean
  /** Phone number verification names the fields that matched. contract/v1.md §1.11. */
  hasMatchedFields: boolean
}

/** The callback itself: flat, or inside `result` as in 2019. contract/v1.md §2. */
export function unwrap(body: Json): Json {
  const inner = body['result']
  return sentCode(body) === undefined && isRecord(inner) && sentCode(inner) !== undefined ? inner : body
}

/** The v1 envelope of a body, or undefined if it has neither a result code nor a Smile Secure part. */
export function readEnvelope(body: Json): V1Envelope | undefined {
  if (!isV1Envelope(body)) return undefined
  return {
    ResultCode: readCode(sentCode(body)),
    // Receivers in the field read the other spelling; it was never captured. contract/v1.md §1.0.
    ResultText: asString(body['ResultText'] ?? body['result_text']),
    ResultType: asString(body['ResultType']),
    SmileJobID: smileJobId(body['SmileJobID'] ?? body['smile_job_id']),
    PartnerParams: recordOf(body['PartnerParams'] ?? body['partner_params']),
    Actions: recordOf(body['Actions']),
    ConfidenceValue: numberOf(body['ConfidenceValue']),
    IsFinalResult: booleanOf(body['IsFinalResult']),
    Antifraud: recordOf(body['Antifraud']),
    hasPeople: Array.isArray(body['people']),
    hasMatchedFields: isRecord(body['MatchedFields']),
  }
}

/** True if `decodeV1` can read this body. */
export const isV1Body = (body: Json): boolean => isV1Envelope(unwrap(body))

/** True if the spellings of the code, or those outside and inside `result`, differ: none can be believed. */
export function hasTwoCodes(body: Json): boolean {
  const { ResultCode: code, result_code: other, result } = body
  // Nearly all bodies have one.
  if (other === undefined && result === undefined) return false
  const inner: Json = isRecord(result) ? result : {}
  const read = [code, other, inner['ResultCode'], inner['result_code']].map(readCode).filter((one) => one !== undefined)
  return read.some((one) => one !== read[0])
}

const isV1Envelope = (body: Json): boolean => readCode(sentCode(body)) !== undefined || isRecord(body['Antifraud'])

const sentCode = (body: Json): unknown => body['ResultCode'] ?? body['result_code'] ?? undefined

/** Four digits. */
const readCode = (sent: unknown): string | undefined => paddedNumber(sent, 4)

/** Ten digits; a string stays as it is, for none was seen that had lost its zeros. */
const smileJobId = (sent: unknown): string | undefined =>
  typeof sent === 'number' ? paddedNumber(sent, 10) : idOf(sent)

/** The suspects of both shapes: `SuspectUsers` on `Antifraud`, or on `Antifraud.smile_secure`. contract/v1.md §1.9. */
export const readSuspects = (antifraud: Json | undefined): Suspect[] =>
  listSuspects(antifraud?.['SuspectUsers'] ?? smileSecurePart(antifraud)?.['SuspectUsers'])

/**
 * Everyone who is named: in an array, alone, or in an object by user id; ids as string or number. A suspect that is
 * missed is a warning that no one sees.
 */
export function listSuspects(users: unknown): Suspect[] {
  if (Array.isArray(users)) {
    const suspects: Suspect[] = []
    for (const user of users as unknown[]) suspects.push(...readSuspect(user))
    return suspects
  }
  if (!isRecord(users)) return readSuspect(users)
  const alone = readSuspect(users)
  return alone.length > 0 ? alone : Object.entries(users).flatMap(([key, user]) => readSuspect(user, key))
}

export function smileSecurePart(antifraud: Json | undefined): Json | undefined {
  const part = antifraud?.['smile_secure']
  return isRecord(part) ? part : undefined
}

/** `key`: the user's id if the object that holds it is keyed by them; then the value may be the reasons alone. */
function readSuspect(user: unknown, key?: string): Suspect[] {
  if (!isRecord(user)) return key === undefined ? named(idOf(user), []) : named(key, textsOf(user))
  const { user_id: userId, reason, reasons } = user
  // An array that became an object is keyed by its indexes.
  const byKey = key !== undefined && !/^\d+$/.test(key) ? key : undefined
  return named(idOf(userId) ?? byKey, textsOf(reasons ?? reason))
}

const named = (userId: string | undefined, reasons: string[]): Suspect[] =>
  userId === undefined ? [] : [{ userId, reasons }]

const textsOf = (reasons: unknown): string[] =>
  (Array.isArray(reasons) ? (reasons as unknown[]) : [reasons]).filter((one) => typeof one === 'string')
