import { isRecord, type Json } from '../lib/json.ts'

// Wrong types never refuse a delivery: what cannot be read is read as absent, `payload` stays as sent, and the
// schemas note where it differs. Plain functions, since a schema with a fallback for each field costs more than all else.

export const asString = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)

/** An id: text, or a number where a sender made one of it; empty is absent. */
export function idOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value === '' ? undefined : value
  return isNumber(value) ? String(value) : undefined
}

const decimal = /^-?\d+(\.\d+)?$/

/** "99", "97.000000" or 99. */
export function numberOf(value: unknown): number | undefined {
  if (isNumber(value)) return value
  return typeof value === 'string' && decimal.test(value) ? Number(value) : undefined
}

/** "true", "false", true or false; in any case, as "False" must not be read as nothing said. */
export function booleanOf(value: unknown): boolean | undefined {
  if (typeof value === 'boolean') return value
  const word = typeof value === 'string' && value.length <= 'false'.length ? value.toLowerCase() : undefined
  return word === 'true' ? true : word === 'false' ? false : undefined
}

/** Any object, by reference: its keys are never copied, so a hostile key such as __proto__ does nothing. */
export const recordOf = (value: unknown): Json | undefined => (isRecord(value) ? value : undefined)

// JSON has no other, but its 1e999 is read as Infinity.
const isNumber = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value)
