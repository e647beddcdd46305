import { bodyInFile, type CaptureFile } from '../../capture/folder.ts'
import { inflatedAtOnce, looksLikeJson } from '../../receive/body/inflate.ts'
import { type Coding, contentCodings, headerReader } from '../../receive/headers.ts'

/** Bytes; more than any limit of a receiver, less than a decompression bomb. */
const most = 64 * 1_048_576

/** A body as it was captured. */
export interface CapturedBody {
  /** The body as it was sent, or the parsed value if only that is known. */
  body: string | Uint8Array | object | undefined
  headers?: Record<string, string>
}

/** The captured body as a string, decompressed as the router does, as far as possible. */
export function bodyText({ body, headers = {} }: CapturedBody): string {
  if (body === undefined) return ''
  if (typeof body === 'string') return body
  if (!(body instanceof Uint8Array)) return JSON.stringify(body)
  return inflated(Buffer.from(body), codingsOf(headers) ?? [])
    .toString('utf8')
    .replace(/^\uFEFF/, '')
}

/** True if the bytes are encoded as Content-Encoding says: some hosts decompress them and leave the header. */
export function isEncoded({ body, headers = {} }: CapturedBody): boolean {
  return body instanceof Uint8Array && codingsOf(headers)?.length !== 0 && !looksLikeJson(Buffer.from(body))
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

/** A captured request. */
export interface Capture extends CapturedBody {
  method: string
  headers: Record<string, string>
  clientIp?: string
  receivedAt?: Date
}

export function captureFile(
  method: string,
  headers: Record<string, string>,
  body: Buffer,
  receivedAt: Date,
  clientIp: string | undefined,
): CaptureFile {
  return {
    receivedAt: receivedAt.toISOString(),
    ...(clientIp !== undefined && { clientIp }),
    method,
    headers,
    ...bodyInFile(body),
  }
}

/** A delivery to send: a string, or bytes in the encoding of its Content-Encoding. */
export interface Sendable {
  headers: Record<string, string>
  body: string | Uint8Array
}

/** The capture as a delivery to send again. */
export function asDelivery(capture: Capture): Sendable {
  const headers = withoutHop(capture.headers)
  if (capture.body instanceof Uint8Array && isEncoded(capture)) return { headers, body: capture.body }
  return { headers: withoutEncoding(headers), body: bodyText(capture) }
}

/** The headers without Content-Encoding. */
export const withoutEncoding = (headers: Record<string, string>): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => name.toLowerCase() !== 'content-encoding'))

/** Headers of one connection are not valid for another. */
const hop = new Set([
  'host',
  'connection',
  'content-length',
  'transfer-encoding',
  'expect',
  'keep-alive',
  'upgrade',
  'te',
  'trailer',
  'accept-encoding',
])
const withoutHop = (headers: Record<string, string>): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => !hop.has(name.toLowerCase())))
