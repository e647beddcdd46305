import { isRecord, type Json, parseJson } from '../../../lib/json.ts'
import { headerReader } from '../../../receive/headers.ts'
import { asText, type Capture, headersIn, joinedHeaders } from '../../shared/body.ts'
import { UsageError } from '../../shared/usage.ts'
import { curl } from './curl.ts'
import { type KnownReport, reportIn, reportInText } from './report.ts'

/** A capture of a delivery, or the receiver's report. */
export type Input = { capture: Capture; ofSeveral?: number } | { report: KnownReport; kept?: Kept }

/** The delivery beside its report, as `captureRefused` writes them. */
export interface Kept {
  capture: Capture
  isMasked: boolean
}

const unknownForm = (says: string): UsageError =>
  new UsageError(
    `${says} It reads a capture of listen --save or captureRefused, a log line or report of this library, a raw HTTP request, a curl command, HAR, or the body of a callback.`,
  )

/** Reads whatever holds a delivery. @throws UsageError for what is empty or of no known shape */
export function readInput(text: string): Input {
  const given = text.replace(/^\uFEFF/, '')
  if (given.trim() === '') throw new UsageError('The capture is empty.')
  const raw = rawHttp(given)
  const requests = raw ? [raw] : curl(given)
  if (requests) return chosen(requests)
  const json = parseJson(given)
  if (json !== undefined) return fromJson(json, given)
  const report = reportInText(given)
  if (report) return { report }
  if (looksLikeDump.test(given))
    throw unknownForm(
      'This is the dump of a request, but not valid JSON: it was cut off, or printed as an object. Print it with JSON.stringify.',
    )
  // A broken body is worth a look; prose is not.
  if (/^\s*[{[]/.test(given) || /^[\w.%[\]-]+=\S*$/.test(given.trim())) return { capture: bodyAlone(given) }
  throw unknownForm('The form of this input is unknown.')
}

/** A capture to send again. @throws UsageError as above, and for a report */
export function readCapture(text: string): Capture {
  const input = readInput(text)
  if ('capture' in input) return input.capture
  if (!input.kept) throw new UsageError('This is a report, which does not hold the delivery itself.')
  if (!input.kept.isMasked) return input.kept.capture
  throw new UsageError(
    'This capture is masked, so it cannot be sent again: captureRefused({ redact: false }) keeps the delivery itself.',
  )
}

function fromJson(json: unknown, text: string): Input {
  if (typeof json === 'string') {
    const inner = parseJson(json)
    if (isRecord(inner) && isCallback(inner)) return { capture: bodyAlone(text) }
    throw unknownForm('This JSON is a string that holds no callback.')
  }
  if (Array.isArray(json)) throw unknownForm('This is an array without a request.')
  if (!isRecord(json)) throw unknownForm('The form of this JSON is unknown.')
  const isRequest = isRecord(json['headers'])
  const report = isRequest && !isRecord(json['report']) ? undefined : reportIn(json)
  if (report)
    return isRequest ? { report, kept: { capture: requestOf(json), isMasked: json['redacted'] === true } } : { report }
  const { entries } = recordAt(json, 'log')
  if (Array.isArray(entries) && entries.length > 0) return chosen(entries.map(requestOfHar))
  if ('headers' in json || ('body' in json && typeof json['method'] === 'string')) return { capture: requestOf(json) }
  if (isCallback(json)) return { capture: bodyAlone(text) }
  throw unknownForm('The form of this JSON is unknown: it has neither headers nor the keys of a callback.')
}

/** The last of several requests that looks like a callback. */
function chosen(requests: readonly Capture[]): Input {
  const posts = requests.filter(({ method }) => method === 'POST')
  const isSigned = ({ headers, body }: Capture) =>
    /"(response-signature|signature|sec_key|ResultCode)"/i.test(
      JSON.stringify(headers) + (typeof body === 'string' ? body : ''),
    )
  const capture = posts.findLast(isSigned) ?? posts.at(-1) ?? requests.at(-1)
  if (!capture) throw new UsageError('The capture is empty.')
  return { capture, ...(requests.length > 1 && { ofSeveral: requests.length }) }
}

const bodyAlone = (text: string): Capture => ({ method: 'POST', headers: {}, body: text })

/** Headers and body in one, where the fault is in the dump and not in what arrived. */
const looksLikeDump = /^\s*[{[][\s\S]*?(?<![\\\w-])["']?headers["']?\s*:/

/** Keys in Smile ID's JSON: callbacks, and answers that are taken for one. */
const members =
  /^(ResultCode|SmileJobID|PartnerParams|partner_params|signature|sec_key|job_complete|success|product|id_fields|error)$/

const isCallback = (json: Json): boolean =>
  Object.keys(json).some((name) => members.test(name))
  || ('status' in json && ('reason' in json || 'message' in json))
  || ('type' in json && 'createdAt' in json)

const recordAt = (value: unknown, name: string): Json => {
  const found = isRecord(value) ? value[name] : undefined
  return isRecord(found) ? found : {}
}

/** An entry of an HTTP Archive. */
function requestOfHar(entry: unknown): Capture {
  const request = recordAt(entry, 'request')
  const { text, encoding } = recordAt(request, 'postData')
  const receivedAt = isRecord(entry) ? entry['startedDateTime'] : undefined
  return requestOf({ ...request, body: text ?? '', bodyEncoding: encoding, receivedAt })
}

/** A request as `listen --save` and `captureRefused` write it. */
export function requestOf({ method, headers, body, bodyEncoding, clientIp, receivedAt }: Json): Capture {
  const time = typeof receivedAt === 'string' ? new Date(receivedAt) : undefined
  const text = typeof body === 'object' && body !== null ? JSON.stringify(body) : body
  return {
    method: typeof method === 'string' ? method.toUpperCase() : 'POST',
    headers: headersOf(headers),
    body: typeof text !== 'string' ? undefined : bodyEncoding === 'base64' ? asText(Buffer.from(text, 'base64')) : text,
    ...(typeof clientIp === 'string' && { clientIp }),
    ...(time && !Number.isNaN(time.getTime()) && { receivedAt: time }),
  }
}

/** Reads `{ name: value }`, `{ name: [values] }`, or `[{ name, value }]` as in an HTTP Archive. */
function headersOf(headers: unknown): Record<string, string> {
  const entries: [string, unknown][] = Array.isArray(headers)
    ? headers.filter(isRecord).map(({ name, value }) => [String(name), value])
    : Object.entries(isRecord(headers) ? headers : {})
  return joinedHeaders(entries.map(([name, value]) => [name, [value].flat().join(', ')]))
}

/** `POST /path HTTP/1.1`, headers, an empty line, the body. */
function rawHttp(text: string): Capture | undefined {
  const [, method, rest = ''] = /^([A-Z]+) \S+ HTTP\/[\d.]+\r?\n([\s\S]*)$/.exec(text) ?? []
  if (method === undefined) return undefined
  const [head = '', ...parts] = rest.split(/(\r?\n\r?\n)/)
  const body = parts.slice(1).join('')
  const headers = headersIn(head.split(/\r?\n/))
  return { method, headers, body: framed(headers, Buffer.from(body)) }
}

/** The body only, if chunk sizes or later text were copied with it. */
function framed(headers: Readonly<Record<string, string>>, bytes: Buffer): string {
  const header = headerReader(headers)
  const length = Number(header('content-length') ?? NaN)
  if (header('transfer-encoding') !== 'chunked')
    return bytes.subarray(0, Number.isInteger(length) ? length : undefined).toString()
  const parts: Buffer[] = []
  for (let at = 0; ;) {
    const [line = '', size = '0'] =
      /^(?:\r?\n)?([\da-f]+)(?:[;\s][^\r\n]*)?\r?\n/i.exec(bytes.subarray(at, at + 100).toString('latin1')) ?? []
    const end = at + line.length + parseInt(size, 16)
    // Some tools show chunked bodies joined.
    if (size === '0') return at === 0 ? bytes.toString() : Buffer.concat(parts).toString()
    parts.push(bytes.subarray(at + line.length, end))
    at = end
  }
}
