import { type Refusal, refuse, refusing } from '../../report/refusal.ts'
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
  // Without quoting it, since anyone can send it.
  if (/x-www-form-urlencoded|form-data/i.test(type))
    return unsupported(
      'form_encoded',
      'The Content-Type is form data, and Smile ID sends JSON. curl sets it for -d unless a header is given.',
    )
  if (!isJson) return unsupported('not_json_type', 'The Content-Type is not JSON, and Smile ID sends application/json.')
  return isKnownCharset
    ? unsupported('content_encoding', 'The Content-Encoding is not supported: gzip, deflate and br are.')
    : unsupported('charset', 'The charset of the Content-Type is not UTF-8.')
}

const unsupported = refusing('unsupported_media_type')

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
  if (url === undefined)
    return mismatched('url_not_given', 'callbackSecret is set, but the delivery was passed without its url.')
  return url.includes('?')
    ? mismatched('url_forged', 'The query of the URL is not one that urlFor made with a secret of callbackSecret.')
    : mismatched('url_query_lost', 'The URL has no query: the job was submitted without urlFor, or a proxy removed it.')
}

const mismatched = refusing('callback_url_mismatch')
