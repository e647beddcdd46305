import type { Decoded, Meaning } from '../decoded.ts'
import { definedOnly } from '../decoded.ts'
import type { Json } from '../scalars.ts'
import { idText } from '../scalars.ts'
import type { CodeIndex } from './code-index.ts'
import { readEnvelope, unwrap, type V1Envelope } from './envelope.ts'
import { productOf, readJobType } from './job-type.ts'
import { readSuspects, smileSecurePart } from './smile-secure.ts'

/** A v1 callback, read; undefined if it is none, or belongs to no job. Contract v1. */
export function decodeV1(body: Json, codes: CodeIndex): Decoded | undefined {
  const envelope = readEnvelope(unwrap(body))
  if (!envelope) return undefined
  const params = envelope.PartnerParams ?? {}
  const jobId = idText.parse(params['job_id']) ?? envelope.SmileJobID
  const jobType = readJobType(envelope, codes)
  const meaning = readMeaning(envelope, jobType, codes)
  if (jobId === undefined || !meaning) return undefined
  return {
    meaning,
    product: productOf(jobType, envelope),
    jobId,
    smileJobId: envelope.SmileJobID,
    userId: idText.parse(params['user_id']),
    partnerParams: params,
    result: definedOnly({
      code: envelope.ResultCode ?? idText.parse(smileSecurePart(envelope.Antifraud)?.['ResultCode']),
      message: envelope.ResultText ?? '',
      jobType,
      actions: envelope.Actions,
      confidence: envelope.ConfidenceValue,
      isFinalResult: envelope.IsFinalResult,
    }),
    payload: body,
  }
}

function readMeaning(envelope: V1Envelope, jobType: number | undefined, codes: CodeIndex): Meaning | undefined {
  const { ResultCode: code, Antifraud: antifraud } = envelope
  const suspects = () => readSuspects(antifraud)
  if (code === undefined) {
    const signal = antifraud?.['SuspectUsers'] ?? smileSecurePart(antifraud)
    return signal === undefined ? undefined : { kind: 'smile_secure', suspects: suspects() }
  }
  const meaning = codes.find(jobType, code)?.meaning ?? { kind: 'result', outcome: 'unknown' }
  if (meaning.kind === 'smile_secure') return { ...meaning, suspects: suspects() }
  // "Not final" in so many words outranks a code that would close the job. Contract v1, section 4.
  if (meaning.kind === 'result' && meaning.outcome !== 'unknown' && envelope.IsFinalResult === false) {
    return { kind: 'result', outcome: 'provisional' }
  }
  return meaning
}
