import { isRecord } from '../lib/json.ts'
import { type ReceiverCause, type Refusal, refuseThrown, refusing } from '../report/refusal.ts'
import type { ReadBody } from './body/read.ts'
import type { DeliveryHeaders } from './delivery.ts'
import { headerNames } from './headers.ts'

const malformed = refusing('malformed_json')

/** Explains a body that is not JSON by its first and last bytes only, since anyone can send it. */
export function refuseMalformed(read: ReadBody, encoding: string | undefined): Refusal {
  if (read.source === 'parsed') return malformed('not_json')
  const { raw } = read
  const head = raw.toString('latin1', 0, 64)
  const sign = signs.find(([begins]) => begins.test(head))
  if (sign) return malformed(sign[1], sign[2])
  if (head.startsWith('\x1f\x8b'))
    return encoding === undefined
      ? malformed(
          'compressed',
          'The body is gzip, and no Content-Encoding says so: the header was removed, or the body compressed, in transit.',
        )
      : malformed(
          'compressed_twice',
          'The body is still gzip after decompression: it was compressed twice. Turn one of the two off.',
        )
  if (/^\s*[{[]/.test(head) && !/[}\]]\s*$/.test(raw.toString('latin1', Math.max(0, raw.length - 16))))
    return malformed(
      'cut_off',
      `The body ends in the middle after ${raw.length} bytes: a limit in transit cut it off. Callbacks have up to 1.5 MB.`,
    )
  return malformed('not_json')
}

/** Signs in the first 64 bytes of a body. */
const signs: readonly [begins: RegExp, ReceiverCause, hint: string][] = [
  [
    /^\s*$/,
    'empty_body',
    'The body is empty: other code read it before the router. Mount the router first, or behind a parser that sets req.body.',
  ],
  [/^\[object /, 'stringified_object', 'The body is "[object Object]": a parsed object was converted to a string.'],
  [/^\s*</, 'html', 'The body is HTML, a page of a proxy or of an error.'],
  [
    // The first 45 bytes of JSON, in base64.
    /^ey[A-Za-z0-9+/]{40}/,
    'base64_body',
    "The body is base64, as API Gateway and Lambda pass it: decode it first, Buffer.from(event.body, 'base64').",
  ],
  [/^[\w.%\]-][\w.%[\]-]*=/, 'form_encoded', 'The body is form data (key=value), not JSON.'],
]

const unsigned = refusing('signature_missing')

/** Explains a missing signature by the body and the names of the headers. */
export function refuseUnsigned(body: unknown, headers: DeliveryHeaders): Refusal {
  const renamed = renamedHeader(headers)
  if (renamed !== undefined)
    return unsigned(
      'headers_renamed',
      `Response-Signature is missing, and there is a header ${renamed}: it was renamed in transit, or the sender is not Smile ID.`,
    )
  if (!isRecord(body))
    return unsigned(
      'not_an_object',
      'The body is JSON, but not an object: it was encoded twice, or it is not a callback.',
    )
  if ('requestContext' in body && 'body' in body)
    return unsigned(
      'lambda_event',
      'The body is the whole event of a function host: pass event.body and event.headers.',
    )
  const outer = 'ResultCode' in body ? undefined : wrappers.find((name) => holdsCallback(body[name]))
  if (outer !== undefined)
    return unsigned(
      'wrapped_body',
      `The callback is inside "${outer}" of another object: pass the inner value, with the headers of the request.`,
    )
  if ('sec_key' in body)
    return unsigned(
      'sec_key',
      'The body is signed with sec_key, which Smile ID retired in 2022: ask them to sign with the API key.',
    )
  if (typeof body['signature'] === 'string')
    return unsigned('timestamp_lost', 'The body has a signature, but not its timestamp.')
  if ('timestamp' in body && 'ResultCode' in body)
    return unsigned('signature_lost', 'The body has a timestamp, but no signature.')
  if (typeof body['status'] === 'string' && (typeof body['product'] === 'string' || 'reason' in body)) {
    return unsigned(
      'headers_lost',
      'This looks like a v3 callback without Response-Signature and Response-Timestamp: a proxy or gateway dropped these headers.',
    )
  }
  return unsigned('unsigned')
}

/** Keys under which gateways and queues put the original request. */
const wrappers = ['body', 'data', 'payload', 'event', 'result', 'message'] as const

function holdsCallback(inner: unknown): boolean {
  if (isRecord(inner)) return 'signature' in inner || 'ResultCode' in inner || 'product' in inner
  return (
    typeof inner === 'string' && /^\s*\{/.test(inner) && /"(signature|ResultCode|product)"/.test(inner.slice(0, 4_096))
  )
}

/** Names as gateways and hosts write them; of any other, which may be data, only the end. */
function renamedHeader(headers: DeliveryHeaders): string | undefined {
  const found = headerNames(headers).find(
    (name) =>
      /(?:response|smile(?:[-_]?id)?)[-_]?signature$/i.test(name) && name.toLowerCase() !== 'response-signature',
  )
  return found === undefined
    || /^(?:x-|http_|x-amzn-remapped-|x-forwarded-|x-original-)?(?:response|smile(?:[-_]?id)?)[-_]?signature$/i.test(
      found,
    )
    ? found
    : '…-Response-Signature'
}

const unrecognized = refusing('unrecognized_payload')

/** Explains a verified body that is not a callback: names the missing fields. */
export function refuseUnrecognized(body: unknown, { jobId }: { jobId: string | undefined }): Refusal {
  const unread = (cause: ReceiverCause, hint: string, ...paths: string[]) => unrecognized(cause, hint, { paths })
  if (!isRecord(body)) return unread('not_an_object', 'The body is not an object.')
  if ('ResultCode' in body || 'PartnerParams' in body || 'SmileJobID' in body) {
    const { PartnerParams: params } = body
    const missing = ['ResultCode', 'SmileJobID'].filter((name) => !(name in body))
    if (!isRecord(params) || !('job_id' in params)) missing.push('PartnerParams.job_id')
    return unread(
      'job_id_lost',
      `The body lacks its job or its result; missing: ${missing.join(', ') || 'no known field'}.`,
      ...missing,
    )
  }
  if (typeof body['status'] === 'string' && jobId === undefined) {
    return unread(
      'job_id_lost',
      'The delivery does not say which job it is about: the Job-ID header is missing, and the body has no job_id.',
      'Job-ID',
      'job_id',
    )
  }
  return unread(
    'unknown_payload',
    'The body has neither ResultCode (v1) nor status and product (v3); missing: ResultCode, status.',
    'ResultCode',
    'status',
  )
}

/** Limit on paths, so that they fit a log line. */
const most = 10

/**
 * Explains partner params that break the schema: paths, never values. Keys of a map may be data, so only names are
 * shown.
 */
export function refuseParams(issues: readonly { path: string }[]): Refusal {
  const paths = [...new Set(issues.map(({ path }) => shownPath(path)))].slice(0, most)
  return refusing('invalid_partner_params')(
    'partner_params_schema',
    `These partner params do not fit the schema of partnerParams: ${paths.join(', ')}.`,
    { paths },
  )
}

const shownPath = (path: string): string =>
  path === ''
    ? '(the whole)'
    : path
        .split('.')
        .map((part) => (/^[A-Za-z_]\w{0,40}$|^\d{1,4}$/.test(part) ? part : '*'))
        .join('.')

/** Describes an unexpected error. */
export const refuseUnexpected = (error: unknown): Refusal =>
  refuseThrown('internal_error', 'unexpected', { where: 'delivery', error }, 'Something threw where nothing should')
