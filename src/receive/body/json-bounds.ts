import { refuse, type Refusal } from '../refusal.ts'

/** How complex a body may be. Smile ID's own stay below a tenth of both. */
export const jsonBounds = Object.freeze({ depth: 64, members: 20_000 })

const hint = `The body is nested deeper than ${jsonBounds.depth} levels, or has more than ${jsonBounds.members} keys and items.`
const tooComplex = (): Refusal => refuse('body_too_complex', hint)

const quote = 0x22
const backslash = 0x5c
const comma = 0x2c

/** Counts levels and members of a JSON text before anything is built of it; whether it is JSON at all shows later. */
export function checkJsonText(text: string): Refusal | undefined {
  return isClearlySimple(text) ? undefined : countMembers(text)
}

/** A member takes two characters at least, and a level an opening bracket: most bodies need no closer look. */
function isClearlySimple(text: string): boolean {
  return text.length <= 2 * jsonBounds.members && occurrences(text, '{', jsonBounds.depth) + occurrences(text, '[', jsonBounds.depth) <= jsonBounds.depth
}

/** How often `mark` occurs; counting ends above `enough`. */
function occurrences(text: string, mark: string, enough: number): number {
  let count = 0
  for (let at = text.indexOf(mark); at >= 0 && count <= enough; at = text.indexOf(mark, at + 1)) count += 1
  return count
}

function countMembers(text: string): Refusal | undefined {
  let depth = 0
  let members = 0
  for (let i = 0; i < text.length; i += 1) {
    const code = text.charCodeAt(i)
    if (code === quote) {
      i = endOfString(text, i)
    } else if (code === 0x7b || code === 0x5b) {
      depth += 1
      members += 1
    } else if (code === 0x7d || code === 0x5d) {
      depth -= 1
    } else if (code === comma) {
      members += 1
    }
    if (depth > jsonBounds.depth || members > jsonBounds.members) return tooComplex()
  }
  return undefined
}

/** Of a text up to here, looking at each character is quicker than a call that searches. */
const shortText = 64

/** The index of the quote that closes the string opened at `start`; the text's end if none does. */
function endOfString(text: string, start: number): number {
  let end = start + 1
  for (const near = start + shortText; end < near; end += 1) {
    const code = text.charCodeAt(end)
    if (code === quote) return end
    if (code === backslash) end += 1
  }
  for (end = text.indexOf('"', end); end >= 0; end = text.indexOf('"', end + 1)) {
    if (!isEscaped(text, end, start)) return end
  }
  return text.length
}

/** Whether an odd number of backslashes stands before the quote at `end`. */
function isEscaped(text: string, end: number, start: number): boolean {
  let slashes = 0
  while (end - 1 - slashes > start && text.charCodeAt(end - 1 - slashes) === backslash) slashes += 1
  return slashes % 2 === 1
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
