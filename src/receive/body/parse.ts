import { isAscii } from 'node:buffer'
import { isDate } from 'node:util/types'
import { afterString, isRecord, jsonText, readJson } from '../../lib/json.ts'
import { type Refusal, refuse } from '../../report/refusal.ts'
import { checkJsonBytes, checkJsonValue, endOfString, type Outline, quote, type SignedAt } from './json-bounds.ts'
import type { ReadBody } from './read.ts'
import { restored } from './restore.ts'

/** Refuses a body that is too deep or has too many members, before it is parsed. `limit` in bytes. */
export const checkBody = (body: ReadBody, limit: number): Outline | Refusal =>
  body.source === 'parsed' ? checkJsonValue(body.value, limit) : checkJsonBytes(body.raw, limit)

/** Parses a body that was checked. */
export function parseBody(body: ReadBody, { hasForeign }: Outline): { value: unknown; hadDate?: boolean } | Refusal {
  if (body.source === 'parsed') {
    if (hasForeign !== true) return body
    const hadDate = isRecord(body.value) && isDate(body.value['timestamp'])
    body.value = restored(body.value)
    return { value: body.value, hadDate }
  }
  try {
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
export function parseExactly(raw: Buffer): unknown {
  const text = decodeBody(raw)
  if (!hasLongNumber(raw) || !mayBeLong.test(text)) return readJson(text)
  // Before anything else: what is no JSON ends here, at its first fault.
  JSON.parse(text)
  return readJson(withLongNumbersQuoted(text))
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
