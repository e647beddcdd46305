import { createHmac, createSecretKey, type KeyObject } from 'node:crypto'
import { SmileIdConfigError } from '../errors.ts'
import { sameText } from './sign.ts'

/** The names of the query parameters. */
export const referenceParam = 'ref'
export const tagParam = 'tag'

const longest = 255

/** Mints callback URLs that carry a secret, and knows them again. */
export interface CallbackUrls {
  /** @throws SmileIdConfigError `callback_url_invalid` */
  mint(baseUrl: string, reference: string): string
  /** The reference of a URL that was minted with one of the secrets. */
  read(url: string | undefined): string | undefined
}

/** The first secret mints; every one is tried. */
export function createCallbackUrls(secrets: readonly string[]): CallbackUrls {
  const keys = secrets.map((secret) => createSecretKey(secret, 'utf8'))
  // The options' check lets no empty list through.
  const minting = keys[0] as KeyObject
  return Object.freeze<CallbackUrls>({
    mint(baseUrl, reference) {
      if (!isReference(reference)) throw new SmileIdConfigError('callback_url_invalid', `The reference must be a text of 1 to ${longest} characters.`)
      const url = parseUrl(baseUrl)
      url.searchParams.set(referenceParam, reference)
      url.searchParams.set(tagParam, tagOf(reference, minting))
      return url.href
    },
    read(url) {
      const params = paramsOf(url)
      const references = params?.getAll(referenceParam) ?? []
      const tags = params?.getAll(tagParam) ?? []
      const [reference = ''] = references
      const [tag = ''] = tags
      // Two of one name would let a proxy and this receiver read different ones.
      if (references.length !== 1 || tags.length !== 1 || !isReference(reference)) return undefined
      // Every key is tried: the time taken does not tell which one it was.
      const matches = keys.filter((key) => sameText(tagOf(reference, key), tag))
      return matches.length > 0 ? reference : undefined
    },
  })
}

// The words keep this tag apart from any other use of the secret.
const tagOf = (reference: string, key: KeyObject): string =>
  createHmac('sha256', key).update(`express-smile-id callback url\n${reference}`, 'utf8').digest('base64url')

// A lone surrogate would turn into another character on its way, and two references into one.
const isReference = (reference: unknown): reference is string =>
  typeof reference === 'string' && reference !== '' && reference.length <= longest && !/\p{Surrogate}/u.test(reference)

function parseUrl(baseUrl: string): URL {
  const url = typeof baseUrl === 'string' && URL.canParse(baseUrl) ? new URL(baseUrl) : undefined
  if (url && ['https:', 'http:'].includes(url.protocol) && url.hash === '') return url
  throw new SmileIdConfigError('callback_url_invalid', 'The base URL must be that of the mounted router, such as https://api.example.com/smile-id, without a fragment.')
}

/** From a whole URL or from its path on. */
function paramsOf(url: string | undefined): URLSearchParams | undefined {
  const start = url?.indexOf('?') ?? -1
  return url === undefined || start < 0 ? undefined : new URLSearchParams(url.slice(start + 1).replace(/#.*$/s, ''))
}
