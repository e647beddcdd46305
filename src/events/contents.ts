import { isRecord, isScalar, type Json } from '../lib/json.ts'
import type { Decoded } from '../payload/decoded.ts'
import { unwrap } from '../payload/v1/envelope.ts'
import { readJobType } from '../payload/v1/subject.ts'
import { asSent, digest, write, writeKeys, type Facts } from './canonical.ts'

/** What is read of a body by itself, however it was written, so that its spelling does not count. */
const read = ['ResultCode', 'result_code', 'SmileJobID', 'smile_job_id', 'PartnerParams', 'partner_params', 'ConfidenceValue', 'IsFinalResult']

/** Change from one sending of a fact to the next. */
const volatile = ['timestamp', 'signature', 'sec_key', 'ImageLinks', 'image_links']

const left: ReadonlySet<string> = new Set([...read, ...volatile])

/** Of all of a body that no fact of its own stands for; of a wrapped one, also of what stands beside `result`, if anything. */
export function digestOfRest(body: Json): string {
  const facts: Facts = []
  const flat = unwrap(body)
  writeKeys(facts, flat, Object.keys(flat).filter((key) => !left.has(key)))
  const beside = flat === body ? [] : Object.keys(body).filter((key) => !left.has(key) && body[key] !== flat)
  if (beside.length > 0) writeKeys(facts, body, beside)
  return digest(facts)
}

/** Partner params as they were sent, readable or not. contract/v1.md §5; contract/v3.md §2.3. */
export function writeParams(facts: Facts, { shape, payload }: Decoded): void {
  const flat = shape === 'v1' ? unwrap(payload) : payload
  const sent = shape === 'v1' ? (flat['PartnerParams'] ?? flat['partner_params']) : flat['partner_params']
  if (!isRecord(sent)) return write(facts, sent, asSent)
  const jobType = readJobType(sent['job_type'])
  facts.push(String(jobType))
  writeKeys(facts, sent, jobType === undefined ? Object.keys(sent) : Object.keys(sent).filter((key) => key !== 'job_type'), asSent)
}

const v1Facts = ['FullName', 'FirstName', 'MiddleName', 'LastName', 'OtherName', 'OtherNames', 'DOB', 'IDNumber', 'SecondaryIDNumber', 'IDType', 'Country']
const v3Facts = ['full_name', 'first_name', 'last_name', 'other_names', 'date_of_birth', 'id_number', 'id_type', 'country']

/** Where else an app finds whom a result is about. */
const parts: readonly (readonly [string, readonly string[]])[] = [
  ['id_fields', v3Facts],
  ['user_provided_info', ['given_names', 'last_name']],
  ['company_information', ['legal_name', 'registration_number']],
  ['people', ['name']],
  ['additional_documents', ['full_name', 'id_number']],
  ['antifraud', ['summary', 'smile_secure']],
  ['Antifraud', ['summary', 'smile_secure', 'SuspectUsers']],
]

/** What an app would store of a person or company: names, numbers of documents, dates of birth, whom they may also be; of either generation. */
export function writeIdentity(facts: Facts, payload: Json): void {
  const flat = unwrap(payload)
  writeNamed(facts, flat, v1Facts)
  for (const [key, names] of parts) {
    const part = flat[key]
    if (typeof part !== 'object' || part === null) continue
    facts.push(key)
    for (const one of Array.isArray(part) ? (part as unknown[]) : [part]) {
      facts.push(null)
      if (isRecord(one)) writeNamed(facts, one, names)
    }
  }
}

/** Each value that is there, after its place among the names. */
function writeNamed(facts: Facts, object: Json, names: readonly string[]): void {
  for (let at = 0; at < names.length; at += 1) {
    const value = object[names[at] ?? '']
    if (value === undefined || value === null) continue
    facts.push(at)
    if (isScalar(value)) facts.push(withoutZeros(String(value)))
    else write(facts, value)
  }
}

/** A number of a document that was sent as a number has lost the zeros it began with. */
export const withoutZeros = <T extends string | undefined>(value: T): T | string =>
  value !== undefined && value.length <= 64 && /^0\d+$/.test(value) ? value.replace(/^0+(?=\d)/, '') : value
