import { decodeBody } from './decode-body.ts'
import { parseExactly } from './exact-numbers.ts'
import { valueOfKey, type Span } from './json-text.ts'

/** Around more bytes than this, putting the long strings back takes longer than it saves. */
const mostAround = 16_384

/** The escape that a stand-in begins with; no text with another one of it is cut. */
const mark = '\\u0000'

const backslash = 0x5c

/**
 * What `JSON.parse` makes of these bytes, and throws, with less work: it reads long strings, such as photos, character by
 * character, and most of them are their own bytes. So it gets a text in which a stand-in takes the place of each,
 * and they are copied to where the stand-ins are found.
 */
export function parseSkippingLongStrings(raw: Buffer, longStrings: readonly Span[]): unknown {
  const cut = longStrings.filter((span) => isPlain(raw, span) && valueOfKey(raw, span.end) === undefined)
  const around = cut.length > 0 && !raw.includes(mark) ? withStandIns(raw, cut) : raw
  if (around === raw || around.length > mostAround) return parseExactly(decodeBody(raw))
  return parseExactly(decodeBody(around), (_key, value: unknown) => {
    const span = typeof value === 'string' && value.charCodeAt(0) === 0 ? cut[Number(value.slice(1))] : undefined
    // Not latin1: such a text of over 1 MB lies outside the engine's heap, as the body's bytes do, and a few of them
    // make the collector go through all of the application's memory.
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

/** Whether a string's bytes are its text: ASCII without escapes, nor the control characters that JSON does not allow. */
export function isPlain(raw: Buffer, { start, end }: Span): boolean {
  const bytes = raw.subarray(start, end)
  if (bytes.indexOf(backslash) >= 0) return false
  const toWord = -bytes.byteOffset & 3
  const words = new Int32Array(bytes.buffer, bytes.byteOffset + toWord, (bytes.length - toWord) >> 2)
  return areTextBytes(bytes, 0, toWord) && areTextWords(words) && areTextBytes(bytes, toWord + 4 * words.length, bytes.length)
}

function areTextBytes(bytes: Uint8Array, from: number, to: number): boolean {
  for (let i = from; i < to; i += 1) {
    const byte = bytes[i] ?? 0
    if (byte < 0x20 || byte > 0x7f) return false
  }
  return true
}

/**
 * The same, four bytes at a time and four words in a step: byte by byte it takes eight times as long. A byte's highest bit is set
 * if it is not ASCII, and after the subtraction if it is below 0x20; a borrow comes only from such a byte.
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
