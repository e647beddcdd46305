/** Where the text of a string stands, without its quotes. */
export interface Span {
  start: number
  /** Where its closing quote stands; the bytes' length if it has none. */
  end: number
}

export const quote = 0x22
const backslash = 0x5c
const colon = 0x3a

/** In strings up to this long, looking at each byte is quicker than a call that searches. */
const shortString = 64

/** The index of the quote that closes the string opened at `start`; the text's end if none does. */
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

/** Whether an odd number of backslashes stands before the quote at `end`. */
function isEscaped(bytes: Uint8Array, end: number, start: number): boolean {
  let first = end
  while (first - 1 > start && bytes[first - 1] === backslash) first -= 1
  return (end - first) % 2 === 1
}

/** Where the next byte stands that is no white space. */
export function afterSpace(bytes: Uint8Array, from: number): number {
  let at = from
  while (isSpace(bytes[at])) at += 1
  return at
}

const isSpace = (byte: number | undefined): boolean => byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09

export const isOpening = (byte: number | undefined): boolean => byte === 0x7b || byte === 0x5b
export const isClosing = (byte: number | undefined): boolean => byte === 0x7d || byte === 0x5d

/** Where the value of a key stands, if the string that ends at `end` is a key. */
export function valueOfKey(bytes: Uint8Array, end: number): number | undefined {
  const next = afterSpace(bytes, end + 1)
  return bytes[next] === colon ? afterSpace(bytes, next + 1) : undefined
}

/** Shows every key of a JSON text: where it stands, at which level, and where its value begins. */
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
