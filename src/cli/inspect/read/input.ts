import { isRecord, parseJson } from '../../../lib/json.ts'
import type { Capture } from '../../shared/body.ts'
import { UsageError } from '../../shared/usage.ts'
import { curl } from './curl.ts'
import { rawHttp } from './raw-http.ts'
import { type KnownReport, reportIn, reportInText } from './report.ts'
import { asText, isCallback, requestOf, requestsIn } from './request.ts'

/** A capture of a delivery, or the receiver's report. */
export type Input = { capture: Capture; ofSeveral?: number } | { report: KnownReport; kept?: Kept }

/** The delivery beside its report, as `captureRefused` writes them. */
export interface Kept {
  capture: Capture
  isMasked: boolean
}

const shapes =
  'It reads a capture of listen --save or captureRefused, a log line or report of this library, a raw HTTP request, a curl command, HAR, another dump of a request as JSON with headers and body, or the body of a callback.'

/** Reads whatever holds a delivery. @throws UsageError for what is empty or of no known shape */
export function readInput(text: string): Input {
  const given = text.replace(/^\uFEFF/, '')
  if (given.trim() === '') throw new UsageError('The capture is empty.')
  const request = rawHttp(given)
  if (request) return { capture: request }
  const calls = curl(given)
  if (calls) return chosen(calls)
  const json = parseJson(given)
  if (json !== undefined) return fromJson(json, given)
  const report = reportInText(given) ?? lastJsonLine(given)
  if (report) return { report }
  const list = given.split(/\r?\n/).flatMap((line) => {
    const one = line.trim().startsWith('{') ? parseJson(line) : undefined
    return (isRecord(one) ? requestsIn(one) : undefined) ?? []
  })
  if (list.length > 0) return chosen(list)
  if (looksLikeDump.test(given))
    throw new UsageError(
      `This is the dump of a request, but not valid JSON: it was cut off, or printed as an object. Print it with JSON.stringify. ${shapes}`,
    )
  if (looksLikeBody(given)) return { capture: bodyAlone(given) }
  throw new UsageError(`The form of this input is unknown. ${shapes}`)
}

/** A capture to send again. @throws UsageError as above, and for a report */
export function readCapture(text: string): Capture {
  const input = readInput(text)
  if ('capture' in input) return input.capture
  if (input.kept?.isMasked)
    throw new UsageError(
      'This capture is masked, so it cannot be sent again: captureRefused({ redact: false }) keeps the delivery itself.',
    )
  if (input.kept) return input.kept.capture
  throw new UsageError('This is a report, which does not hold the delivery itself.')
}

function fromJson(json: unknown, text: string): Input {
  if (Array.isArray(json)) {
    const list = json.filter(isRecord).flatMap((one) => requestsIn(one) ?? [])
    if (list.length > 0) return chosen(list)
  } else if (isRecord(json)) {
    const report = reportIn(json)
    if (report)
      return isRecord(json['headers']) && isRecord(json['report'])
        ? { report, kept: { capture: requestOf(json), isMasked: json['redacted'] === true } }
        : { report }
    const list = requestsIn(json)
    if (list) return chosen(list)
    const said = ['msg', 'message', 'log', 'textPayload']
      .map((name) => json[name])
      .find((one) => typeof one === 'string')
    const inMessage = said === undefined ? undefined : reportInText(said)
    if (inMessage) return { report: inMessage }
    if (!isCallback(json))
      throw new UsageError(
        `The form of this JSON is unknown: it has neither headers nor the keys of a callback. ${shapes}`,
      )
  } else if (typeof json === 'string') {
    const inner = parseJson(json)
    if (!isRecord(inner) || !isCallback(inner))
      throw new UsageError(`This JSON is a string that holds no callback. ${shapes}`)
  } else {
    throw new UsageError(`The form of this JSON is unknown. ${shapes}`)
  }
  if (Array.isArray(json)) throw new UsageError(`This is an array without a request. ${shapes}`)
  return { capture: bodyAlone(text) }
}

/** The last of several requests that looks like a callback. */
function chosen(list: readonly Capture[]): Input {
  const posts = list.filter(({ method }) => method === 'POST')
  const signed = posts.filter(
    ({ headers, body }) =>
      Object.keys(headers).some((name) => /response-signature/i.test(name))
      || /"(signature|sec_key|ResultCode)"/.test(typeof body === 'string' ? body : JSON.stringify(body ?? '')),
  )
  const capture = signed.at(-1) ?? posts.at(-1) ?? list.at(-1)
  if (!capture) throw new UsageError('The capture is empty.')
  return { capture, ...(list.length > 1 && { ofSeveral: list.length }) }
}

const bodyAlone = (text: string): Capture => ({ method: 'POST', headers: {}, body: asText(Buffer.from(text)) })

/** A broken body is worth a look; prose is not. */
const looksLikeBody = (text: string): boolean => /^\s*[{[]/.test(text) || /^[\w.%[\]-]+=\S*$/.test(text.trim())

/** Headers and body in one, where the fault is in the dump and not in what arrived. */
const looksLikeDump = /^\s*[{[][\s\S]*?(?<![\\\w-])["']?headers["']?\s*:/

function lastJsonLine(text: string): KnownReport | undefined {
  for (const line of text.split(/\r?\n/).reverse()) {
    const json = line.trim().startsWith('{') ? parseJson(line) : undefined
    const report = isRecord(json) ? reportIn(json) : undefined
    if (report) return report
  }
  return undefined
}
