import { isRecord, type Json } from '../lib/json.ts'
import type { Decoded } from '../payload/decoded.ts'
import { unwrap } from '../payload/v1/envelope.ts'
import { readJobType } from '../payload/v1/subject.ts'
import { canonical, canonicalAsSent, canonicalObject, type Canonical } from './canonical.ts'

/** What is read of a body by itself, however it was written, so that its spelling does not count. */
const read = ['ResultCode', 'result_code', 'SmileJobID', 'smile_job_id', 'PartnerParams', 'partner_params', 'ConfidenceValue', 'IsFinalResult']

/** Change from one sending of a fact to the next. */
const volatile = ['timestamp', 'signature', 'sec_key', 'ImageLinks', 'image_links']

const left: ReadonlySet<string> = new Set([...read, ...volatile])

/** All of a body that no fact of its own stands for; of a wrapped one, also what stands beside `result`, if anything. */
export function restOfBody(body: Json): Canonical {
  const flat = unwrap(body)
  const ofLevel = (level: Json) => canonicalObject(level, (key, value) => (left.has(key) || (level !== flat && value === flat) ? undefined : canonical(value)))
  const beside = flat === body ? [] : ofLevel(body)
  return beside.length > 1 ? [ofLevel(flat), beside] : ofLevel(flat)
}

/** Partner params as they were sent, readable or not. contract/v1.md §5; contract/v3.md §2.3. */
export function paramsOf({ shape, payload }: Decoded): Canonical {
  const flat = shape === 'v1' ? unwrap(payload) : payload
  const sent = shape === 'v1' ? (flat['PartnerParams'] ?? flat['partner_params']) : flat['partner_params']
  if (!isRecord(sent)) return canonicalAsSent(sent)
  return canonicalObject(sent, (key, value) => canonicalAsSent(key === 'job_type' ? (readJobType(value) ?? value) : value))
}

const v1Facts = ['FullName', 'FirstName', 'MiddleName', 'LastName', 'OtherName', 'OtherNames', 'DOB', 'IDNumber', 'SecondaryIDNumber', 'IDType', 'Country']
const v3Facts = ['full_name', 'first_name', 'last_name', 'other_names', 'date_of_birth', 'id_number', 'id_type', 'country']

/** Where else an app finds whom a result is about. */
const parts: Readonly<Record<string, readonly string[]>> = {
  id_fields: v3Facts,
  user_provided_info: ['given_names', 'last_name'],
  company_information: ['legal_name', 'registration_number'],
  people: ['name'],
  additional_documents: ['full_name', 'id_number'],
  antifraud: ['summary', 'smile_secure'],
  Antifraud: ['summary', 'smile_secure', 'SuspectUsers'],
}

/** What an app would store of a person or company: names, numbers of documents, dates of birth, whom they may also be; of either generation. */
export function identityFacts(payload: Json): Canonical[] {
  const flat = unwrap(payload)
  const facts = factsOf(flat, v1Facts)
  for (const [key, names] of Object.entries(parts)) {
    const part = flat[key]
    for (const one of Array.isArray(part) ? (part as unknown[]) : [part]) facts.push(isRecord(one) ? factsOf(one, names) : null)
  }
  return facts
}

const factsOf = (object: Json, names: readonly string[]): Canonical[] => names.map((name) => withoutZeros(canonical(object[name])))

/** A number of a document that was sent as a number has lost the zeros it began with. */
export const withoutZeros = <T extends Canonical | undefined>(value: T): T | string =>
  typeof value === 'string' && value.length <= 64 && /^0\d+$/.test(value) ? value.replace(/^0+(?=\d)/, '') : value
