import { type ReceiverCause, type Refusal, refuse } from '../../report/refusal.ts'
import type { CallbackUrls } from '../../signature/callback-url.ts'
import type { Config } from '../config.ts'
import type { IncomingDelivery } from '../delivery.ts'
import { contentCodings, maxHeaderLength, type ReadHeaders } from '../headers.ts'
import { checkClientAddress, type Sender } from './address.ts'

/**
 * Runs the checks that need no computation and no body, the cheap first; returns the reference of the callback URL, if
 * there is one.
 */
export function checkOutside(
  { method, url, headers: given }: IncomingDelivery,
  sender: Sender,
  headers: ReadHeaders,
  config: Config,
): { reference?: string } | Refusal {
  return (
    (method === 'POST' ? undefined : refuse('method_not_allowed'))
    ?? checkClientAddress(sender, config.addresses, given)
    ?? checkHeaderSizes(headers)
    ?? checkMediaType(headers.contentType, headers.contentEncoding)
    ?? checkDeclaredLength(headers.contentLength, config.maxBodySize)
    ?? checkCallbackUrl(url, config.callbackUrls)
  )
}

/** Node limits the size of all headers; `.fetch` and `.receive` may be called without any limit. */
export function checkHeaderSizes(headers: ReadHeaders): Refusal | undefined {
  for (const name in headers)
    if ((headers[name as keyof ReadHeaders]?.length ?? 0) > maxHeaderLength) return refuse('headers_too_large')
  return undefined
}

const json = /^(?:application|text)\/(?:[\w.!#$&^-]+\+)?json$/
const charsets: ReadonlySet<string> = new Set(['utf-8', 'utf8', 'us-ascii'])

/**
 * Accepts JSON in UTF-8, plain or with a supported encoding. A missing type is read as JSON: the v1 contract does not
 * promise one.
 */
export function checkMediaType(
  contentType: string | undefined,
  contentEncoding: string | undefined,
): Refusal | undefined {
  if (contentType === 'application/json' && contentEncoding === undefined) return undefined
  const [type = '', ...parameters] = (contentType ?? 'application/json').toLowerCase().split(';')
  const charset = parameters.map((one) => one.trim()).find((one) => one.startsWith('charset='))
  const isJson = json.test(type.trim())
  const isKnownCharset =
    charset === undefined || charsets.has(charset.slice('charset='.length).replace(/^"(.*)"$/, '$1'))
  if (isJson && isKnownCharset && contentCodings(contentEncoding) !== undefined) return undefined
  const [cause, hint] = causeOfType(isJson, isKnownCharset, type)
  return refuse('unsupported_media_type', hint, { cause })
}

/** Explains a wrong type or encoding without quoting it, since anyone can send it. */
function causeOfType(isJson: boolean, isKnownCharset: boolean, contentType: string): [ReceiverCause, string] {
  if (/x-www-form-urlencoded|form-data/i.test(contentType))
    return [
      'form_encoded',
      'The Content-Type is form data, and Smile ID sends JSON. curl sets it for -d unless a header is given.',
    ]
  if (!isJson) return ['not_json_type', 'The Content-Type is not JSON, and Smile ID sends application/json.']
  return isKnownCharset
    ? ['content_encoding', 'The Content-Encoding is not supported: gzip, deflate and br are.']
    : ['charset', 'The charset of the Content-Type is not UTF-8.']
}

/** Refuses a declared length over the limit before the body is read. `limit` in bytes. */
export function checkDeclaredLength(contentLength: string | undefined, limit: number): Refusal | undefined {
  return Number(contentLength ?? 0) > limit ? refuse('body_too_large') : undefined
}

/** Returns the reference of the URL; nothing if no secret is set. */
export function checkCallbackUrl(
  url: string | undefined,
  urls: CallbackUrls | undefined,
): { reference?: string } | Refusal {
  if (!urls) return {}
  const reference = urls.read(url)
  if (reference !== undefined) return { reference }
  const [cause, hint] = causeOfUrl(url)
  return refuse('callback_url_mismatch', hint, { cause })
}

function causeOfUrl(url: string | undefined): [ReceiverCause, string] {
  if (url === undefined) return ['url_not_given', 'callbackSecret is set, but the delivery was passed without its url.']
  return url.includes('?')
    ? ['url_forged', 'The query of the URL is not one that urlFor made with a secret of callbackSecret.']
    : ['url_query_lost', 'The URL has no query: the job was submitted without urlFor, or a proxy removed it.']
}
