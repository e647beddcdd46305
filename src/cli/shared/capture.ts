import { bodyInFile, type CaptureFile } from '../../capture/file.ts'
import { bodyText, isEncoded, type CapturedBody } from './body.ts'

/** A captured request. */
export interface Capture extends CapturedBody {
  method: string
  headers: Record<string, string>
  clientIp?: string
  receivedAt?: Date
}

export function captureFile(method: string, headers: Record<string, string>, body: Buffer, receivedAt: Date, clientIp: string | undefined): CaptureFile {
  return { receivedAt: receivedAt.toISOString(), ...(clientIp !== undefined && { clientIp }), method, headers, ...bodyInFile(body) }
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
