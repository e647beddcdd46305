import { createHash, type Hash } from 'node:crypto'
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
export function bodyDigest(body: Json): string {
  const hash = createHash('sha256')
  addObject(hash, body, 0, true)
  return hash.digest('hex')
}

/** Sorted, unless there are so many that sorting them would be an attack. */
export const sortable = (texts: string[]): string[] => (texts.length <= mostSorted ? texts.sort() : texts)

function add(hash: Hash, value: unknown, depth: number): void {
  if (depth > deepest) return
  if (Array.isArray(value)) {
    hash.update('[')
    for (const item of value as unknown[]) add(hash, item, depth + 1)
    hash.update(']')
  } else if (isRecord(value)) {
    addObject(hash, value, depth, false)
  } else {
    // A length before each text keeps neighbours apart.
    const text = typeof value === 'string' ? withoutQuery(value) : String(value)
    hash.update(`${typeof value}${text.length}:${text}`)
  }
}

function addObject(hash: Hash, object: Json, depth: number, isTop: boolean): void {
  const keys = sortable(Object.keys(object))
  hash.update('{')
  for (const key of keys) {
    if (isTop && volatile.has(key)) continue
    const value = object[key]
    hash.update(`${key.length}:${key}`)
    if (isTop && key === 'result' && isRecord(value)) addObject(hash, value, depth + 1, true)
    else add(hash, value, depth + 1)
  }
  hash.update('}')
}

function withoutQuery(text: string): string {
  if (!/^https?:\/\//i.test(text)) return text
  const end = text.search(/[?#]/)
  return end < 0 ? text : text.slice(0, end)
}
