import * as z from 'zod'
import { booleanLike, idText, isRecord, numberLike, record, text, type Json } from '../scalars.ts'

// A number lost its leading zero on the way: the codes have four digits.
const resultCode = z
  .union([z.string().min(1), z.number().int().nonnegative().transform((code) => String(code).padStart(4, '0'))])
  .optional()
  .catch(undefined)

/** What every v1 callback is read by. Contract v1, section 1.0. */
export const v1Envelope = z.object({
  ResultCode: resultCode,
  ResultText: text,
  ResultType: text,
  SmileJobID: idText,
  PartnerParams: record,
  Actions: record,
  ConfidenceValue: numberLike,
  IsFinalResult: booleanLike,
  Antifraud: record,
})

export type V1Envelope = z.output<typeof v1Envelope>

/** The callback itself: flat, or inside `result` as in 2019. Contract v1, section 2. */
export function unwrap(body: Json): Json {
  const inner = body['result']
  return body['ResultCode'] === undefined && isRecord(inner) && inner['ResultCode'] !== undefined ? inner : body
}

/** The v1 envelope of a body, or undefined if it has neither a result code nor a Smile Secure part. */
export function readEnvelope(body: Json): V1Envelope | undefined {
  const envelope = v1Envelope.parse({
    ...pick(body),
    // Read by receivers in the field, never captured. Contract v1, section 1.0.
    ResultCode: body['ResultCode'] ?? body['result_code'],
    ResultText: body['ResultText'] ?? body['result_text'],
    SmileJobID: body['SmileJobID'] ?? body['smile_job_id'],
    PartnerParams: body['PartnerParams'] ?? body['partner_params'],
  })
  return envelope.ResultCode === undefined && envelope.Antifraud === undefined ? undefined : envelope
}

const pick = ({ ResultType, Actions, ConfidenceValue, IsFinalResult, Antifraud }: Json): Json => ({
  ResultType,
  Actions,
  ConfidenceValue,
  IsFinalResult,
  Antifraud,
})

/** Whether `decodeV1` reads this body rather than `decodeV3`. */
export const isV1Body = (body: Json): boolean => readEnvelope(unwrap(body)) !== undefined
