import { isSmileSecureProduct, type Product } from '../../types/names.ts'
import type { Decoded, Meaning } from '../decoded.ts'
import { definedOnly } from '../../lib/json.ts'
import type { Json } from '../../lib/json.ts'
import { idOf } from '../scalars.ts'
import type { CodeIndex } from './code-index.ts'
import { readEnvelope, unwrap, type V1Envelope } from './envelope.ts'
import { productOf, readJobType } from './job-type.ts'
import { notesOn } from '../notes.ts'
import { schemaOf } from '../schema/index.ts'
import { readSuspects, smileSecurePart } from './smile-secure.ts'

/** A v1 callback, read; undefined if it is none, or belongs to no job. Contract v1. */
export function decodeV1(body: Json, codes: CodeIndex): Decoded | undefined {
  const flat = unwrap(body)
  const envelope = readEnvelope(flat)
  if (!envelope) return undefined
  const params = envelope.PartnerParams ?? {}
  const jobId = idOf(params['job_id']) ?? envelope.SmileJobID
  const jobType = readJobType(envelope, codes)
  const meaning = readMeaning(envelope, jobType, codes)
  if (jobId === undefined || !meaning) return undefined
  const product = readProduct(meaning, jobType, envelope)
  return {
    meaning,
    product,
    jobId,
    smileJobId: envelope.SmileJobID,
    userId: idOf(params['user_id']),
    partnerParams: params,
    result: definedOnly({
      code: envelope.ResultCode ?? idOf(smileSecurePart(envelope.Antifraud)?.['ResultCode']),
      message: envelope.ResultText ?? '',
      jobType,
      actions: envelope.Actions,
      confidence: envelope.ConfidenceValue,
      isFinalResult: envelope.IsFinalResult,
    }),
    payload: body,
    notes: notesOn(flat, schemaOf(product, 'v1')),
  }
}

/** A signal beside a product that has none is one about we know not what. Contract v1, section 1.9. */
function readProduct(meaning: Meaning, jobType: number | undefined, envelope: V1Envelope): Product {
  const product = productOf(jobType, envelope)
  return meaning.kind !== 'smile_secure' || isSmileSecureProduct(product) ? product : 'unknown'
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
