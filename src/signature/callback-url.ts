import { createHmac, createSecretKey, type KeyObject } from 'node:crypto'
import { demand } from '../lib/check.ts'
import { constantTimeEqual } from './sign.ts'

/** Names of the query parameters. */
const referenceParam = 'ref'
const tagParam = 'tag'

const longestReference = 255
const code = 'callback_url_invalid'

/** Mints callback URLs that carry a secret, and recognizes them. */
export type CallbackUrls = ReturnType<typeof createCallbackUrls>

/** The first secret mints; all are tried when a URL is read. */
export function createCallbackUrls(secrets: readonly string[]) {
  const keys = secrets.map((secret) => createSecretKey(secret, 'utf8'))
  // The options refuse an empty array.
  const minting = keys[0] as KeyObject
  return Object.freeze({
    /**
     * `path` is the path at which this server sees the URL, if a proxy in front of it rewrites paths.
     * @throws SmileIdConfigError `callback_url_invalid`
     */
    mint: (baseUrl: string, reference: string, path?: string): string => {
      demand(isReference(reference), code, `The reference must be a string of 1 to ${longestReference} characters.`)
      const url = parseUrl(baseUrl)
      url.searchParams.set(referenceParam, reference)
      url.searchParams.set(tagParam, tagOf(reference, segmentsOf(checkedPath(path) ?? url.pathname), minting))
      return url.href
    },
    /**
     * Returns the reference of a URL that was minted with one of the secrets for the path of the request; else
     * undefined.
     */
    read: (url: string | undefined): string | undefined => {
      const params = paramsOf(url)
      const [reference, ...otherReferences] = params?.getAll(referenceParam) ?? []
      const [tag = '', ...otherTags] = params?.getAll(tagParam) ?? []
      // With two of one name, a proxy and this receiver could read different ones.
      if (otherReferences.length + otherTags.length > 0 || !isReference(reference)) return undefined
      // Every key is tried, so that the time taken does not tell which one matched.
      const segments = segmentsOf(pathOf(url))
      const matches = keys.filter((key) => constantTimeEqual(tagOf(reference, segments, key), tag))
      return matches.length > 0 ? reference : undefined
    },
  })
}

// The fixed words separate this tag from other uses of the secret; the path separates tenants with the same reference.
const tagOf = (reference: string, segments: readonly string[], key: KeyObject): string =>
  createHmac('sha256', key)
    .update(`express-smile-id callback url\n${JSON.stringify([reference, segments])}`, 'utf8')
    .digest('base64url')

// A lone surrogate becomes another character in transit, and two references become one.
const isReference = (reference: unknown): reference is string =>
  typeof reference === 'string'
  && reference !== ''
  && reference.length <= longestReference
  && !/\p{Surrogate}/u.test(reference)

function parseUrl(baseUrl: string): URL {
  const url = typeof baseUrl === 'string' && URL.canParse(baseUrl) ? new URL(baseUrl) : undefined
  demand(
    url && ['https:', 'http:'].includes(url.protocol) && url.hash === '',
    code,
    'The base URL must be the URL of the mounted router, such as https://api.example.com/smile-id, without a fragment.',
  )
  return url
}

function checkedPath(path: string | undefined): string | undefined {
  demand(
    path === undefined || /^\/[^?#]*$/.test(path),
    code,
    'The path must be the one at which this server sees the router, such as /smile-id, without a query.',
  )
  return path
}

/** Path of a whole URL, or of one that begins with its path. */
function pathOf(url = ''): string {
  const [withoutQuery = ''] = url.split(/[?#]/, 1)
  return withoutQuery.replace(/^[a-z][a-z\d+.-]*:\/\/[^/]*/i, '')
}

/** Segments are decoded, since proxies write one path in several ways; a trailing slash does not count. */
function segmentsOf(path: string): string[] {
  const segments = path.split('/').slice(1).map(decoded)
  while (segments.at(-1) === '') segments.pop()
  return segments
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment)
  } catch {
    // A stray % is no escape: the segment counts as it is written.
    return segment
  }
}

/** Query parameters of a whole URL, or of one that begins with its path. */
function paramsOf(url: string | undefined): URLSearchParams | undefined {
  const start = url?.indexOf('?') ?? -1
  return url === undefined || start < 0 ? undefined : new URLSearchParams(url.slice(start + 1).split('#', 1)[0])
}
