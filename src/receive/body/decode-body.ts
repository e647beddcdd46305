import { isAscii } from 'node:buffer'

/** The text of a body, without the byte order mark that some senders put first. */
export function decodeBody(raw: Buffer): string {
  // Most bodies are ASCII, photos as base64 among them: copied, they need no decoding.
  const text = raw.toString(isAscii(raw) ? 'latin1' : 'utf8')
  return text.charCodeAt(0) === 0xfeff ? text.slice(1) : text
}
