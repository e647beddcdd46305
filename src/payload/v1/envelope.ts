import { booleanOf, idOf, numberOf, recordOf, asString } from '../scalars.ts'
import { isRecord, type Json } from '../../lib/json.ts'

/** What every v1 callback is read by. Contract v1, section 1.0. */
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
}

/** The callback itself: flat, or inside `result` as in 2019. Contract v1, section 2. */
export function unwrap(body: Json): Json {
  const inner = body['result']
  return body['ResultCode'] === undefined && isRecord(inner) && inner['ResultCode'] !== undefined ? inner : body
}

/** The v1 envelope of a body, or undefined if it has neither a result code nor a Smile Secure part. */
export function readEnvelope(body: Json): V1Envelope | undefined {
  if (!isV1Envelope(body)) return undefined
  return {
    ResultCode: resultCode(body),
    // The other spelling is read by receivers in the field, never captured. Contract v1, section 1.0.
    ResultText: asString(body['ResultText'] ?? body['result_text']),
    ResultType: asString(body['ResultType']),
    SmileJobID: idOf(body['SmileJobID'] ?? body['smile_job_id']),
    PartnerParams: recordOf(body['PartnerParams'] ?? body['partner_params']),
    Actions: recordOf(body['Actions']),
    ConfidenceValue: numberOf(body['ConfidenceValue']),
    IsFinalResult: booleanOf(body['IsFinalResult']),
    Antifraud: recordOf(body['Antifraud']),
  }
}

/** Whether `decodeV1` reads this body rather than `decodeV3`. */
export const isV1Body = (body: Json): boolean => isV1Envelope(unwrap(body))

const isV1Envelope = (body: Json): boolean => resultCode(body) !== undefined || isRecord(body['Antifraud'])

/** A number lost its leading zero on the way: the codes have four digits. */
function resultCode(body: Json): string | undefined {
  const sent = body['ResultCode'] ?? body['result_code']
  if (typeof sent === 'string') return sent === '' ? undefined : sent
  return Number.isSafeInteger(sent) && (sent as number) >= 0 ? String(sent).padStart(4, '0') : undefined
}
