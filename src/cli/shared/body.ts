import { brotliDecompressSync, gunzipSync, inflateSync } from 'node:zlib'
import { headerReader } from '../../receive/headers.ts'

/** Bytes; more than any limit of a receiver, less than an archive made to explode. */
const most = 64 * 1_048_576

const inflates: Readonly<Record<string, (bytes: Uint8Array, options: { maxOutputLength: number }) => Buffer>> = {
  gzip: gunzipSync,
  'x-gzip': gunzipSync,
  deflate: inflateSync,
  br: brotliDecompressSync,
}

/** A body as it was captured. */
export interface CapturedBody {
  /** The text as it was sent, or what a parser made of it where that is all there is. */
  body: string | Uint8Array | object | undefined
  headers?: Record<string, string>
}

/** The text of a capture's body, inflated as the router does; as far as it is known. */
export function bodyText({ body, headers = {} }: CapturedBody): string {
  if (body === undefined) return ''
  if (typeof body === 'string') return body
  if (!(body instanceof Uint8Array)) return JSON.stringify(body)
  return Buffer.from(isEncoded({ body, headers }) ? inflated(body, encodingOf(headers)) : body).toString('utf8').replace(/^\uFEFF/, '')
}

/** Whether the bytes are what Content-Encoding says: some hosts inflate them and leave the header. */
export function isEncoded({ body, headers = {} }: CapturedBody): boolean {
  const encoding = encodingOf(headers)
  return body instanceof Uint8Array && encoding !== '' && encoding !== 'identity' && !/^\s*[[{"]/.test(Buffer.from(body.subarray(0, 16)).toString('latin1'))
}

const encodingOf = (headers: Record<string, string>): string => (headerReader(headers)('content-encoding') ?? '').trim().toLowerCase()

function inflated(bytes: Uint8Array, encoding: string): Uint8Array {
  try {
    return inflates[encoding]?.(bytes, { maxOutputLength: most }) ?? bytes
  } catch {
    // The router says what is wrong with it.
    return bytes
  }
}
