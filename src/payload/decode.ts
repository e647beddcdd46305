import { isRecord } from '../lib/json.ts'
import type { Generation } from '../types/event.ts'
import { findContradiction } from './contradiction.ts'
import type { Decoded } from './decoded.ts'
import type { CodeIndex } from './v1/code-index.ts'
import { decodeV1 } from './v1/decode.ts'
import { decodeV3, type IdentityHeaders } from './v3/decode.ts'

/**
 * A verified body, read by its shape: a body of the old shape may come with the new headers. One that has a status
 * *and* a code is read as the generation that signed it would write it; if they disagree, its outcome is `unknown`.
 * Undefined if it is no callback that this version knows. contract/v3.md §2.1.
 */
export function decode(body: unknown, headers: IdentityHeaders, codes: CodeIndex, signedBy: Generation): Decoded | undefined {
  if (!isRecord(body)) return undefined
  const v3First = signedBy === 'v3' && typeof body['status'] === 'string'
  const decoded = v3First ? (decodeV3(body, headers) ?? decodeV1(body, codes)) : (decodeV1(body, codes) ?? decodeV3(body, headers))
  if (decoded?.meaning.kind !== 'result' || !findContradiction(body, codes, signedBy, decoded.meaning.outcome)) return decoded
  return { ...decoded, meaning: { kind: 'result', outcome: 'unknown' } }
}
