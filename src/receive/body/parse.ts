import { isAscii } from 'node:buffer'
import { isDate } from 'node:util/types'
import { afterString, isRecord, jsonText, readJson } from '../../lib/json.ts'
import { type Refusal, refuse } from '../../report/refusal.ts'
import {
  checkJsonBytes,
  checkJsonValue,
  endOfString,
  type Outline,
  quote,
  type SignedAt,
  type Span,
  valueOfKey,
} from './json-bounds.ts'
import type { ReadBody } from './read.ts'
import { restored } from './restore.ts'

/** Refuses a body that is too deep or has too many members, before it is parsed. `limit` in bytes. */
export const checkBody = (body: ReadBody, limit: number): Outline | Refusal =>
  body.source === 'parsed' ? checkJsonValue(body.value, limit) : checkJsonBytes(body.raw, limit)

/** Parses a body that was checked. */
export function parseBody(
  body: ReadBody,
  { longStrings, hasForeign }: Outline,
): { value: unknown; hadDate?: boolean } | Refusal {
  if (body.source === 'parsed') {
    if (hasForeign !== true) return body
    const hadDate = isRecord(body.value) && isDate(body.value['timestamp'])
    body.value = restored(body.value)
    return { value: body.value, hadDate }
  }
  try {
    if (longStrings.length > 0) return { value: parseSkippingLongStrings(body.raw, longStrings) }
    return { value: parseExactly(body.raw) }
  } catch {
    // A SyntaxError quotes the body; the refusal says what the body looks like.
    return refuse('malformed_json')
  }
}

/** Decodes a body, without the byte order mark that some senders put first. */
export function decodeBody(raw: Buffer): string {
  // Most bodies are ASCII, base64 photos included: copying them needs no decoding.
  const text = raw.toString(isAscii(raw) ? 'latin1' : 'utf8')
  return text.charCodeAt(0) === 0xfeff ? text.slice(1) : text
}

/** The body as a string; serialized again if an earlier parser had read it. */
export const rawText = (read: ReadBody): string =>
  read.source === 'parsed' ? (jsonText(read.value) ?? '') : decodeBody(read.raw)

/** Digits of the shortest whole number that JavaScript may not represent: 2^53 has 16. */
const longNumber = 16

const isDigit = (char = 0) => char >= 0x30 && char <= 0x39

/** Matches JSON that may hold a whole number that JavaScript cannot. */
const mayBeLong = /[\s:[,-]\d{16}/

/**
 * True if so many digits stand in a row, in a string or not. One byte in 16 tells; V8 takes twice as long for
 * characters of a string.
 */
function hasLongNumber(raw: Uint8Array): boolean {
  for (let at = longNumber - 1; at < raw.length; at += longNumber) {
    if (!isDigit(raw[at])) continue
    let start = at
    while (isDigit(raw[start])) start -= 1
    while (isDigit(raw[at])) at += 1
    if (at - start > longNumber) return true
  }
  return false
}

const minus = 0x2d
const goesOn: ReadonlySet<number | undefined> = new Set(['.', 'e', 'E', '+', '-'].map((mark) => mark.charCodeAt(0)))

/** Like `JSON.parse`, but whole numbers above 2^53 become strings: rounded, two ids would become one. */
export function parseExactly(raw: Buffer, reviver?: (key: string, value: unknown) => unknown): unknown {
  const text = decodeBody(raw)
  if (!hasLongNumber(raw) || !mayBeLong.test(text)) return readJson(text, reviver)
  // Before anything else: what is no JSON ends here, at its first fault.
  JSON.parse(text)
  return readJson(withLongNumbersQuoted(text), reviver)
}

function withLongNumbersQuoted(text: string): string {
  let quoted = ''
  let from = 0
  for (let i = 0; i < text.length; i += 1) {
    const char = text.charCodeAt(i)
    if (char === quote) {
      i = afterString(text, i + 1) - 1
    } else if (char === minus || isDigit(char)) {
      const start = i
      while (isDigit(text.charCodeAt(i + 1))) i += 1
      if (i - start < 15 || goesOn.has(text.charCodeAt(i + 1)) || goesOn.has(text.charCodeAt(start - 1))) continue
      const number = text.slice(start, i + 1)
      if (!/^-?[1-9]\d{15,}$/.test(number) || Number.isSafeInteger(Number(number))) continue
      quoted += `${text.slice(from, start)}"${number}"`
      from = i + 1
    }
  }
  return quoted + text.slice(from)
}

/** With more bytes than this around them, restoring the long strings takes longer than it saves. */
const mostAround = 16_384

/** The escape that begins a placeholder; JSON that holds it already is parsed as usual. */
const mark = '\\u0000'

const backslash = 0x5c

/**
 * Like `JSON.parse`, with the same errors and less work: it reads long strings, such as photos, character by character,
 * although most need no decoding. So it parses JSON with a placeholder for each, and the strings are copied to where
 * the placeholders are found.
 */
function parseSkippingLongStrings(raw: Buffer, longStrings: readonly Span[]): unknown {
  const cut = longStrings.filter((span) => isPlain(raw, span) && valueOfKey(raw, span.end) === undefined)
  const around = cut.length > 0 && !raw.includes(mark) ? withStandIns(raw, cut) : raw
  if (around === raw || around.length > mostAround) return parseExactly(raw)
  return parseExactly(around, (_key, value: unknown) => {
    const span = typeof value === 'string' && value.charCodeAt(0) === 0 ? cut[Number(value.slice(1))] : undefined
    // Not latin1: such a string of over 1 MB lies outside the engine's heap, as the body's bytes do, and a few of them
    // make the garbage collector go through all of the application's memory.
    return span ? raw.toString('utf8', span.start, span.end) : value
  })
}

function withStandIns(raw: Buffer, cut: readonly Span[]): Buffer {
  const pieces: Buffer[] = []
  let from = 0
  for (const [index, { start, end }] of cut.entries()) {
    pieces.push(raw.subarray(from, start), Buffer.from(`${mark}${index}`))
    from = end
  }
  return Buffer.concat([...pieces, raw.subarray(from)])
}

/** True if a string needs no decoding: ASCII without escapes, and without the control characters that JSON forbids. */
export function isPlain(raw: Buffer, { start, end }: Span): boolean {
  const bytes = raw.subarray(start, end)
  if (bytes.indexOf(backslash) >= 0) return false
  const toWord = -bytes.byteOffset & 3
  const words = new Int32Array(bytes.buffer, bytes.byteOffset + toWord, (bytes.length - toWord) >> 2)
  return (
    areTextBytes(bytes, 0, toWord)
    && areTextWords(words)
    && areTextBytes(bytes, toWord + 4 * words.length, bytes.length)
  )
}

function areTextBytes(bytes: Uint8Array, from: number, to: number): boolean {
  for (let i = from; i < to; i += 1) {
    const byte = bytes[i] ?? 0
    if (byte < 0x20 || byte > 0x7f) return false
  }
  return true
}

/**
 * The same, four bytes at a time and four words in a step: byte by byte it takes eight times as long. A byte's highest
 * bit is set if it is not ASCII, and after the subtraction if it is below 0x20; a borrow comes only from such a byte.
 */
function areTextWords(words: Int32Array): boolean {
  let seen = 0
  const inFours = words.length & ~3
  for (let i = 0; i < inFours; i += 4) {
    const a = words[i] ?? 0
    const b = words[i + 1] ?? 0
    const c = words[i + 2] ?? 0
    const d = words[i + 3] ?? 0
    seen |= a | (a - lowest) | b | (b - lowest) | c | (c - lowest) | d | (d - lowest)
  }
  for (let i = inFours; i < words.length; i += 1) seen |= (words[i] ?? 0) | ((words[i] ?? 0) - lowest)
  return (seen & highestBits) === 0
}

const lowest = 0x20202020
const highestBits = 0x80808080

/** `signature` and `timestamp` of a v1 body, as far as they can be read without parsing the rest. */
type SignedFields = Readonly<Partial<Record<keyof SignedAt, unknown>>>

/**
 * The signed fields of a body with so many members that it is parsed only once its sender is verified. Each is decoded
 * once: a stranger may repeat a key a hundred thousand times.
 */
export const fieldsOfFull = (body: ReadBody, { signedAt }: Outline): SignedFields | undefined =>
  signedAt && body.source !== 'parsed'
    ? { signature: scalarAt(body.raw, signedAt.signature), timestamp: scalarAt(body.raw, signedAt.timestamp) }
    : undefined

/** True if the whole body has the same. */
export const isSignedAs = (body: unknown, { signature, timestamp }: SignedFields): boolean =>
  isRecord(body) && body['signature'] === signature && body['timestamp'] === timestamp

const mostDigits = 64

function scalarAt(raw: Buffer, at: number): unknown {
  if (at < 0) return undefined
  const end =
    raw[at] === quote
      ? endOfString(raw, at) + 1
      : at + (/^[\d.eE+-]*/.exec(raw.toString('latin1', at, at + mostDigits))?.[0].length ?? 0)
  try {
    return JSON.parse(raw.toString('utf8', at, end))
  } catch {
    // Not JSON: then the whole body is refused as such.
    return undefined
  }
}
