import type { IdInfoEvent, ResultEvent } from '../types/event.ts'
import { isScalar } from '../lib/json.ts'
import { idOf } from '../payload/scalars.ts'
import { isRecord, type Json } from '../lib/json.ts'
import type { CodeIndex } from '../payload/v1/code-index.ts'
import { decodeV1 } from '../payload/v1/decode.ts'
import { readEnvelope, unwrap } from '../payload/v1/envelope.ts'
import { sameText, sign, type SigningKey } from '../signature/sign.ts'
import { parseTimestamp, signedTexts } from '../signature/timestamp.ts'
import type { Asking, Confirmation } from './confirm.ts'
import { request } from './http.ts'
import type { Outcome, Product } from '../types/names.ts'

type Askable = ResultEvent<Product, Outcome, unknown> | IdInfoEvent<unknown>

/** How far the time in an answer may be from this clock, ms. */
const freshMs = 5 * 60_000

/** Reads a v1 job again. Contract v1, section 2. */
export async function askJobStatus(base: string, event: Askable, { key, codes, now, signal }: Asking): Promise<Confirmation> {
  const sent = sentParams(event.payload)
  const jobId = idOf(sent['job_id'])
  const userId = idOf(sent['user_id'])
  // Without both there is no question: Smile ID looks jobs up by the pair.
  if (jobId === undefined || userId === undefined) return 'unavailable'
  const timestamp = new Date(now).toISOString()
  const { status, body } = await request(`${base}/v1/job_status`, {
    method: 'POST',
    signal,
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({
      timestamp,
      signature: sign(timestamp, key),
      partner_id: key.partnerId,
      job_id: jobId,
      user_id: userId,
      history: true,
      image_links: false,
    }),
  })
  if (status !== 200 || !body || !isGenuine(body, key, now)) return 'unavailable'
  return compare(event, sent, body, codes)
}

/** Whether the answer is signed with our key, and lately: a stored one must not vouch for a later job. */
function isGenuine({ signature, timestamp }: Json, key: SigningKey, now: number): boolean {
  if (typeof signature !== 'string' || (typeof timestamp !== 'string' && typeof timestamp !== 'number')) return false
  return signedTexts(timestamp).some((text) => {
    const at = parseTimestamp(text)
    return sameText(sign(text, key), signature) && at !== undefined && Math.abs(now - at) <= freshMs
  })
}

function compare(event: Askable, sent: Json, { result, history, job_complete: isComplete }: Json, codes: CodeIndex): Confirmation {
  const says = (entry: Json): boolean => resultCodeOf(entry) === event.result.code
  const current = isRecord(result) ? result : {}
  if (says(current)) return agrees(event, sent, current, codes) ? 'confirmed' : 'contradicted'
  // What was true of a step or of an earlier stage stays in the history; an approval has to be true now.
  const isApproval = event.kind === 'result' && event.outcome === 'approved'
  const past = Array.isArray(history) ? (history as unknown[]).filter(isRecord) : []
  if (!isApproval && past.some((entry) => says(entry) && agrees(event, sent, entry, codes))) return 'confirmed'
  // A step that is not told of is no contradiction; another verdict is.
  const isSettled = (isComplete === true || isComplete === 'true') && resultCodeOf(current) !== undefined
  return isSettled && event.kind === 'result' ? 'contradicted' : 'unavailable'
}

const resultCodeOf = (entry: Json): string | undefined => readEnvelope(entry)?.ResultCode

function agrees(event: Askable, sent: Json, entry: Json, codes: CodeIndex): boolean {
  const { meaning, smileJobId } = decodeV1(entry, codes) ?? {}
  if (event.smileJobId !== undefined && smileJobId !== undefined && event.smileJobId !== smileJobId) return false
  // One code means another thing for another job type, or as long as it is not final.
  if (meaning?.kind !== event.kind || (meaning.kind === 'result' && event.kind === 'result' && meaning.outcome !== event.outcome)) return false
  return sameParams(sent, sentParams(entry))
}

/** Keys that Smile ID adds to one echo of the partner params and not to another. Contract v1, section 5. */
const added: ReadonlySet<string> = new Set(['link_id', 'FirstName', 'MiddleName', 'LastName', 'libraryVersion', 'user_created_at', 'ExpirationDate', 'sandbox_result'])

/** A key more, a key less or another value would lead the handler to another account. */
function sameParams(sent: Json, theirs: Json): boolean {
  const keys = new Set([...Object.keys(sent), ...Object.keys(theirs)])
  return [...keys].every((key) => {
    const ours = Object.hasOwn(sent, key)
    if (added.has(key) && ours !== Object.hasOwn(theirs, key)) return true
    return ours && Object.hasOwn(theirs, key) && comparable(sent[key]) === comparable(theirs[key])
  })
}

// job_type comes as a number here and as text there.
const comparable = (value: unknown): string => (isScalar(value) ? String(value) : JSON.stringify(value))

const sentParams = (payload: Json): Json => readEnvelope(unwrap(payload))?.PartnerParams ?? {}
