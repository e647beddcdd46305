import { endOfString, quote } from './json-text.ts'

/** Whether a text may hold a whole number that JavaScript cannot: 2^53 has 16 digits. */
const mayBeLong = /[\s:[,-]\d{16}/

const isDigit = (byte: number | undefined): boolean => byte !== undefined && byte >= 0x30 && byte <= 0x39
const minus = 0x2d
const goesOn: ReadonlySet<number | undefined> = new Set(['.', 'e', 'E', '+', '-'].map((mark) => mark.charCodeAt(0)))

/**
 * What `JSON.parse` makes of a text, but for whole numbers above 2^53, which become texts: it would round them, and two ids
 * become one.
 */
export function parseExactly(text: string, reviver?: (key: string, value: unknown) => unknown): unknown {
  return JSON.parse(mayBeLong.test(text) ? withLongNumbersQuoted(Buffer.from(text)) : text, reviver)
}

function withLongNumbersQuoted(bytes: Buffer): string {
  const pieces: string[] = []
  let from = 0
  for (let i = 0; i < bytes.length; i += 1) {
    if (bytes[i] === quote) {
      i = endOfString(bytes, i)
    } else if (bytes[i] === minus || isDigit(bytes[i])) {
      const start = i
      while (isDigit(bytes[i + 1])) i += 1
      const isWhole = !goesOn.has(bytes[i + 1]) && !goesOn.has(bytes[start - 1])
      const number = bytes.toString('latin1', start, i + 1)
      // What is no JSON stays none.
      if (!isWhole || !/^-?[1-9]\d{15,}$/.test(number) || Number.isSafeInteger(Number(number))) continue
      pieces.push(bytes.toString('utf8', from, start), `"${number}"`)
      from = i + 1
    }
  }
  return from === 0 ? bytes.toString('utf8') : pieces.join('') + bytes.toString('utf8', from)
}
