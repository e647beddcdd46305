import type * as z from 'zod'
import { isRecord, type Json } from './scalars.ts'

const mostNotes = 20
const mostItems = 50
const mostKeys = 500
const deepest = 8

/**
 * Where a payload differs in type from what is documented: paths of documented keys, such as `people[].name`; never a value,
 * never a key that the sender chose. At most 20. Of long lists the first 50 entries are looked at.
 */
export function notesOn(payload: Json, schema: z.ZodType): string[] {
  const read = schema.safeParse(isSmall(payload) ? payload : excerpt(payload, 0))
  if (read.success) return []
  const paths = read.error.issues.filter(({ code }) => code !== 'unrecognized_keys').map(({ path }) => pathText(path))
  return [...new Set(paths)].slice(0, mostNotes)
}

/** Whether it can be checked whole: so are all but long lists. */
function isSmall(payload: Json): boolean {
  let members = 0
  const fits = (value: object, depth: number): boolean => {
    if (depth > deepest) return false
    // JSON and its parsers make plain objects: what `in` finds is their own.
    for (const key in value) {
      members += 1
      if (members > mostKeys) return false
      const inner: unknown = value[key as keyof typeof value]
      if (typeof inner === 'object' && inner !== null && !fits(inner, depth + 1)) return false
    }
    return true
  }
  return fits(payload, 0)
}

/** Bounded, so that a list of a million wrong entries makes no million issues; texts are kept by reference. */
function excerpt(value: unknown, depth: number): unknown {
  if (Array.isArray(value)) return depth > deepest ? [] : value.slice(0, mostItems).map((item) => excerpt(item, depth + 1))
  if (!isRecord(value)) return value
  if (depth > deepest) return {}
  // Without entry for __proto__: such a key would become the copy's prototype.
  const entries = Object.entries(value).filter(([key]) => key !== '__proto__')
  return Object.fromEntries(entries.slice(0, mostKeys).map(([key, inner]) => [key, excerpt(inner, depth + 1)]))
}

const pathText = (path: readonly PropertyKey[]): string =>
  path.map((step, at) => (typeof step === 'number' ? '[]' : `${at === 0 ? '' : '.'}${String(step)}`)).join('')
