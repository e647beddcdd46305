import { definedOnly, isScalar, type Json } from '../../lib/json.ts'
import { type Product, rowOf } from '../../types/products.ts'
import type { Decoded, Meaning } from '../decoded.ts'
import { newKeysOf, type NewWord, notesOn } from '../notes.ts'
import { booleanOf, idOf, isAvailable, paddedNumber } from '../scalars.ts'
import { outlineFor } from '../schema/index.ts'
import { readEnvelope, readSuspects, smileSecurePart, unwrap, type V1Envelope } from './envelope.ts'
import { type CodeIndex, readSubject, type Subject } from './subject.ts'

/** Decodes a v1 callback; undefined if it is something else, or belongs to no job. contract/v1.md. */
export function decodeV1(body: Json, codes: CodeIndex): Decoded | undefined {
  const flat = unwrap(body)
  const envelope = readEnvelope(flat)
  if (!envelope) return undefined
  const params = envelope.PartnerParams ?? {}
  const jobId = idOf(params['job_id']) ?? envelope.SmileJobID
  const subject = readSubject(envelope, codes)
  const isOpen = envelope.IsFinalResult === false || (flat !== body && booleanOf(body['job_complete']) === false)
  const meaning = readMeaning(envelope, isOpen, subject, codes)
  if (jobId === undefined || !meaning) return undefined
  const product = readProduct(meaning, subject)
  const notes = notesOn(flat, outlineFor(product, 'v1'))
  return {
    shape: 'v1',
    meaning,
    product,
    jobId,
    smileJobId: envelope.SmileJobID,
    userId: idOf(params['user_id']),
    partnerParams: params,
    result: definedOnly({
      code: envelope.ResultCode ?? paddedNumber(smileSecurePart(envelope.Antifraud)?.['ResultCode'], 4),
      message: envelope.ResultText ?? '',
      jobType: subject.jobType,
      actions: envelope.Actions,
      confidence: envelope.ConfidenceValue,
      isFinalResult: envelope.IsFinalResult,
    }),
    payload: body,
    notes: notes.types,
    news: [...newWords(envelope, subject, codes), ...newKeysOf(notes)],
  }
}

/** A signal for a product that has none is about an unknown product. contract/v1.md §1.9. */
const readProduct = (meaning: Meaning, { product }: Subject): Product =>
  meaning.kind === 'smile_secure' && !(rowOf(product).kinds as readonly string[]).includes(meaning.kind)
    ? 'unknown'
    : product

function readMeaning(envelope: V1Envelope, isOpen: boolean, { rows }: Subject, codes: CodeIndex): Meaning | undefined {
  const { ResultCode: code, Antifraud: antifraud } = envelope
  const suspects = () => readSuspects(antifraud)
  if (code === undefined) {
    const signal = antifraud?.['SuspectUsers'] ?? smileSecurePart(antifraud)
    return signal === undefined ? undefined : { kind: 'smile_secure', suspects: suspects() }
  }
  const meaning = codes.find(rows, code)?.meaning ?? { kind: 'result', outcome: 'unknown' }
  if (meaning.kind === 'smile_secure') return { ...meaning, suspects: suspects() }
  // An explicit "not final" outranks a code that would close the job. contract/v1.md §4.
  return isOpen && meaning.kind === 'result' && meaning.outcome !== 'unknown'
    ? { kind: 'result', outcome: 'provisional' }
    : meaning
}

/** A job type or code that no table has. A code that only another job type has is news as well. */
function newWords(
  { ResultCode: code, PartnerParams: params }: V1Envelope,
  { product, jobType, rows }: Subject,
  codes: CodeIndex,
): NewWord[] {
  const sent = params?.['job_type']
  if (product === 'unknown' && jobType !== 5 && isAvailable(sent) && isScalar(sent))
    return [{ kind: 'product', path: 'PartnerParams.job_type', word: String(sent) }]
  if (code === undefined || codes.find(rows, code) !== undefined || (rows === undefined && codes.all(code).length > 0))
    return []
  return [{ kind: 'code', path: 'ResultCode', word: `${jobType ?? ''}:${code}` }]
}
