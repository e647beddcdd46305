/** Position of a string, without its quotes. */
export interface Span {
  start: number
  /** Index of its closing quote; the length if it has none. */
  end: number
}

export const quote = 0x22
const backslash = 0x5c
const colon = 0x3a

/** For strings up to this length, comparing each byte is faster than a search call. */
const shortString = 64

/** Index of the quote that closes the string opened at `start`; the length if there is none. */
export function endOfString(bytes: Uint8Array, start: number): number {
  let end = start + 1
  for (const near = end + shortString; end < near; end += 1) {
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

export const isOpening = (byte: number | undefined): boolean => byte === 0x7b || byte === 0x5b
export const isClosing = (byte: number | undefined): boolean => byte === 0x7d || byte === 0x5d

/** Index of a key's value, if the string that ends at `end` is a key. */
export function valueOfKey(bytes: Uint8Array, end: number): number | undefined {
  const next = afterSpace(bytes, end + 1)
  return bytes[next] === colon ? afterSpace(bytes, next + 1) : undefined
}

/** Calls `see` for every key of JSON: its position, its level, and the index of its value. */
export function eachKey(bytes: Uint8Array, see: (key: Span, level: number, valueAt: number) => void): void {
  let level = 0
  for (let i = 0; i < bytes.length; i += 1) {
    const byte = bytes[i]
    if (byte === quote) {
      const end = endOfString(bytes, i)
      const valueAt = valueOfKey(bytes, end)
      if (valueAt !== undefined) see({ start: i + 1, end }, level, valueAt)
      i = end
    } else if (isOpening(byte)) level += 1
    else if (isClosing(byte)) level -= 1
  }
}
