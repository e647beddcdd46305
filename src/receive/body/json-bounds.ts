import { refuse, type Refusal } from '../../report/refusal.ts'

/** How complex a body may be. Smile ID's own stay below a tenth of both. */
export const jsonBounds = Object.freeze({ depth: 64, members: 20_000 })

const hint = `The body is nested deeper than ${jsonBounds.depth} levels, or has more than ${jsonBounds.members} keys and items.`
const tooComplex = (): Refusal => refuse('body_too_complex', hint)

const quote = 0x22
const backslash = 0x5c
const comma = 0x2c

/** A text of more characters is never clearly simple. */
export const mostSimple = 2 * jsonBounds.members

/**
 * Whether a look at its size and brackets is enough: a member takes two characters at least, and a level an opening one.
 * So are all but long lists and photos.
 */
export function isClearlySimple(text: string): boolean {
  if (text.length > mostSimple) return false
  let openings = 0
  for (const bracket of ['{', '[']) {
    for (let at = text.indexOf(bracket); at >= 0; at = text.indexOf(bracket, at + 1)) {
      openings += 1
      if (openings > jsonBounds.depth) return false
    }
  }
  return true
}

/** Where the text of a string stands, without its quotes. */
export interface Span {
  start: number
  /** Where its closing quote stands; the bytes' length if it has none. */
  end: number
}

/** Strings longer than this are worth a way of their own. */
export const longString = 16_384

/**
 * Counts levels and members of a JSON text before anything is built of it; whether it is JSON at all shows later.
 * Notes its strings of more than `longString` bytes on the way.
 */
export function checkJsonBytes(bytes: Uint8Array, longStrings: Span[] = []): Refusal | undefined {
  let depth = 0
  let members = 0
  for (let i = 0; i < bytes.length; i += 1) {
    const byte = bytes[i]
    if (byte === quote) {
      const end = endOfString(bytes, i)
      if (end - i > longString) longStrings.push({ start: i + 1, end })
      i = end
    } else if (byte === 0x7b || byte === 0x5b) {
      depth += 1
      members += 1
    } else if (byte === 0x7d || byte === 0x5d) {
      depth -= 1
    } else if (byte === comma) {
      members += 1
    }
    if (depth > jsonBounds.depth || members > jsonBounds.members) return tooComplex()
  }
  return undefined
}

/** In strings up to this long, looking at each byte is quicker than a call that searches. */
const shortString = 64

/** The index of the quote that closes the string opened at `start`; the text's end if none does. */
function endOfString(bytes: Uint8Array, start: number): number {
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

const isContainer = (value: unknown): value is object => typeof value === 'object' && value !== null

/** The same for a value that a parser before the router has made. Level by level, so that no depth overflows the stack. */
export function checkJsonValue(value: unknown): Refusal | undefined {
  let level = [value].filter(isContainer)
  let members = 0
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth >= jsonBounds.depth) return tooComplex()
    const next: object[] = []
    for (const one of level) {
      const children: unknown[] = Object.values(one)
      members += children.length
      if (members > jsonBounds.members) return tooComplex()
      for (const child of children) if (isContainer(child)) next.push(child)
    }
    level = next
  }
  return undefined
}
