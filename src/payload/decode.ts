import type { Decoded } from './decoded.ts'
import { isRecord } from '../lib/json.ts'
import type { CodeIndex } from './v1/code-index.ts'
import { decodeV1 } from './v1/decode.ts'
import { decodeV3, type IdentityHeaders } from './v3/decode.ts'

/**
 * A verified body, read by its shape, not by where its signature was: a body of the old shape may come
 * with the new headers. Undefined if it is no callback that this version knows.
 */
export function decode(body: unknown, headers: IdentityHeaders, codes: CodeIndex): Decoded | undefined {
  if (!isRecord(body)) return undefined
  return decodeV1(body, codes) ?? decodeV3(body, headers)
}
