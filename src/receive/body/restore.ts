import { isDate } from 'node:util/types'
import { isRecord } from '../../lib/json.ts'

/** True for a value that JSON.parse never makes: a BigInt, or an object of a class. */
export function isForeign(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return typeof value === 'bigint'
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype !== Object.prototype && prototype !== Array.prototype && prototype !== null
}

/**
 * A copy in which numbers and Dates that an earlier parser made objects or BigInts are what our own parser would have
 * made of the same JSON. For values that `checkJsonValue` has bounded.
 */
export function restored(value: unknown): unknown {
  if (isForeign(value)) {
    const scalar = scalarOf(value)
    if (scalar !== undefined) return scalar
  }
  if (Array.isArray(value)) return value.map(restored)
  return isRecord(value) ? Object.fromEntries(Object.entries(value).map(([key, one]) => [key, restored(one)])) : value
}

/** Undefined for an object of a class that stands for no scalar. */
function scalarOf(value: unknown): unknown {
  if (typeof value === 'bigint') return exactNumber(String(value))
  if (isDate(value)) return value.toJSON()
  if (!isRecord(value)) return undefined
  // lossless-json.
  if (value['isLosslessNumber'] === true && typeof value['value'] === 'string') return exactNumber(value['value'])
  // BigNumber of json-bigint, Decimal, Big, and Dates of other libraries.
  const { toJSON } = value
  const json: unknown = typeof toJSON === 'function' ? toJSON.call(value) : undefined
  return typeof json === 'string' ? exactNumber(json) : typeof json === 'number' ? json : undefined
}

/** A number, unless it is a string of something else, or a whole number that JavaScript cannot hold. */
function exactNumber(text: string): number | string {
  const number = Number(text)
  const isExact = Number.isSafeInteger(number) || (Number.isFinite(number) && !Number.isInteger(number))
  return isExact && text !== '' ? number : text
}
