import type { SignedDelivery } from '../../testing/sign-delivery.ts'
import { UsageError } from './usage.ts'

/** A captured request. */
export interface Capture {
  method: string
  headers: Record<string, string>
  /** The text as it was sent, or what a parser made of it where that is all there is. */
  body: string | Uint8Array | object | undefined
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

/** Reads a capture: JSON with headers and body, a raw HTTP request, or a body alone. @throws UsageError if it is nothing of these */
export function parseCapture(text: string): Capture {
  if (text.trim() === '') throw new UsageError('The capture is empty.')
  return rawHttp(text) ?? fromJson(text) ?? { method: 'POST', headers: {}, body: text }
}

function fromJson(text: string): Capture | undefined {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    return undefined
  }
  if (!isObject(json)) return { method: 'POST', headers: {}, body: text }
  if (!('headers' in json) && !('body' in json)) return { method: 'POST', headers: {}, body: text }
  const { method, headers, body, bodyEncoding, clientIp, receivedAt } = json
  const time = typeof receivedAt === 'string' || typeof receivedAt === 'number' ? new Date(receivedAt) : undefined
  return {
    method: typeof method === 'string' ? method : 'POST',
    headers: headersOf(headers),
    body: bodyOf(body, bodyEncoding),
    ...(typeof clientIp === 'string' && { clientIp }),
    ...(time && !Number.isNaN(time.getTime()) && { receivedAt: time }),
  }
}

function bodyOf(body: unknown, encoding: unknown): Capture['body'] {
  if (typeof body === 'string') return encoding === 'base64' ? Buffer.from(body, 'base64') : body
  return typeof body === 'object' && body !== null ? body : undefined
}

/** `{ name: value }`, `{ name: [values] }`, `[[name, value]]` or Node's flat `rawHeaders`. */
function headersOf(headers: unknown): Record<string, string> {
  const entries: [string, unknown][] = Array.isArray(headers) ? listed(headers) : isObject(headers) ? Object.entries(headers) : []
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined && value !== null).map(([name, value]) => [name, headerText(value)]))
}

const headerText = (value: unknown): string => (Array.isArray(value) ? value.join(', ') : typeof value === 'string' ? value : JSON.stringify(value))

function listed(headers: readonly unknown[]): [string, unknown][] {
  if (headers.every((one) => Array.isArray(one))) return headers.map((pair) => [String(pair[0]), pair[1]])
  return headers.flatMap((name, index) => (index % 2 === 0 ? [[String(name), headers[index + 1]] as [string, unknown]] : []))
}

/** `POST /path HTTP/1.1`, headers, an empty line, the body. */
function rawHttp(text: string): Capture | undefined {
  const [, method, rest = ''] = /^([A-Z]+) \S+ HTTP\/[\d.]+\r?\n([\s\S]*)$/.exec(text) ?? []
  if (method === undefined) return undefined
  const end = /\r?\n\r?\n/.exec(rest)
  const head = end ? rest.slice(0, end.index) : rest
  const lines = head.split(/\r?\n/).filter((line) => line.includes(':'))
  const headers = Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trim()]))
  return { method, headers, body: end ? rest.slice(end.index + end[0].length) : '' }
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value)

/** The text that went over the wire, as far as it is known. */
export function bodyText({ body }: Pick<Capture, 'body'>): string {
  if (body === undefined) return ''
  if (typeof body === 'string') return body
  return body instanceof Uint8Array ? Buffer.from(body).toString('utf8') : JSON.stringify(body)
}

/** The capture as a delivery to send again. */
export const asDelivery = (capture: Capture): SignedDelivery => ({ headers: withoutHop(capture.headers), body: bodyText(capture) })

/** Headers that belong to one connection are not for another. */
const hop = new Set(['host', 'connection', 'content-length', 'transfer-encoding', 'content-encoding', 'expect', 'keep-alive', 'upgrade', 'te', 'trailer', 'accept-encoding'])
const withoutHop = (headers: Record<string, string>): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => !hop.has(name.toLowerCase())))
