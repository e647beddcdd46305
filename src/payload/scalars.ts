import { isRecord, type Json } from '../lib/json.ts'

// Wrong types never refuse a delivery: an unreadable value is read as absent, `payload` stays as sent, and the schemas
// note where it differs. Plain functions: a schema with a fallback for each field costs more than all other work.

export const asString = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)

/**
 * An id: a string, or a number that a sender made of one; empty is absent. A number whose last digits JSON may have
 * lost is absent as well: two ids would become one.
 */
export function idOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value === '' ? undefined : value
  return typeof value === 'number' && Math.abs(value) <= Number.MAX_SAFE_INTEGER ? String(value) : undefined
}

/** Every number or word that is read here is shorter; a string of a megabyte is not trimmed. */
const longestWord = 32

const trimmed = (value: unknown): string =>
  typeof value === 'string' && value.length <= longestWord ? value.trim() : ''

const decimal = /^-?\d+(\.\d+)?$/

/** "99", "97.000000", " 99 " or 99. */
export function numberOf(value: unknown): number | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined
  const text = trimmed(value)
  return decimal.test(text) ? Number(text) : undefined
}

/** "true", "false", true or false; in any case, and 0, since "False" must not be read as absent. */
export function booleanOf(value: unknown): boolean | undefined {
  if (typeof value === 'boolean') return value
  const word = trimmed(value).toLowerCase()
  return word === 'true' ? true : word === 'false' || word === '0' || value === 0 ? false : undefined
}

/**
 * A number of fixed width whose leading zeros or string type got lost in transit: `810`, "810", " 0810 " and "810.0"
 * are "0810". Another string is trimmed; undefined if nothing is left. contract/v1.md §1.0.
 */
export function paddedNumber(value: unknown, width: number): string | undefined {
  if (typeof value === 'number')
    return Number.isSafeInteger(value) && value >= 0 ? String(value).padStart(width, '0') : undefined
  if (typeof value !== 'string') return undefined
  const text = value.trim()
  const [, digits] = text.length <= longestWord ? (/^(\d+)(?:\.0+)?$/.exec(text) ?? []) : []
  return (digits !== undefined && digits.length <= width ? digits.padStart(width, '0') : text) || undefined
}

/** Any object, by reference: its keys are never copied, so a hostile key such as __proto__ has no effect. */
export const recordOf = (value: unknown): Json | undefined => (isRecord(value) ? value : undefined)

const standIns: ReadonlySet<string> = new Set(['not available', 'n/a', '', 'nan-nan-nan', 'null'])

/**
 * True if Smile ID has this value: false for `null`, `undefined` and the strings it sends instead: `"Not Available"`,
 * `"N/A"`, `""`, `"NaN-NaN-NaN"`, `"null"`, in any case. contract/v1.md §1.0 and §5.
 * @example
 * import { isAvailable } from 'express-smile-id'
 *
 * const names = ['Ada Example', 'Not Available', null].filter(isAvailable)   // ['Ada Example']
 */
export function isAvailable<T>(value: T): value is NonNullable<T> {
  if (value === null || value === undefined) return false
  // Placeholders are short: a photo of a megabyte is not compared.
  return typeof value !== 'string' || value.length > 32 || !standIns.has(value.trim().toLowerCase())
}

/**
 * The value, or undefined if `isAvailable` is false for it.
 * @example
 * import { available } from 'express-smile-id'
 *
 * callbacks.on('document_verification.approved', ({ payload }) => {
 *   const name = available(payload.FullName)   // undefined where Smile ID sent "Not Available"
 * })
 */
export function available<T>(value: T): NonNullable<T> | undefined {
  return isAvailable(value) ? value : undefined
}
