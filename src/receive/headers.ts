import { TextDecoder } from 'node:util'
import { isMap } from 'node:util/types'
import { isScalar } from '../lib/json.ts'
import type { DeliveryHeaders, HeaderRecord, HeadersLike } from './delivery.ts'

/** Characters. A signature has 44, a job id about 30; headers that are read here are far shorter. */
export const maxHeaderLength = 1_024

/** The headers that the pipeline reads. */
export type ReadHeaders = ReturnType<typeof readHeaders>

export function readHeaders(headers: DeliveryHeaders) {
  const text = headerReader(headers)
  return {
    contentType: once(text('content-type')),
    contentEncoding: text('content-encoding'),
    contentLength: text('content-length'),
    responseSignature: text('response-signature'),
    responseTimestamp: text('response-timestamp'),
    // The second name is published for AML only. contract/v3.md §2.2.
    jobId: identity(text('job-id')) ?? identity(text('smileid-job-id')),
    userId: identity(text('user-id')),
  }
}

/**
 * Returns a header by its name in lower case. Repeated headers are joined as in HTTP, and then no signature matches.
 */
export function headerReader(headers: DeliveryHeaders): (lowerCaseName: string) => string | undefined {
  if (hasGetter(headers)) return (name) => textOf(headers.get(name))
  const record = lowerCased(isMap(headers) ? (Object.fromEntries(headers) as HeaderRecord) : headers)
  return (name) => textOf(record[name])
}

/** Limit on the names that are read. */
const mostNames = 100

/** Names of a delivery's headers, as written; empty if the host does not list them. */
export function headerNames(headers: DeliveryHeaders): string[] {
  const names = hasGetter(headers) || isMap(headers) ? (headers as HeadersLike).keys?.() : Object.keys(headers)
  return [...(names ?? [])].slice(0, mostNames)
}

/** The headers as strings, by name. */
export function headerStrings(headers: DeliveryHeaders): Record<string, string> {
  const read = headerReader(headers)
  return Object.fromEntries(headerNames(headers).map((name) => [name, read(name.toLowerCase()) ?? '']))
}

// Not instanceof: the first access to that global loads all of fetch.
const hasGetter = (headers: DeliveryHeaders): headers is HeadersLike =>
  typeof headers.get === 'function' && !isMap(headers)

/** String form of a string, a number, or an array of them; undefined for anything else. */
function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value
  if (!Array.isArray(value)) return isScalar(value) || typeof value === 'bigint' ? String(value) : undefined
  const texts = value.flatMap((one: unknown) => textOf(one) ?? [])
  return texts.length === 0 ? undefined : texts.join(', ')
}

/** Node's own headers are in lower case, and need no copy. */
function lowerCased(headers: HeaderRecord): HeaderRecord {
  for (const name in headers)
    if (name !== name.toLowerCase()) {
      const copy = Object.create(null) as Record<string, unknown[]>
      for (const one in headers) (copy[one.toLowerCase()] ??= []).push(...[headers[one]].flat())
      return copy as HeaderRecord
    }
  return headers
}

/** An id as its sender wrote it: HTTP libraries read UTF-8 as latin1, and join repeated headers. Empty is absent. */
function identity(value: string | undefined): string | undefined {
  if (value === undefined || value === '') return undefined
  // Two linear patterns: one that looks for both at once is quadratic. Longer values are refused by their length.
  const isLatin1 = value.length <= maxHeaderLength && /[\x80-\xff]/.test(value) && !/[^\0-\xff]/.test(value)
  return once(isLatin1 ? decodedUtf8(value) : value)
}

/** One value, if a host or proxy repeated the same several times. */
function once<T extends string | undefined>(value: T): T | string {
  if (!value?.includes(',')) return value
  const [first = '', ...others] = value.split(/, */)
  return others.every((other) => other === first) ? first : value
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Returns the input if its bytes are not UTF-8: then it was decoded before. */
function decodedUtf8(latin1: string): string {
  try {
    return utf8.decode(Buffer.from(latin1, 'latin1'))
  } catch {
    // Its bytes are not UTF-8: it was decoded before.
    return latin1
  }
}

/** Supported content codings (RFC 9110, section 8.4.1); `x-gzip` is gzip. */
export type Coding = 'gzip' | 'deflate' | 'br'

const codings: ReadonlyMap<string, Coding> = new Map([
  ['gzip', 'gzip'],
  ['x-gzip', 'gzip'],
  ['deflate', 'deflate'],
  ['br', 'br'],
])

/** More are never needed, and each costs another decompression. */
const mostCodings = 2

/** Parses a Content-Encoding header, in the order of application; undefined if a coding is not supported. */
export function contentCodings(header: string | undefined): readonly Coding[] | undefined {
  if (header === undefined) return []
  const names = header
    .split(',')
    .map((one) => one.trim().toLowerCase())
    .filter((name) => name !== '' && name !== 'identity')
  const known = names.flatMap((name) => codings.get(name) ?? [])
  return known.length === names.length && known.length <= mostCodings ? known : undefined
}
