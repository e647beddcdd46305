import type { Product } from '../types/names.ts'
import type { Json } from '../lib/json.ts'
import type { Notes } from './notes.ts'
import type { Shape } from './shape.ts'

/** Something that this version has no words for: what is new, and where. Never a value. */
export interface Drift {
  /** `key`: a field that is not documented. The others: a word of that sort that is in no table. */
  readonly kind: 'key' | 'code' | 'status' | 'reason' | 'product'
  /** Such as `people[].country_code`; `*` stands for a name that could give data away. */
  readonly path: string
  /** Of the event; `unknown` where that is what is new. */
  readonly product: Product
  /** In whose words the payload is written. */
  readonly generation: Shape
}

/** Drift, and the word that is new: to tell one from another, never to be told. */
export type NewWord = Pick<Drift, 'kind' | 'path'> & { readonly word?: string }

export const newKeysOf = ({ newKeys }: Notes): NewWord[] => newKeys.map((path) => ({ kind: 'key', path }))

/** Every reason that is known. contract/v3.md §3.1. */
export const reasons: ReadonlySet<string> = new Set([
  'document_expired', 'document_copy_detected', 'age_requirement_not_met', 'medium_risk', 'information_outdated', 'news_media_match',
  'adverse_media_match', 'high_risk', 'account_locked_fraud', 'account_locked', 'face_verification_failed', 'spoof_detected',
  'identifier_not_found', 'document_check_failed', 'unsupported_document', 'aml_match_found', 'address_out_of_range', 'name_mismatch',
  'no_address_on_record', 'service_unavailable', 'internal_error', 'image_unavailable_or_invalid', 'content_policy_violated',
  'document_unclassifiable', 'invalid_id_number', 'id_photo_unavailable',
])

/** The words of a v3 body that no table has. */
export function newWordsOfV3({ status, product, reason }: Json, isKnownStatus: boolean, isKnownProduct: boolean): NewWord[] {
  return [
    ...(typeof status === 'string' && !isKnownStatus ? [{ kind: 'status' as const, path: 'status', word: status }] : []),
    ...(typeof product === 'string' && !isKnownProduct ? [{ kind: 'product' as const, path: 'product', word: product }] : []),
    ...(typeof reason === 'string' && reason !== '' && !reasons.has(reason) ? [{ kind: 'reason' as const, path: 'reason', word: reason }] : []),
  ]
}
