import { isAscii } from 'node:buffer'
import { refuse, type Refusal } from '../refusal.ts'
import { checkJsonBytes, checkJsonValue, isClearlySimple } from './json-bounds.ts'
import type { ReadBody } from './read.ts'

/** The JSON value of a body, if it is neither too deep nor too full. */
export function parseBody(body: ReadBody): { value: unknown } | Refusal {
  if (body.source === 'parsed') return checkJsonValue(body.value) ?? { value: body.value }
  const text = textOf(body.raw)
  const refused = isClearlySimple(text) ? undefined : checkJsonBytes(body.raw)
  if (refused) return refused
  try {
    return { value: JSON.parse(text) as unknown }
  } catch {
    return refuse('malformed_json')
  }
}

/** The text of a body, without the byte order mark that some senders put first. */
export function textOf(raw: Buffer): string {
  // Most bodies are ASCII, photos as base64 among them: copied, they need no decoding.
  const text = raw.toString(isAscii(raw) ? 'latin1' : 'utf8')
  return text.charCodeAt(0) === 0xfeff ? text.slice(1) : text
}
