import { contentCodings } from '../body/codings.ts'
import type { Refusal } from '../../report/refusal.ts'
import { refuseMediaType } from '../diagnose/media-type.ts'

const json = /^(?:application|text)\/(?:[\w.!#$&^-]+\+)?json$/
const charsets: ReadonlySet<string> = new Set(['utf-8', 'utf8', 'us-ascii'])

/**
 * JSON in UTF-8, plain or in an encoding that can be inflated under the limit. A missing type is read as JSON:
 * the v1 contract does not promise one.
 */
export function checkMediaType(contentType: string | undefined, contentEncoding: string | undefined): Refusal | undefined {
  if (contentType === 'application/json' && contentEncoding === undefined) return undefined
  const [type = '', ...parameters] = (contentType ?? 'application/json').toLowerCase().split(';')
  const charset = parameters.map((one) => one.trim()).find((one) => one.startsWith('charset='))
  const isJson = json.test(type.trim())
  const isKnownCharset = charset === undefined || charsets.has(charset.slice('charset='.length).replace(/^"(.*)"$/, '$1'))
  return isJson && isKnownCharset && contentCodings(contentEncoding) !== undefined ? undefined : refuseMediaType(isJson, isKnownCharset, type)
}
