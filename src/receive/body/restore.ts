import { isRecord } from '../../lib/json.ts'

/** True for a value that JSON.parse never makes, in any realm: a BigInt, or an object of a class. */
export function isForeign(value: unknown): boolean {
  if (!isRecord(value)) return typeof value === 'bigint'
  const prototype = Object.getPrototypeOf(value) as object | null
  return prototype !== null && Object.getPrototypeOf(prototype) !== null
}

/**
 * A copy in which numbers and Dates that an earlier parser made objects or BigInts are what our own parser would have
 * made of the same JSON. For values that `checkJsonValue` has bounded.
 */
export function restored(value: unknown): unknown {
  const scalar = isForeign(value) ? scalarOf(value) : undefined
  if (scalar !== undefined) return scalar
  if (Array.isArray(value)) return value.map(restored)
  return isRecord(value) ? Object.fromEntries(Object.entries(value).map(([key, one]) => [key, restored(one)])) : value
}

/** Undefined for an object of a class that stands for no scalar. */
function scalarOf(value: unknown): unknown {
  // lossless-json has numbers without a toJSON; BigNumber of json-bigint, Decimal and Dates have one.
  if (!isRecord(value) || value['isLosslessNumber'] === true) return exactNumber(String(value))
  const { toJSON } = value
  const json: unknown = typeof toJSON === 'function' ? toJSON.call(value) : undefined
  return typeof json === 'string' ? exactNumber(json) : json === null ? json : undefined
}

/** A number, unless it is a string of something else, or a whole number that JavaScript cannot hold. */
function exactNumber(text: string): number | string {
  const number = Number(text)
  const isExact = Number.isSafeInteger(number) || (Number.isFinite(number) && !Number.isInteger(number))
  return isExact && text !== '' ? number : text
}
