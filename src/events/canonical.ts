import { isRecord, isScalar, type Json } from '../lib/json.ts'

/** What `JSON.stringify` writes alike for the same content. */
export type Canonical = string | null | Canonical[]

const deepestLevel = 64
const mostSortedKeys = 1_000

/**
 * A value without what changes when it is sent again: key order, whether a number or boolean is written as text, query
 * and fragment of URLs. The work is linear in its size: an object of more than 1 000 keys counts in the order sent,
 * and what lies deeper than 64 levels does not count.
 */
export const canonical = (value: unknown): Canonical => written(value, withoutQuery, 0)

/** The same, of what its sender chose: all of each text counts. */
export const canonicalAsSent = (value: unknown): Canonical => written(value, (text) => text, 0)

function written(value: unknown, ofText: (text: string) => string, depth: number): Canonical {
  if (value === null || value === undefined || depth > deepestLevel) return null
  if (Array.isArray(value)) return listOf(value as unknown[], ofText, depth)
  if (isRecord(value)) return canonicalObject(value, (_key, inner) => written(inner, ofText, depth + 1))
  if (typeof value === 'string') return ofText(value)
  return isScalar(value) || typeof value === 'bigint' ? String(value) : null
}

// Not by spreading: a list may have more items than a call can have arguments.
function listOf(items: readonly unknown[], ofText: (text: string) => string, depth: number): Canonical[] {
  const list: Canonical[] = ['[']
  for (const item of items) list.push(written(item, ofText, depth + 1))
  return list
}

/** `ofValue` gives what counts of each value; undefined where nothing does. */
export function canonicalObject(object: Json, ofValue: (key: string, value: unknown) => Canonical | undefined): Canonical[] {
  const list: Canonical[] = ['{']
  for (const key of sorted(Object.keys(object))) {
    const value = ofValue(key, object[key])
    if (value !== undefined) list.push(key, value)
  }
  return list
}

/** Unless there are so many that sorting them would be an attack. */
const sorted = (texts: string[]): string[] => (texts.length <= mostSortedKeys ? texts.sort() : texts)

const isUrl = /^https?:\/\//i

function withoutQuery(text: string): string {
  if (!isUrl.test(text)) return text
  const end = text.search(/[?#]/)
  return end < 0 ? text : text.slice(0, end)
}
