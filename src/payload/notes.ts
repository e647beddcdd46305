import type * as z from 'zod'
import { isRecord, type Json } from '../lib/json.ts'

const mostNotes = 20
const mostItems = 50
const mostKeys = 500
const deepest = 8

/**
 * Where a payload differs in type from what is documented: paths of documented keys, such as `people[].name`; never a value,
 * never a key that the sender chose. At most 20. Of long lists the first 50 entries are looked at.
 */
export function notesOn(payload: Json, schema: z.ZodType): string[] {
  const read = schema.safeParse(excerpt(payload, 0))
  if (read.success) return []
  const paths = read.error.issues.filter(({ code }) => code !== 'unrecognized_keys').map(({ path }) => pathText(path))
  return [...new Set(paths)].slice(0, mostNotes)
}

/** Bounded, so that a list of a million wrong entries makes no million issues; what needs no cut is not copied. */
function excerpt(value: unknown, depth: number): unknown {
  if (Array.isArray(value)) return depth > deepest ? [] : excerptOfList(value, depth)
  if (!isRecord(value)) return value
  return depth > deepest ? {} : excerptOfRecord(value, depth)
}

function excerptOfList(list: readonly unknown[], depth: number): readonly unknown[] {
  const kept = list.length > mostItems ? list.slice(0, mostItems) : list
  let copy: unknown[] | undefined
  for (const [at, item] of kept.entries()) {
    const inner = excerpt(item, depth + 1)
    if (inner === item) continue
    copy ??= [...kept]
    copy[at] = inner
  }
  return copy ?? kept
}

function excerptOfRecord(record: Json, depth: number): Json {
  const keys = Object.keys(record)
  // A key __proto__ would become the copy's prototype.
  const kept = keys.length > mostKeys || keys.includes('__proto__') ? firstKeys(record, keys) : record
  let copy: Record<string, unknown> | undefined
  for (const key of kept === record ? keys : Object.keys(kept)) {
    const inner = excerpt(kept[key], depth + 1)
    if (inner === kept[key]) continue
    copy ??= { ...kept }
    copy[key] = inner
  }
  return copy ?? kept
}

const firstKeys = (record: Json, keys: readonly string[]): Json =>
  Object.fromEntries(keys.filter((key) => key !== '__proto__').slice(0, mostKeys).map((key) => [key, record[key]]))

const pathText = (path: readonly PropertyKey[]): string =>
  path.map((step, at) => (typeof step === 'number' ? '[]' : `${at === 0 ? '' : '.'}${String(step)}`)).join('')
