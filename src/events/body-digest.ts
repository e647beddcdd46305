import { createHash } from 'node:crypto'
import { isRecord, type Json } from '../payload/scalars.ts'

/** Change from one sending of a fact to the next; on the body itself, and on the `result` it may be wrapped in. */
const volatile: ReadonlySet<string> = new Set(['timestamp', 'signature', 'sec_key', 'ImageLinks', 'image_links'])

const deepest = 64
const mostSorted = 1_000

/**
 * A digest of a body without what changes when it is sent again: `timestamp`, `signature`, `sec_key` and image links
 * at its top (or in `result`), query and fragment of every URL, key order. The work is linear in the body's size:
 * an object of more than 1 000 keys counts in the order sent, and what lies deeper than 64 levels does not count.
 */
export const bodyDigest = (body: Json): string => sha256(canonicalText(body, withoutQuery)).digest('hex')

export const sha256 = (text: string) => createHash('sha256').update(text, 'utf8')

/** Sorted, unless there are so many that sorting them would be an attack. */
export const sortable = (texts: string[]): string[] => (texts.length <= mostSorted ? texts.sort() : texts)

/** One text for all sendings of a body; `ofText` says what of each of its texts counts. */
export function canonicalText(body: Json, ofText: (text: string) => string): string {
  let canonical = ''
  const add = (value: unknown, depth: number) => {
    if (depth > deepest) return
    if (Array.isArray(value)) {
      canonical += '['
      for (const item of value as unknown[]) add(item, depth + 1)
      canonical += ']'
    } else if (isRecord(value)) {
      addObject(value, depth, false)
    } else {
      // A length before each text keeps neighbours apart.
      const text = typeof value === 'string' ? ofText(value) : String(value)
      canonical += `${typeof value}${text.length}:${text}`
    }
  }
  const addObject = (object: Json, depth: number, isTop: boolean) => {
    canonical += '{'
    for (const key of sortable(Object.keys(object))) {
      if (isTop && volatile.has(key)) continue
      const value = object[key]
      canonical += `${key.length}:${key}`
      if (isTop && key === 'result' && isRecord(value)) addObject(value, depth + 1, true)
      else add(value, depth + 1)
    }
    canonical += '}'
  }
  addObject(body, 0, true)
  return canonical
}

export function withoutQuery(text: string): string {
  if (!isUrl.test(text)) return text
  const end = text.search(/[?#]/)
  return end < 0 ? text : text.slice(0, end)
}

const isUrl = /^https?:\/\//i
