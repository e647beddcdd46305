import { isRecord, type Json } from '../../../lib/json.ts'
import type { Capture } from '../../shared/body.ts'

/** The first of these properties that is set. */
export const pick = (object: Json, ...names: string[]): unknown =>
  names.map((name) => object[name]).find((value) => value !== undefined && value !== null)

export const recordAt = (value: unknown, ...path: string[]): Json => {
  const found = path.reduce<unknown>((at, name) => (isRecord(at) ? at[name] : undefined), value)
  return isRecord(found) ? found : {}
}

/** Reads a request in JSON, under the common property names. */
export function requestOf(object: Json): Capture {
  const method = pick(object, 'method', 'httpMethod', 'verb')
  const clientIp =
    pick(object, 'clientIp', 'client_ip', 'ip', 'remoteAddress', 'remote_addr', 'sourceIp')
    ?? recordAt(object, 'socket')['remoteAddress']
  const time = timeOf(
    pick(
      object,
      'receivedAt',
      'created_at',
      'startedDateTime',
      'start',
      'timestamp',
      'timeEpoch',
      'requestTimeEpoch',
      'time',
    ),
  )
  const isBase64 =
    object['bodyEncoding'] === 'base64' || object['isBase64Encoded'] === true || object['encoding'] === 'base64'
  return {
    method: typeof method === 'string' ? method.toUpperCase() : 'POST',
    headers: headersOf(pick(object, 'headers', 'multiValueHeaders', 'rawHeaders')),
    body: bodyOf(pick(object, 'body', 'content', 'rawBody', 'text', 'payload', 'data'), isBase64),
    ...(typeof clientIp === 'string' && { clientIp: clientIp.replace(/^::ffff:/, '') }),
    ...(time && { receivedAt: time }),
  }
}

/** Parses common forms of time: ISO, epoch ms or s, `2026-10-14 09:00:00` in UTC. */
export function timeOf(value: unknown): Date | undefined {
  const text = typeof value === 'number' ? String(value) : typeof value === 'string' ? value.trim() : ''
  if (text === '') return undefined
  const date = /^\d{10}$/.test(text)
    ? new Date(Number(text) * 1000)
    : /^\d{11,15}$/.test(text)
      ? new Date(Number(text))
      : new Date(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/.test(text) ? `${text.replace(' ', 'T')}Z` : text)
  return Number.isNaN(date.getTime()) ? undefined : date
}

/** Reads a body: base64, a Buffer as Node prints it, a string, or a parsed value. */
export function bodyOf(body: unknown, isBase64: boolean): Capture['body'] {
  if (typeof body === 'string') return isBase64 ? asText(Buffer.from(body, 'base64')) : body
  if (isRecord(body) && body['type'] === 'Buffer' && Array.isArray(body['data']))
    return asText(Buffer.from(body['data'] as number[]))
  return typeof body === 'object' && body !== null ? body : undefined
}

/** Returns a string if the bytes are UTF-8. */
export function asText(bytes: Buffer): string | Buffer {
  const text = bytes.toString('utf8')
  return Buffer.from(text, 'utf8').equals(bytes) ? text : bytes
}

/** `{ name: value }`, `{ name: [values] }`, `[[name, value]]`, `[{ name, value }]` or Node's flat `rawHeaders`. */
export function headersOf(headers: unknown): Record<string, string> {
  const entries: [string, unknown][] = Array.isArray(headers)
    ? listed(headers)
    : isRecord(headers)
      ? Object.entries(headers)
      : []
  const joined = new Map<string, string>()
  for (const [name, value] of entries) {
    if (value === undefined || value === null) continue
    const former = joined.get(name)
    joined.set(name, former === undefined ? headerText(value) : `${former}, ${headerText(value)}`)
  }
  return Object.fromEntries(joined)
}

const headerText = (value: unknown): string =>
  Array.isArray(value) ? value.join(', ') : typeof value === 'string' ? value : JSON.stringify(value)

function listed(headers: readonly unknown[]): [string, unknown][] {
  if (headers.every((one) => Array.isArray(one))) return headers.map((pair) => [String(pair[0]), pair[1]])
  if (headers.every(isRecord))
    return headers.map((one) => [String(pick(one, 'name', 'key', 'header')), pick(one, 'value', 'val')])
  return headers.flatMap((name, index) =>
    index % 2 === 0 ? [[String(name), headers[index + 1]] as [string, unknown]] : [],
  )
}

/** Keys in Smile ID's JSON: callbacks, and answers that are taken for one. */
const members: ReadonlySet<string> = new Set([
  'ResultCode',
  'SmileJobID',
  'PartnerParams',
  'partner_params',
  'signature',
  'sec_key',
  'job_complete',
  'success',
  'product',
  'id_fields',
  'error',
])

export function isCallback(json: Json): boolean {
  const names = Object.keys(json)
  return (
    names.some((name) => members.has(name))
    || ('status' in json && ('reason' in json || 'message' in json))
    || ('type' in json && 'createdAt' in json)
  )
}
