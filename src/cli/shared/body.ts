import { isUtf8 } from 'node:buffer'
import { inflatedAtOnce, looksLikeJson } from '../../receive/body/inflate.ts'
import { type Coding, contentCodings, headerReader } from '../../receive/headers.ts'

/** Bytes; more than any limit of a receiver, less than a decompression bomb. */
const most = 64 * 1_048_576

/** A captured request. */
export interface Capture {
  method: string
  headers: Record<string, string>
  /** The body as it was sent, or the parsed value if only that is known. */
  body: string | Uint8Array | object | undefined
  clientIp?: string
  receivedAt?: Date
}

/** A delivery to send: a string, or bytes in the encoding of its Content-Encoding. */
export interface Sendable {
  headers: Record<string, string>
  body: string | Uint8Array
}

/** Returns a string if the bytes are UTF-8. */
export const asText = (bytes: Buffer): string | Buffer => (isUtf8(bytes) ? bytes.toString() : bytes)

/** Headers under the names they were sent with; repeated ones are joined as in HTTP. */
export function joinedHeaders(sent: Iterable<readonly [name: string, value: string]>): Record<string, string> {
  const joined: Record<string, string> = {}
  for (const [name, value] of sent)
    joined[name] = Object.hasOwn(joined, name) ? `${joined[name] ?? ''}, ${value}` : value
  return joined
}

/** Reads lines such as `Name: value`. */
export const headersIn = (lines: readonly string[]): Record<string, string> =>
  joinedHeaders(
    lines
      .filter((line) => line.includes(':'))
      .map((line) => [line.slice(0, line.indexOf(':')).trim(), line.slice(line.indexOf(':') + 1).trim()] as const),
  )

/** The captured body as a string, decompressed as the router does, as far as possible. */
export function bodyText({ body, headers }: Pick<Capture, 'body' | 'headers'>): string {
  if (body === undefined) return ''
  if (typeof body === 'string') return body
  if (!(body instanceof Uint8Array)) return JSON.stringify(body)
  return inflated(Buffer.from(body), codingsOf(headers) ?? [])
    .toString('utf8')
    .replace(/^\uFEFF/, '')
}

/** Undefined for a coding that the router does not support. */
const codingsOf = (headers: Record<string, string>): readonly Coding[] | undefined =>
  contentCodings(headerReader(headers)('content-encoding'))

function inflated(bytes: Buffer, codings: readonly Coding[]): Buffer {
  try {
    return inflatedAtOnce(bytes, codings, most)
  } catch {
    // The router reports the error.
    return bytes
  }
}

/** The capture as a delivery to send again. */
export function asDelivery(capture: Capture): Sendable {
  const headers = withoutHop(capture.headers)
  const { body } = capture
  // Some hosts decompress the bytes and leave the header.
  const isEncoded = body instanceof Uint8Array && codingsOf(headers)?.length !== 0 && !looksLikeJson(Buffer.from(body))
  return isEncoded ? { headers, body } : { headers: without(/^content-encoding$/i, headers), body: bodyText(capture) }
}

/** The headers whose names do not match. */
export const without = (names: RegExp, headers: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => !names.test(name)))

/** The headers without those of one connection, which are not valid for another. */
export const withoutHop = (headers: Readonly<Record<string, string>>): Record<string, string> =>
  without(
    /^(host|connection|content-length|transfer-encoding|expect|keep-alive|upgrade|te|trailer|accept-encoding)$/i,
    headers,
  )
