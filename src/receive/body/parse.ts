import { refuse, type Refusal } from '../../report/refusal.ts'
import { checkJsonBytes, checkJsonValue, isClearlySimple, mostSimple, type Span } from './json-bounds.ts'
import { parseSkippingLongStrings } from './long-strings.ts'
import type { ReadBody } from './read.ts'
import { decodeBody } from './decode-body.ts'

/** The JSON value of a body, if it is neither too deep nor too full. */
export function parseBody(body: ReadBody): { value: unknown } | Refusal {
  if (body.source === 'parsed') return checkJsonValue(body.value) ?? { value: body.value }
  const { raw } = body
  const text = raw.length > mostSimple ? undefined : decodeBody(raw)
  const longStrings: Span[] = []
  const refused = text !== undefined && isClearlySimple(text) ? undefined : checkJsonBytes(raw, longStrings)
  if (refused) return refused
  try {
    const value: unknown = longStrings.length > 0 ? parseSkippingLongStrings(raw, longStrings) : JSON.parse(text ?? decodeBody(raw))
    return { value }
  } catch {
    return refuse('malformed_json')
  }
}
