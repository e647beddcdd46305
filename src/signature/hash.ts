import { createHmac, type KeyObject } from 'node:crypto'
import * as crypto from 'node:crypto'

/**
 * A hash in one call, where Node has it (20.12 and later): a Hash object for every delivery keeps the garbage collector
 * busy.
 */
export const hashOf = (crypto as Partial<Pick<typeof crypto, 'hash'>>).hash

/** In hex. */
export const sha256: (data: string | Uint8Array) => string = hashOf
  ? (data) => hashOf('sha256', data, 'hex')
  : (data) => crypto.createHash('sha256').update(data).digest('hex')

/** The HMAC-SHA256 of a text as UTF-8, in base64. */
export type Hmac = (text: string) => string

/** Bytes; what SHA-256 works on at once. */
const blockLength = 64
const digestLength = 32
/** Bytes; longer than a timestamp, a partner id and a purpose. */
const usualLength = 128

/** HMAC-SHA256 with one key. The returned function holds the key, and shows nothing of it when inspected. */
export const hmacOf = (key: KeyObject): Hmac => (hashOf ? byHashes(key, hashOf) : byObject(key))

/**
 * RFC 2104, from two hashes in one call each: an Hmac object for every delivery is work for the garbage collector, and
 * costs 3 % of 2 kB. What is made of the key stands in buffers of its own: others can see into those of Node's pool.
 */
export function byHashes(key: KeyObject, hash: NonNullable<typeof hashOf>): Hmac {
  const secret = key.export()
  const block = secret.length > blockLength ? hash('sha256', secret, 'buffer') : secret
  const outer = padded(block, 0x5c, digestLength)
  let inner = padded(block, 0x36, usualLength)
  return (text) => {
    const length = Buffer.byteLength(text)
    if (blockLength + length > inner.length) inner = padded(block, 0x36, length)
    inner.write(text, blockLength)
    outer.set(hash('sha256', inner.subarray(0, blockLength + length), 'buffer'), blockLength)
    return hash('sha256', outer, 'base64')
  }
}

/** With room for what is hashed after it. */
function padded(block: Buffer, pad: number, room: number): Buffer {
  const bytes = Buffer.alloc(blockLength + room)
  for (let at = 0; at < blockLength; at += 1) bytes[at] = (block[at] ?? 0) ^ pad
  return bytes
}

/** The same, where Node has no hash in one call. */
export const byObject =
  (key: KeyObject): Hmac =>
  (text) =>
    createHmac('sha256', key).update(text, 'utf8').digest('base64')
