import { refuse, type Refusal } from '../../report/refusal.ts'
import { decodeBody } from './decode-body.ts'
import { parseExactly } from './exact-numbers.ts'
import { checkJsonBytes, checkJsonValue, type Outline } from './json-bounds.ts'
import { parseSkippingLongStrings } from './long-strings.ts'
import type { ReadBody } from './read.ts'

/** Refuses a body that is too deep or too full, before anything is built of it. `limit` in bytes. */
export const checkBody = (body: ReadBody, limit: number): Outline | Refusal =>
  body.source === 'parsed' ? checkJsonValue(body.value, limit) : checkJsonBytes(body.raw, limit)

/** The JSON value of a body that was checked. */
export function parseBody(body: ReadBody, { longStrings, hasLongNumbers }: Outline): { value: unknown } | Refusal {
  if (body.source === 'parsed') return body
  try {
    if (longStrings.length > 0) return { value: parseSkippingLongStrings(body.raw, longStrings) }
    const text = decodeBody(body.raw)
    return { value: hasLongNumbers ? parseExactly(text) : JSON.parse(text) }
  } catch {
    return refuse('malformed_json')
  }
}
