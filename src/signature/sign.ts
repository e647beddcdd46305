import * as crypto from 'node:crypto'
import { createHash, createHmac, createSecretKey, type KeyObject, timingSafeEqual } from 'node:crypto'

/** A credential, ready to sign with. */
export interface SigningKey {
  readonly partnerId: string
  readonly key: KeyObject
}

export const signingKey = (partnerId: string, apiKey: string): SigningKey => ({
  partnerId,
  key: createSecretKey(apiKey, 'utf8'),
})

/**
 * base64(HMAC-SHA256(API key, timestamp + partner id + "sid_request")), the same for both generations. The timestamp is
 * signed exactly as received. contract/v1.md §2, contract/v3.md §1.
 */
export const sign = (timestamp: string, { partnerId, key }: SigningKey, purpose = 'sid_request'): string =>
  createHmac('sha256', key)
    .update(timestamp + partnerId + purpose, 'utf8')
    .digest('base64')

/**
 * The API key as a string, for the requests that send it. Kept in the key object, which never shows it when inspected.
 */
export const apiKeyOf = ({ key }: SigningKey): string => key.export().toString('utf8')

/** Compares in constant time; the length of a signature is not secret. */
export function constantTimeEqual(expected: string, received: string): boolean {
  const a = Buffer.from(expected, 'utf8')
  const b = Buffer.from(received, 'utf8')
  return a.length === b.length && timingSafeEqual(a, b)
}

const iso = /^(\d{4}-\d{2}-\d{2})[Tt ](\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?) ?(?:[Zz]|UTC|([+-]\d{2})(?::?(\d{2}))?)?$/
const epochMs = /^\d{1,15}$/

/**
 * Parses a signed timestamp to ms; undefined if it is not one. Forms: ISO 8601 with or without a zone (UTC), with the
 * variants that common languages print: a space for the T, `z`, `+0000`, `+00`, `UTC`; epoch ms. contract/v1.md §2.
 */
export function parseTimestamp(text: string): number | undefined {
  if (epochMs.test(text)) return Number(text)
  const [, day, clock, hours = '+00', minutes = '00'] = iso.exec(text) ?? []
  if (day === undefined || clock === undefined) return undefined
  const time = Date.parse(`${day}T${clock}${hours}:${minutes}`)
  return Number.isNaN(time) ? undefined : time
}

/**
 * The strings that a JSON timestamp may have been signed as. A number is ambiguous: Smile ID's JavaScript SDK signs its
 * ISO form, the others its digits. contract/v1.md §2.
 */
export function possibleSignedStrings(timestamp: string | number): string[] {
  if (typeof timestamp === 'string') return [timestamp]
  const date = new Date(timestamp)
  return Number.isNaN(date.getTime()) ? [String(timestamp)] : [String(timestamp), date.toISOString()]
}

// From Node 20.12 on, in half of the time: a delivery takes three.
const { hash } = crypto as Partial<Pick<typeof crypto, 'hash'>>

/** SHA-256 in hex. */
export const sha256 = (data: string | Uint8Array): string =>
  hash ? hash('sha256', data) : createHash('sha256').update(data).digest('hex')
