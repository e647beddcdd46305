import { createHmac, type KeyObject } from 'node:crypto'
import { hashOf } from './sha256.ts'

/** The HMAC-SHA256 of a text as UTF-8, in base64. */
export type Hmac = (text: string) => string

/** Bytes; what SHA-256 works on at once. */
const blockLength = 64
const digestLength = 32

/** HMAC-SHA256 with one key. The returned function holds the key, and shows nothing of it when inspected. */
export const hmacOf = (key: KeyObject): Hmac => (hashOf ? byHashes(key, hashOf) : byObject(key))

/**
 * RFC 2104, from two hashes in one call each: an Hmac object for every delivery is work for the garbage collector, and
 * costs 3 % of 2 kB.
 */
export function byHashes(key: KeyObject, hash: NonNullable<typeof hashOf>): Hmac {
  const secret = key.export()
  const block = Buffer.alloc(blockLength)
  block.set(secret.length > blockLength ? hash('sha256', secret, 'buffer') : secret)
  const inner = block.map((byte) => byte ^ 0x36)
  // With room for the digest of the inner hash, which each call writes anew.
  const outer = Buffer.concat([block.map((byte) => byte ^ 0x5c)], blockLength + digestLength)
  return (text) => {
    const message = Buffer.allocUnsafe(blockLength + Buffer.byteLength(text))
    message.set(inner)
    message.write(text, blockLength)
    outer.set(hash('sha256', message, 'buffer'), blockLength)
    return hash('sha256', outer, 'base64')
  }
}

/** The same, where Node has no hash in one call. */
export const byObject = (key: KeyObject): Hmac => (text) => createHmac('sha256', key).update(text, 'utf8').digest('base64')
