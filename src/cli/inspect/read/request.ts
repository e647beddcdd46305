import { isRecord, type Json } from '../../../lib/json.ts'
import type { Capture } from '../../shared/body.ts'

const recordAt = (value: unknown, name: string): Json => {
  const found = isRecord(value) ? value[name] : undefined
  return isRecord(found) ? found : {}
}

/** The requests in JSON: an HTTP Archive, or one request with headers or a body; undefined for anything else. */
export function requestsIn(json: Json): Capture[] | undefined {
  const { entries } = recordAt(json, 'log')
  if (Array.isArray(entries) && entries.length > 0) return entries.map(requestOfHar)
  return 'headers' in json || ('body' in json && typeof json['method'] === 'string') ? [requestOf(json)] : undefined
}

/** An entry of an HTTP Archive. */
function requestOfHar(entry: unknown): Capture {
  const request = recordAt(entry, 'request')
  const { text, encoding } = recordAt(request, 'postData')
  const receivedAt = isRecord(entry) ? entry['startedDateTime'] : undefined
  return requestOf({ ...request, body: text ?? '', bodyEncoding: encoding, receivedAt })
}

/** A request as `listen --save` and `captureRefused` write it, or another dump with the same keys. */
export function requestOf({ method, headers, body, bodyEncoding, clientIp, receivedAt }: Json): Capture {
  const time = typeof receivedAt === 'string' || typeof receivedAt === 'number' ? new Date(receivedAt) : undefined
  return {
    method: typeof method === 'string' ? method.toUpperCase() : 'POST',
    headers: headersOf(headers),
    body: bodyOf(body, bodyEncoding === 'base64'),
    ...(typeof clientIp === 'string' && { clientIp }),
    ...(time && !Number.isNaN(time.getTime()) && { receivedAt: time }),
  }
}

/** Reads a body: base64, a Buffer as Node prints it, a string, or a parsed value. */
function bodyOf(body: unknown, isBase64: boolean): Capture['body'] {
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

/** Reads `{ name: value }`, `{ name: [values] }`, or `[{ name, value }]` as in an HTTP Archive. */
export function headersOf(headers: unknown): Record<string, string> {
  const entries: [string, unknown][] = Array.isArray(headers)
    ? headers.filter(isRecord).map(({ name, value }) => [String(name), value])
    : Object.entries(isRecord(headers) ? headers : {})
  const joined = new Map<string, string>()
  for (const [name, value] of entries) {
    if (value === undefined || value === null) continue
    const text = Array.isArray(value) ? value.join(', ') : typeof value === 'string' ? value : JSON.stringify(value)
    const former = joined.get(name)
    joined.set(name, former === undefined ? text : `${former}, ${text}`)
  }
  return Object.fromEntries(joined)
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
