import { definedOnly, isRecord, type Json } from '../../lib/json.ts'
import { asString, booleanOf, idOf, isAvailable, numberOf, paddedNumber, recordOf } from '../scalars.ts'

/** The fields that decide how a v1 callback is read. contract/v1.md §1.0. */
export type V1Envelope = NonNullable<ReturnType<typeof readEnvelope>>

/** The callback itself: flat, inside `result` as in 2019, or in the snake case of v2. contract/v1.md §1.13, §2. */
export function unwrap(body: Json): Json {
  if (sentCode(body) !== undefined) return body
  const inner = body['result']
  if (isRecord(inner)) return sentCode(inner) === undefined ? body : inner
  return isSnakeCase(body) ? fromSnakeCase(body) : body
}

/** v2's names of job types. contract/v1.md §1.2. */
const jobTypes: ReadonlyMap<unknown, number> = new Map<unknown, number>([
  ['smart_selfie_authentication', 2],
  ['smart_selfie_enrollment', 4],
])

const isSnakeCase = ({ code, product, result, status }: Json): boolean =>
  product === undefined
  && result === undefined
  && (status === undefined || isAvailable(asString(status)))
  && /^\d{4}$/.test(readCode(code) ?? '')

const snakeCase: ReadonlySet<string> = new Set(
  'code message job_id user_id job_type partner_params partner_id created_at updated_at status'.split(' '),
)

function fromSnakeCase(body: Json): Json {
  const { code, message, job_id, user_id, job_type, partner_params } = body
  const named = definedOnly({ job_id, user_id, job_type: jobTypes.get(job_type) ?? job_type })
  const rest = Object.fromEntries(Object.entries(body).filter(([key]) => !snakeCase.has(key)))
  return { ...rest, ResultCode: code, ResultText: message, PartnerParams: { ...named, ...recordOf(partner_params) } }
}

/** The v1 envelope of a body, or undefined if it has neither a result code nor a Smile Secure part. */
export function readEnvelope(body: Json) {
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
    /** Screening names the people it found. contract/v1.md §1.8. */
    hasPeople: Array.isArray(body['people']),
    /** Phone number verification names the fields that matched. contract/v1.md §1.11. */
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
