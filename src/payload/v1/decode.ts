import { definedOnly, isScalar, type Json } from '../../lib/json.ts'
import { type Product, rowOf } from '../../types/products.ts'
import { type Decoded, type Meaning, retryOf } from '../decoded.ts'
import { type FraudSigns, readFraud, smileSecurePart } from '../fraud.ts'
import { newKeysOf, type NewWord, notesOn } from '../notes.ts'
import { booleanOf, idOf, isAvailable, paddedNumber } from '../scalars.ts'
import { fieldsOf } from '../schema.ts'
import type { CodeRow } from './code-table.ts'
import { readEnvelope, unwrap, type V1Envelope } from './envelope.ts'
import { type CodeIndex, meaningOf, readMatch, readSubject, type Subject } from './subject.ts'

/** Decodes a v1 callback; undefined if it is something else, or belongs to no job. contract/v1.md. */
export function decodeV1(body: Json, codes: CodeIndex): Decoded | undefined {
  const flat = unwrap(body)
  const envelope = readEnvelope(flat)
  if (!envelope) return undefined
  const params = envelope.PartnerParams ?? {}
  const jobId = idOf(params['job_id']) ?? envelope.SmileJobID
  const subject = readSubject(envelope, codes)
  const isOpen = envelope.IsFinalResult === false || (flat !== body && booleanOf(body['job_complete']) === false)
  const row = envelope.ResultCode === undefined ? undefined : codes.find(subject.rows, envelope.ResultCode)
  const signs = readFraud(flat, row?.meaning.kind === 'smile_secure' ? row.code : undefined)
  const meaning = readMeaning(envelope, isOpen, row, signs)
  if (jobId === undefined || !meaning) return undefined
  const product = readProduct(meaning, subject)
  const isError = meaning.kind === 'result' ? meaning.outcome === 'error' : meaning.kind === 'id_info'
  const notes = notesOn(flat, fieldsOf(product, 'v1'))
  return {
    shape: 'v1',
    meaning,
    facts: {
      meaning: row ? meaningOf(row) : meaning.kind === 'result' ? 'inferred' : 'documented',
      ...(meaning.kind === 'result' && definedOnly({ ...signs, ...readMatch(product, envelope) })),
      ...(isError && definedOnly({ retry: retryOf(envelope.ResultCode) })),
    },
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
    news: [...newWords(envelope, subject, row, codes), ...newKeysOf(notes)],
  }
}

/** A signal for a product that has none is about an unknown product. contract/v1.md §1.9. */
const readProduct = (meaning: Meaning, { product }: Subject): Product =>
  meaning.kind === 'smile_secure' && !(rowOf(product).kinds as readonly string[]).includes(meaning.kind)
    ? 'unknown'
    : product

function readMeaning(
  { ResultCode: code, Antifraud: antifraud }: V1Envelope,
  isOpen: boolean,
  row: CodeRow | undefined,
  { fraud = 'failed', suspects }: FraudSigns,
): Meaning | undefined {
  const signal: Meaning = { kind: 'smile_secure', fraud, suspects }
  if (code === undefined) return (antifraud?.['SuspectUsers'] ?? smileSecurePart(antifraud)) ? signal : undefined
  const meaning = row?.meaning ?? { kind: 'result', outcome: 'unknown' }
  if (meaning.kind === 'smile_secure') return signal
  // An explicit "not final" outranks a code that would close the job. contract/v1.md §4.
  return isOpen && meaning.kind === 'result' && meaning.outcome !== 'unknown'
    ? { kind: 'result', outcome: 'provisional' }
    : meaning
}

/** A job type or code that no table has, a code that only another job type has, or one whose meaning is inferred. */
function newWords(
  { ResultCode: code, PartnerParams: params }: V1Envelope,
  { product, jobType, rows }: Subject,
  row: CodeRow | undefined,
  codes: CodeIndex,
): NewWord[] {
  const sent = params?.['job_type']
  if (product === 'unknown' && jobType !== 5 && isAvailable(sent) && isScalar(sent))
    return [{ kind: 'product', path: 'PartnerParams.job_type', word: String(sent) }]
  if (code === undefined || (row && meaningOf(row) === 'documented')) return []
  if (!row && rows === undefined && codes.all(code).length > 0) return []
  return [{ kind: row ? 'meaning' : 'code', path: 'ResultCode', word: `${jobType ?? ''}:${code}` }]
}
