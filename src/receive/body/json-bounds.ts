import { randomInt } from 'node:crypto'
import { type Refusal, refuse } from '../../report/refusal.ts'
import { isForeign } from './restore.ts'

/**
 * Limits on the complexity of a body. A member is an item of an array or a key with its value.
 *
 * - `depth`: Smile ID's own stay below a tenth. Code that reads a payload may recurse for each level.
 * - `bytesPerMember`: `maxBodySize` divided by this is the limit on members, 196 608 by default. Real data is never
 *   shorter: an array of people takes 15 bytes and more for each.
 * - `full`: above it a body costs more than others, and its sender must be verified before it is parsed. So many are
 *   allowed whatever `maxBodySize` is.
 * - `keys`: distinct ones. Each takes `JSON.parse` up to 0.9 µs, five times as long as any other member.
 */
export const jsonBounds = Object.freeze({ depth: 64, bytesPerMember: 8, full: 20_000, keys: 20_000 })

/** Limit on the members of a body; `limit` is `maxBodySize`, in bytes. */
export const mostMembers = (limit: number): number =>
  Math.max(jsonBounds.full, Math.floor(limit / jsonBounds.bytesPerMember))

/** Facts about a body, found before it is parsed. */
export interface Outline {
  /** More than `jsonBounds.full` members. */
  isFull: boolean
  /** For a full body in bytes: where the last `signature` and `timestamp` of its top level have their values. */
  signedAt?: SignedAt
  /** True if an earlier parser made something that JSON.parse never makes. */
  hasForeign?: boolean
}

/** Index of a value; -1 if there is none. */
export interface SignedAt {
  signature: number
  timestamp: number
}

const tooComplex = (limit: number): Refusal =>
  refuse(
    'body_too_complex',
    `The body is nested deeper than ${jsonBounds.depth} levels, or has more than ${mostMembers(limit)} keys and items or ${jsonBounds.keys} distinct keys.`,
  )

const comma = 0x2c

/** Bytes. Fewer than `jsonBounds.full`, for a member takes one. */
const shortBody = 16_384

const plain: Outline = Object.freeze({ isFull: false })

/** True if a body is too short to break a bound: a level takes a bracket, and a member a byte. */
function isShort(bytes: Uint8Array): boolean {
  if (bytes.length > shortBody) return false
  let brackets = 0
  for (const opening of [0x7b, 0x5b])
    for (let at = bytes.indexOf(opening); at >= 0; at = bytes.indexOf(opening, at + 1))
      if ((brackets += 1) > jsonBounds.depth) return false
  return true
}

/** Counts levels and members of JSON; syntax is checked later. */
export function checkJsonBytes(bytes: Uint8Array, limit: number): Outline | Refusal {
  if (isShort(bytes)) return plain
  const most = mostMembers(limit)
  let depth = 0
  let members = 0
  for (let i = 0; i < bytes.length; i += 1) {
    const byte = bytes[i]
    if (byte === quote) {
      i = endOfString(bytes, i)
      continue
    }
    if (byte === comma) members += 1
    else if (isOpening(byte)) {
      depth += 1
      if (!isClosing(bytes[afterSpace(bytes, i + 1)])) members += 1
    } else if (isClosing(byte)) depth -= 1
    else continue
    if (depth > jsonBounds.depth || members > most) return tooComplex(limit)
  }
  if (members <= jsonBounds.full) return plain
  const signedAt = signedFieldsOf(bytes)
  return signedAt ? { isFull: true, signedAt } : tooComplex(limit)
}

const isContainer = (value: unknown): value is object => typeof value === 'object' && value !== null

/**
 * The same for a value that an earlier parser has made, measured as its shortest JSON. Level by level, so that no depth
 * overflows the stack.
 */
export function checkJsonValue(value: unknown, limit: number): Outline | Refusal {
  const most = mostMembers(limit)
  const keys = new Set<string>()
  let level = [value].filter(isContainer)
  let [members, bytes, hasForeign] = [0, jsonSize(value), isForeign(value)]
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth >= jsonBounds.depth) return tooComplex(limit)
    const next: object[] = []
    for (const one of level) {
      const names = Array.isArray(one) ? undefined : Object.keys(one)
      const children: unknown[] = names ? Object.values(one) : (one as unknown[])
      members += children.length
      bytes += Math.max(0, children.length - 1)
      for (const name of names ?? []) {
        bytes += Buffer.byteLength(name) + 3
        if (keys.size <= jsonBounds.keys) keys.add(name)
      }
      for (const child of children) {
        bytes += jsonSize(child)
        hasForeign ||= isForeign(child)
        if (isContainer(child)) next.push(child)
      }
      if (members > most) return tooComplex(limit)
      if (bytes > limit) return refuse('body_too_large')
    }
    level = next
  }
  const isFull = members > jsonBounds.full
  if (isFull && keys.size > jsonBounds.keys) return tooComplex(limit)
  return { isFull, hasForeign }
}

/** Fewest bytes that a value takes, without its members. */
function jsonSize(value: unknown): number {
  if (typeof value === 'string') return Buffer.byteLength(value) + 2
  return isContainer(value) ? 2 : 1
}

/**
 * Random in each process, so that no sender can choose colliding keys. Drawn on first use: Workers refuse it while a
 * module loads.
 */
let seed: number | undefined

/**
 * Finds the signed fields as `JSON.parse` takes them, the last of several; written with escapes they are not found.
 * Undefined if JSON has more than `jsonBounds.keys` distinct keys. Hashes instead of strings, which would have to be
 * made and collected: 3 ms instead of 6 for 60 000 keys. Two of 32 bits: of one, 20 000 keys would share some.
 */
function signedFieldsOf(bytes: Uint8Array): SignedAt | undefined {
  const hashes = new Set<number>()
  const found = { signature: -1, timestamp: -1 }
  eachKey(bytes, (start, end, level, valueAt) => {
    if (level === 1 && isAt(bytes, start, end, 'signature')) found.signature = valueAt
    else if (level === 1 && isAt(bytes, start, end, 'timestamp')) found.timestamp = valueAt
    if (hashes.size > jsonBounds.keys) return
    // FNV-1a, and the same with another factor.
    let high = (seed ??= randomInt(2 ** 32))
    let low = ~high
    for (let i = start; i < end; i += 1) {
      const byte = bytes[i] ?? 0
      high = Math.imul(high ^ byte, 0x01000193)
      low = Math.imul(low ^ byte, 0x5bd1e995)
    }
    // So many bits a number holds.
    hashes.add((high >>> 0) * 2 ** 21 + (low >>> 11))
  })
  return hashes.size > jsonBounds.keys ? undefined : found
}

function isAt(bytes: Uint8Array, start: number, end: number, name: string): boolean {
  if (end - start !== name.length) return false
  for (let i = 0; i < name.length; i += 1) if (bytes[start + i] !== name.charCodeAt(i)) return false
  return true
}

export const quote = 0x22
const backslash = 0x5c
const colon = 0x3a

/** For strings up to this length, comparing each byte is faster than a search call. */
const shortString = 64

/** Index of the quote that closes the string opened at `start`; the length if there is none. */
export function endOfString(bytes: Uint8Array, start: number): number {
  let end = start + 1
  // Never beyond the end: V8 reads all bytes at half the speed once it has met one that is not there.
  for (const near = Math.min(end + shortString, bytes.length); end < near; end += 1) {
    const byte = bytes[end]
    if (byte === quote) return end
    if (byte === backslash) end += 1
  }
  for (end = bytes.indexOf(quote, end); end >= 0; end = bytes.indexOf(quote, end + 1)) {
    if (!isEscaped(bytes, end, start)) return end
  }
  return bytes.length
}

/** True if an odd number of backslashes precedes the quote at `end`. */
function isEscaped(bytes: Uint8Array, end: number, start: number): boolean {
  let first = end
  while (first - 1 > start && bytes[first - 1] === backslash) first -= 1
  return (end - first) % 2 === 1
}

/** Index of the next byte that is not white space. */
export function afterSpace(bytes: Uint8Array, from: number): number {
  let at = from
  while (isSpace(bytes[at])) at += 1
  return at
}

const isSpace = (byte: number | undefined): boolean => byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09

const isOpening = (byte: number | undefined): boolean => byte === 0x7b || byte === 0x5b
const isClosing = (byte: number | undefined): boolean => byte === 0x7d || byte === 0x5d

/** Index of a key's value, if the string that ends at `end` is a key. */
function valueOfKey(bytes: Uint8Array, end: number): number | undefined {
  const next = afterSpace(bytes, end + 1)
  return bytes[next] === colon ? afterSpace(bytes, next + 1) : undefined
}

/** Calls `see` for every key of JSON: where it starts and ends, its level, and the index of its value. */
function eachKey(bytes: Uint8Array, see: (start: number, end: number, level: number, valueAt: number) => void): void {
  let level = 0
  for (let i = 0; i < bytes.length; i += 1) {
    const byte = bytes[i]
    if (byte === quote) {
      const end = endOfString(bytes, i)
      const valueAt = valueOfKey(bytes, end)
      if (valueAt !== undefined) see(i + 1, end, level, valueAt)
      i = end
    } else if (isOpening(byte)) level += 1
    else if (isClosing(byte)) level -= 1
  }
}
