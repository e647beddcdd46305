import { isRecord, isScalar, type Json } from '../lib/json.ts'
import type { Decoded } from '../payload/decoded.ts'
import { unwrap } from '../payload/v1/envelope.ts'
import { readJobType } from '../payload/v1/subject.ts'
import type { DeliveryInfo } from '../types/delivery.ts'
import type { SmileIdEvent } from '../types/event.ts'
import { echoParams } from './partner-params.ts'
import { asSent, digest, type Facts, write, writeKeys } from './canonical.ts'

/** The parts of a delivery that count: the reference of the callback URL, path params of the mount. */
type Addressed = Pick<DeliveryInfo, 'reference' | 'params'>

/** Owner of the jobs: one job id of two realms is two jobs. */
export interface Realm {
  readonly partnerId: string
  /** The environment, where a partner has several; undefined for production. */
  readonly realm: string | undefined
}

/** The ids of an event. */
export type Ids = Pick<SmileIdEvent, 'id' | 'verdictId' | 'recipientId'>

/** The job that an event is about: for code that handles one event of a job at a time. */
export const jobKey = (partnerId: string, jobId: string): string => `${partnerId.length}:${partnerId}${jobId}`

/**
 * All ids of an event. `id` identifies a delivery's content: the same each time it is sent, and different for any
 * change that a forger makes to data that handlers act on. src/events/README.md has them in one table.
 */
export function idsOf(decoded: Decoded, addressed: Addressed, realm: Realm): Ids {
  const { reference, params } = addressed
  const { meaning, product, smileJobId, userId = null, payload } = decoded
  const { code = null, status = null, reason = null, message, isFinalResult, confidence, actions } = decoded.result
  const rest = isOpenEvent(decoded) ? digestOfRest(payload) : undefined
  const verdict = verdictId(realm, decoded, rest)
  const facts: Facts = [
    verdict,
    reference ?? null,
    product,
    withoutZeros(smileJobId) ?? null,
    userId,
    code,
    status,
    reason,
    message,
    String(isFinalResult),
    String(confidence),
  ]
  write(facts, params)
  writeParams(facts, decoded)
  write(facts, actions)
  // As sent, so that suspects that could not be read count too.
  if (meaning.kind === 'smile_secure') write(facts, antifraudOf(payload))
  if (rest === undefined) writeIdentity(facts, payload, meaning.kind)
  else facts.push(rest)
  return { id: digest(facts), verdictId: verdict, recipientId: recipientId(decoded, addressed) }
}

/** For whom a verdict is, besides the job that it is about: what a handler finds the account by. */
function recipientId(decoded: Decoded, { reference, params }: Addressed): string {
  const facts: Facts = ['recipient', reference ?? null, decoded.userId ?? null]
  write(facts, params, asSent)
  const sent = sentParams(decoded)
  if (isRecord(sent))
    writeKeys(
      facts,
      sent,
      Object.keys(sent).filter((key) => !ofJob.has(key)),
      asSent,
    )
  return digest(facts)
}

/** Counted by themselves, or given to one echo of the partner params and not to another. */
const ofJob: ReadonlySet<string> = new Set(['job_id', 'user_id', 'job_type', ...echoParams.sandbox])

/** Events that their meaning does not tell apart: the whole body counts, identity data included. */
const isOpenEvent = (decoded: Decoded): boolean =>
  isOpenVerdict(decoded) || decoded.product === 'aml_monitoring' || decoded.product === 'unknown'

/**
 * Identifies a statement about a job: the same by machine or person, for any confidence, wording, product name or
 * generation. Effects are keyed by it. `rest` is the digest of the rest of the body, if it is known already.
 */
export function verdictId({ partnerId, realm }: Realm, decoded: Decoded, rest?: string): string {
  const { code = null, status = null } = decoded.result
  const facts: Facts = ['verdict', partnerId, realm ?? null, jobOf(decoded), decoded.meaning.kind]
  writeSaid(facts, decoded)
  if (isOpenVerdict(decoded)) facts.push(code, status, rest ?? digestOfRest(decoded.payload))
  return digest(facts)
}

const mostSortedSuspects = 1_000

function writeSaid(facts: Facts, { meaning, payload }: Decoded): void {
  if (meaning.kind === 'result') facts.push(meaning.outcome)
  if (meaning.kind === 'id_info') facts.push(meaning.idStep)
  if (meaning.kind !== 'smile_secure') return
  facts.push(meaning.fraud)
  // Suspects that cannot be read differ from no suspects.
  if (meaning.suspects.length === 0 && meaning.fraud === 'detected') return write(facts, antifraudOf(payload))
  // Sorting a hundred thousand costs more than parsing them: what follows counts in the order sent.
  const { suspects } = meaning
  const sorted = [...new Set(suspects.slice(0, mostSortedSuspects).map(({ userId }) => userId))].sort()
  facts.push(sorted.length + Math.max(0, suspects.length - mostSortedSuspects), ...sorted)
  for (let i = mostSortedSuspects; i < suspects.length; i += 1) facts.push(suspects[i]?.userId ?? null)
}

function antifraudOf(payload: Json): unknown {
  const { Antifraud: v1, antifraud: v3 } = unwrap(payload)
  return v3 === undefined ? v1 : [v1, v3]
}

/** Each of these says something else. The first result of AML with monitoring is a verdict like any other. */
const isOpenVerdict = ({ meaning }: Decoded): boolean =>
  meaning.kind === 'monitoring' || (meaning.kind === 'result' && meaning.outcome === 'unknown')

/** The partner's job id, or Smile ID's. */
const jobOf = ({ jobId, smileJobId }: Decoded): string => (jobId === smileJobId ? withoutZeros(jobId) : jobId)

/**
 * Keys that are read into facts of their own, so that their spelling does not count, and those that change each time a
 * fact is sent.
 */
const leftOut = new Set(
  `ResultCode result_code SmileJobID smile_job_id PartnerParams partner_params ConfidenceValue IsFinalResult
  timestamp signature sec_key ImageLinks image_links`.match(/\w+/g),
)

/** Digest of every field not already covered elsewhere, including siblings of `result` in a wrapped body. */
function digestOfRest(body: Json): string {
  const facts: Facts = []
  const flat = unwrap(body)
  const keysOf = (object: Json) => Object.keys(object).filter((key) => !leftOut.has(key))
  writeKeys(facts, flat, keysOf(flat))
  const beside = flat === body ? [] : keysOf(body).filter((key) => body[key] !== flat)
  if (beside.length > 0) writeKeys(facts, body, beside)
  return digest(facts)
}

/** Partner params as sent, readable or not. contract/v1.md §5; contract/v3.md §2.3. */
function writeParams(facts: Facts, decoded: Decoded): void {
  const sent = sentParams(decoded)
  if (!isRecord(sent)) return write(facts, sent, asSent)
  const jobType = readJobType(sent['job_type'])
  facts.push(String(jobType))
  const keys = Object.keys(sent).filter((key) => jobType === undefined || key !== 'job_type')
  writeKeys(facts, sent, keys, asSent)
}

function sentParams({ shape, payload }: Decoded): unknown {
  const flat = shape === 'v1' ? unwrap(payload) : payload
  return shape === 'v1' ? (flat['PartnerParams'] ?? flat['partner_params']) : flat['partner_params']
}

const v1Facts =
  'FullName FirstName MiddleName LastName OtherName OtherNames DOB IDNumber SecondaryIDNumber IDType Country'.split(' ')
const v3Facts = 'full_name first_name last_name other_names date_of_birth id_number id_type country'.split(' ')

const antifraud = 'summary smile_secure SuspectUsers suspect_users ResultCode status'.split(' ')

/** Other places where an app finds whom a result is about. */
const parts: readonly (readonly [string, readonly string[]])[] = [
  ['id_fields', v3Facts],
  ['user_provided_info', ['given_names', 'last_name']],
  ['company_information', ['legal_name', 'registration_number']],
  ['people', ['name']],
  ['additional_documents', ['full_name', 'id_number']],
  ['antifraud', antifraud],
  ['Antifraud', antifraud],
]

/**
 * Writes the identity data that an app would store of a person or company, in either generation: names, document
 * numbers, dates of birth, suspects.
 */
function writeIdentity(facts: Facts, payload: Json, kind: Decoded['meaning']['kind'] = 'result'): void {
  const flat = unwrap(payload)
  writeNamed(facts, flat, v1Facts)
  for (const [key, names] of parts) {
    const part = flat[key]
    if (typeof part !== 'object' || part === null) continue
    // Written whole above.
    if (names === antifraud && kind === 'smile_secure') continue
    facts.push(key)
    for (const one of Array.isArray(part) ? (part as unknown[]) : [part]) {
      facts.push(null)
      if (isRecord(one)) writeNamed(facts, one, names)
    }
  }
}

/** Writes each value that is present, after its index among the names. */
function writeNamed(facts: Facts, object: Json, names: readonly string[]): void {
  for (let at = 0; at < names.length; at += 1) {
    const value = object[names[at] ?? '']
    if (value === undefined || value === null) continue
    facts.push(at)
    if (isScalar(value)) facts.push(withoutZeros(String(value)))
    else write(facts, value)
  }
}

/** A document number that was sent as a number has lost its leading zeros. */
const withoutZeros = <T extends string | undefined>(value: T): T | string =>
  value !== undefined && value.length <= 64 && /^0\d+$/.test(value) ? value.replace(/^0+(?=\d)/, '') : value
