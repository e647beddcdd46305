import { createSecretKey, timingSafeEqual, type KeyObject } from 'node:crypto'
import { hmacOf, type Hmac } from './hmac.ts'

/** A credential, ready to sign with. */
export interface SigningKey {
  readonly partnerId: string
  readonly key: KeyObject
  readonly hmac: Hmac
}

export function signingKey(partnerId: string, apiKey: string): SigningKey {
  const key = createSecretKey(apiKey, 'utf8')
  return { partnerId, key, hmac: hmacOf(key) }
}

/**
 * base64(HMAC-SHA256(API key, timestamp + partner id + "sid_request")), the same for both generations.
 * The timestamp is signed as the text that was received. contract/v1.md §2, contract/v3.md §1.
 */
export const sign = (timestamp: string, { partnerId, hmac }: SigningKey, purpose = 'sid_request'): string => hmac(timestamp + partnerId + purpose)

/** The API key's text, for the requests that send it. Kept in the key object, which never shows it when inspected. */
export const apiKeyOf = ({ key }: SigningKey): string => key.export().toString('utf8')

/** Compares without telling how much of it matched; the length of a signature is no secret. */
export function sameText(expected: string, received: string): boolean {
  const a = Buffer.from(expected, 'utf8')
  const b = Buffer.from(received, 'utf8')
  return a.length === b.length && timingSafeEqual(a, b)
}
