import { bodyText, isEncoded, type CapturedBody } from './body.ts'

/** A captured request. */
export interface Capture extends CapturedBody {
  method: string
  headers: Record<string, string>
  clientIp?: string
  receivedAt?: Date
}

/** How a capture is written to a file. */
export interface CaptureFile {
  method: string
  headers: Record<string, string>
  body: string
  /** Of `body`; `base64` where the bytes are no UTF-8 text. */
  bodyEncoding?: 'base64'
  clientIp?: string
  receivedAt: string
}

export function captureFile(method: string, headers: Record<string, string>, body: Buffer, receivedAt: Date, clientIp: string | undefined): CaptureFile {
  const text = body.toString('utf8')
  const isText = Buffer.from(text, 'utf8').equals(body)
  return {
    receivedAt: receivedAt.toISOString(),
    ...(clientIp !== undefined && { clientIp }),
    method,
    headers,
    ...(isText ? { body: text } : { body: body.toString('base64'), bodyEncoding: 'base64' }),
  }
}

/** A delivery to send: as text, or as the bytes that its Content-Encoding speaks of. */
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

/** Headers without what they say of a compression. */
export const withoutEncoding = (headers: Record<string, string>): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => name.toLowerCase() !== 'content-encoding'))

/** Headers that belong to one connection are not for another. */
const hop = new Set(['host', 'connection', 'content-length', 'transfer-encoding', 'expect', 'keep-alive', 'upgrade', 'te', 'trailer', 'accept-encoding'])
const withoutHop = (headers: Record<string, string>): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => !hop.has(name.toLowerCase())))
