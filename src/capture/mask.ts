import { isRecord } from '../lib/json.ts'
import { fieldsOf } from '../payload/schema.ts'
import { parseAddress } from '../receive/guards/address.ts'
import { parseTimestamp } from '../signature/sign.ts'
import type { Field } from '../types/payload/fields.ts'
import { productRows } from '../types/products.ts'

const mask = '***'

const mostDepth = 32
const mostItems = 20
const mostKeys = 200

/** The part of a value that a masked copy keeps. */
export interface MaskRules {
  /** Name of the nth key of an object in the copy. */
  readonly nameOf: (name: string, index: number) => string
  /** True for a value that identifies no one. */
  readonly keeps: (value: unknown, key: string) => boolean
  /** A key whose members are judged by its name, not by theirs. */
  readonly plainInside?: string
}

/** A copy whose values are masked, but for those that the rules keep. */
export function masked(value: unknown, rules: MaskRules, key = '', depth = 0): unknown {
  if (depth > mostDepth) return mask
  if (Array.isArray(value)) return value.slice(0, mostItems).map((one) => masked(one, rules, key, depth + 1))
  if (isRecord(value)) {
    const entries = Object.entries(value).slice(0, mostKeys)
    return Object.fromEntries(
      entries.map(([name, inner], index) => [
        rules.nameOf(name, index),
        masked(inner, rules, key === rules.plainInside ? key : name, depth + 1),
      ]),
    )
  }
  if (value === null || value === undefined || value === '') return value
  return rules.keeps(value, key) ? value : mask
}

/**
 * A copy of a body that identifies no one: documented keys, and the values that tell how the job went. Other keys may
 * hold data, so they are numbered.
 */
export const maskedBody = (value: unknown): unknown =>
  masked(value, {
    nameOf: (name, index) => (knownKeys().has(name) ? name : `key_${index + 1}`),
    keeps: (one, key) => typeof one === 'boolean' || plain.get(key)?.(String(one)) === true,
  })

const v3Names: ReadonlySet<string> = new Set(productRows.flatMap(({ v3Names: names }) => [...names]))

/** Keys whose values come from a fixed set, or have a form that reveals nothing about a person. */
const plain = new Map<string, (text: string) => boolean>([
  ['ResultCode', (text) => /^\d{4}$/.test(text)],
  ['job_type', (text) => /^\d{1,2}$/.test(text)],
  ['status', (text) => /^(clear|block|attention|error|processing)$/.test(text)],
  ['product', (text) => v3Names.has(text)],
  ['timestamp', isTimestamp],
  ['signature', isSignature],
])

/** True for a time of this century, in a form used by Smile ID or a proxy that rewrote it. */
export function isTimestamp(text: string): boolean {
  const time = text.length > 40 ? undefined : parseTimestamp(text.trim())
  if (time === undefined) return false
  const years = /^\d{10}$/.test(text) ? time / 31_556_952 + 1970 : time / 31_556_952_000 + 1970
  return years > 2020 && years < 2100
}

/**
 * True for 44 characters of base64, or a form changed in transit: a signature identifies a sender and a time, not a
 * person.
 */
export function isSignature(text: string): boolean {
  const bare = text.trim().replace(/^(["'])(.*)\1$/, '$2')
  return (
    /^[A-Za-z0-9+/ ]{43}=$/.test(bare)
    || /^[A-Za-z0-9+/_-]{43}=?$/.test(bare)
    || /^(?:[A-Za-z0-9]|%2[BbFf]){43}(?:%3[Dd])?$/.test(bare)
    || /^(?:sha256=)?[\dA-Fa-f]{64}$/.test(bare)
  )
}

/** Keys by which `inspect` recognizes other bodies. */
const otherKeys =
  'signature timestamp sec_key PartnerParams partner_params job_id user_id job_type body data payload event headers requestContext isBase64Encoded type createdAt error code success job_complete job_success result'

let keys: Set<string> | undefined

/** Every documented key, and the others. */
function knownKeys(): ReadonlySet<string> {
  if (keys) return keys
  const found = (keys = new Set(otherKeys.split(' ')))
  const visit = ({ fields, items }: Field): void => {
    for (const [name, inner] of fields ?? []) {
      found.add(name)
      visit(inner)
    }
    if (items) visit(items)
  }
  for (const { name } of productRows) for (const shape of ['v1', 'v3'] as const) visit(fieldsOf(name, shape))
  return found
}

type Keep = (value: string) => string

const whole =
  (known: (value: string) => boolean): Keep =>
  (value) =>
    known(value) ? value : mask

/** Addresses explain a refusal of the sender; the text between them does not. */
const addresses: Keep = (value) =>
  value
    .slice(-512)
    .split(/[,;]/)
    .slice(-10)
    .map((one) => addressIn(one.trim()))
    .join(', ')
const addressIn = (text: string): string =>
  parseAddress(text.replace(/^for=/i, '').replace(/^"(.*)"$/, '$1')) ? text : mask

const mediaTypes =
  /^(?:application\/(?:json|[a-z]{1,12}\+json|xml|octet-stream|x-www-form-urlencoded|x-ndjson)|text\/(?:json|plain|html|xml)|multipart\/form-data)$/
const charset = /^charset="?(utf-?8|us-ascii|utf-?16(le|be)?|iso-8859-\d{1,2}|latin1|windows-125\d)"?$/
const mediaType: Keep = (value) => {
  const [type = '', ...parameters] = value
    .toLowerCase()
    .split(';')
    .map((part) => part.trim())
  return [mediaTypes.test(type) ? type : mask, ...parameters.filter((one) => charset.test(one))].join('; ')
}

/** Headers that explain a refusal; of ids, only that they were present. */
const kept: Readonly<Record<string, Keep>> = {
  'content-type': mediaType,
  'content-encoding': whole((value) =>
    /^(?:(?:^|, ?)(?:gzip|x-gzip|deflate|br|zstd|compress|identity)){1,4}$/i.test(value),
  ),
  'content-length': whole((value) => /^\d{1,10}$/.test(value)),
  'response-signature': whole(isSignature),
  'response-timestamp': whole(isTimestamp),
  'job-id': () => mask,
  'smileid-job-id': () => mask,
  'user-id': () => mask,
  'x-forwarded-for': addresses,
  forwarded: addresses,
  'x-real-ip': addresses,
  'cf-connecting-ip': addresses,
  'true-client-ip': addresses,
}

/** Renamed in transit. The prefix may be anything, so it is dropped. */
const renamed = /response[-_]?(signature|timestamp)$/i

/** The headers without identifying values; names that do not explain a refusal are left out. */
export function maskedHeaders(headers: Readonly<Record<string, string>>): Record<string, string> {
  const masked: Record<string, string> = {}
  for (const [name, value] of Object.entries(headers)) {
    const lower = name.toLowerCase()
    const keep = Object.hasOwn(kept, lower) ? kept[lower] : undefined
    if (keep) masked[name] = keep(value)
    const [, half] = keep ? [] : (renamed.exec(name) ?? [])
    if (half !== undefined) masked[`X-Response-${half}`] = isSignature(value) || isTimestamp(value) ? value : mask
  }
  return masked
}
