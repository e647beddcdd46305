import { refuse, type Refusal } from '../refusal.ts'
import type { ReadBody } from './read.ts'

/** The JSON value of a body. */
export function parseBody(body: ReadBody): { value: unknown } | Refusal {
  if (body.source === 'parsed') return { value: body.value }
  const text = textOf(body.raw)
  try {
    return { value: JSON.parse(text) as unknown }
  } catch {
    return refuse('malformed_json')
  }
}

/** The text of a body, without the byte order mark that some senders put first. */
export function textOf(raw: Buffer | string): string {
  const text = typeof raw === 'string' ? raw : raw.toString('utf8')
  return text.charCodeAt(0) === 0xfeff ? text.slice(1) : text
}
