import { isRecord, type Json } from '../lib/json.ts'
import { sha256 } from '../signature/sha256.ts'
import { scratch } from './scratch.ts'

/** Change from one sending of a fact to the next; on the body itself, and on the `result` it may be wrapped in. */
const volatile: ReadonlySet<string> = new Set(['timestamp', 'signature', 'sec_key', 'ImageLinks', 'image_links'])

const deepest = 64
const mostSorted = 1_000

/**
 * A digest of a body without what changes when it is sent again: `timestamp`, `signature`, `sec_key` and image links
 * at its top (or in `result`), query and fragment of every URL, key order. The work is linear in the body's size:
 * an object of more than 1 000 keys counts in the order sent, and what lies deeper than 64 levels does not count.
 * `ofText` says what of each of its texts counts: all of it but what is named above, unless given.
 * `before` counts beside the body.
 */
export function bodyDigest(body: Json, ofText: (text: string) => string = withoutQuery, before: readonly string[] = []): string {
  scratch.begin()
  for (const text of before) scratch.writeScalar(text)
  writeObject(body, 0, true, ofText)
  return sha256(scratch.take())
}

/** Sorted, unless there are so many that sorting them would be an attack. */
export const sortable = (texts: string[]): string[] => (texts.length <= mostSorted ? texts.sort() : texts)

function writeValue(value: unknown, depth: number, ofText: (text: string) => string): void {
  if (depth > deepest) return
  if (Array.isArray(value)) {
    scratch.writeMark('[')
    for (const item of value as unknown[]) writeValue(item, depth + 1, ofText)
    scratch.writeMark(']')
  } else if (isRecord(value)) {
    writeObject(value, depth, false, ofText)
  } else {
    scratch.writeScalar(value, typeof value === 'string' ? ofText(value) : undefined)
  }
}

function writeObject(object: Json, depth: number, isTop: boolean, ofText: (text: string) => string): void {
  scratch.writeMark('{')
  for (const key of sortable(Object.keys(object))) {
    if (isTop && volatile.has(key)) continue
    const value = object[key]
    scratch.writeScalar(key)
    if (isTop && key === 'result' && isRecord(value)) writeObject(value, depth + 1, true, ofText)
    else writeValue(value, depth + 1, ofText)
  }
  scratch.writeMark('}')
}

export function withoutQuery(text: string): string {
  // Nearly every text of a body passes here, and hardly any is a URL.
  if ((text.charCodeAt(0) | 0x20) !== letterH || !isUrl.test(text)) return text
  const end = text.search(/[?#]/)
  return end < 0 ? text : text.slice(0, end)
}

const isUrl = /^https?:\/\//i
const letterH = 0x68
