import { isRecord, jsonText } from '../lib/json.ts'

/**
 * A JSON text of printable ASCII, so that every engine and column keeps it as it is: Postgres's jsonb refuses
 * `\u0000` and lone surrogates, and some databases are not in UTF-8. What JSON cannot write, -0 and numbers beyond its
 * range (`1e400` is read as Infinity), is written as marked texts. Undefined for what has no JSON.
 */
export function toSafeJson(value: unknown): string | undefined {
  const plain = jsonText(value)
  if (plain === undefined) return undefined
  const text = hasOddNumber(value) ? marked + (jsonText(value, mark) ?? '') : plain
  return text.replace(/[^ -~]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

/** @throws SyntaxError for what `toSafeJson` did not write */
export function fromSafeJson(text: string): unknown {
  return text.startsWith(marked) ? (JSON.parse(text.slice(marked.length), unmark) as unknown) : (JSON.parse(text) as unknown)
}

// No JSON text begins with it.
const marked = 'm'
const sign = '\u0000'

const isOdd = (value: unknown): boolean => typeof value === 'number' && (Object.is(value, -0) || !Number.isFinite(value))

function hasOddNumber(value: unknown): boolean {
  if (Array.isArray(value)) return value.some(hasOddNumber)
  return isRecord(value) ? Object.values(value).some(hasOddNumber) : isOdd(value)
}

function mark(_key: string, value: unknown): unknown {
  if (isOdd(value)) return sign + (Object.is(value, -0) ? '-0' : String(value))
  return typeof value === 'string' && value.startsWith(sign) ? sign + value : value
}

function unmark(_key: string, value: unknown): unknown {
  if (typeof value !== 'string' || !value.startsWith(sign)) return value
  return value[1] === sign ? value.slice(1) : Number(value.slice(1))
}
