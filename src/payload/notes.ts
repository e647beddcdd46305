import { isRecord, type Json } from '../lib/json.ts'
import type { Product } from '../types/names.ts'
import type { Field, Shape } from '../types/payload/fields.ts'

const mostNotes = 20
const mostItems = 50
const mostNewKeys = 20
/** An object with more undocumented keys than this is a map keyed by data. */
const mostNamedKeys = 10

/** Differences between a payload and its documentation. Paths only: never a value. */
export interface Notes {
  /** Documented keys with another type, such as `people[].name`. At most 20. */
  types: readonly string[]
  /** Undocumented keys, such as `people[].country_code`; `people[].*` if naming them could reveal data. At most 20. */
  newKeys: readonly string[]
}

/**
 * Finds where a payload differs from its documentation. Of long arrays the first 50 entries are read. Walks the
 * fields itself: zod's `safeParse` costs more than all other work on a small body.
 */
export function notesOn(payload: Json, field: Field): Notes {
  const { types, newKeys } = find(payload, field, false)
  // In the order of the documentation, which takes longer: most documented keys are absent.
  return { types: types.length > 1 ? find(payload, field, true).types : types, newKeys }
}

function find(payload: Json, field: Field, isOrdered: boolean): Found {
  const notes: Found = { types: [], newKeys: [], isOrdered }
  look(payload, field, '', notes)
  return notes
}

interface Found extends Record<keyof Notes, string[]> {
  readonly isOrdered: boolean
}

function add(found: string[], most: number, path: string): void {
  if (found.length < most && !found.includes(path)) found.push(path)
}

function look(value: unknown, field: Field, path: string, found: Found): void {
  if (Array.isArray(value)) {
    if (field.items) {
      const inside = `${path}[]`
      for (let at = 0; at < value.length && at < mostItems; at += 1) look(value[at], field.items, inside, found)
      return
    }
  } else if (isRecord(value)) {
    if (field.fields) return lookAtKeys(value, field, path, found)
  }
  if (!fits(value, field.types)) add(found.types, mostNotes, path)
}

function lookAtKeys(record: Json, { isOpen, fields = noFields }: Field, path: string, found: Found): void {
  const prefix = path === '' ? '' : `${path}.`
  const keys = Object.keys(record)
  const areMany = keys.length > fields.size + mostNamedKeys
  const unknown: string[] = []
  for (const key of areMany || found.isOrdered ? fields.keys() : keys) {
    const field = fields.get(key)
    const value = record[key]
    if (!field) unknown.push(key)
    else if (value !== undefined && (typeof value === 'object' || !fits(value, field.types)))
      look(value, field, prefix + key, found)
  }
  if (isOpen === true) return
  const areNames = !areMany && unknown.length <= mostNamedKeys && unknown.every((key) => fieldName.test(key))
  for (const name of areNames ? unknown : ['*']) add(found.newKeys, mostNewKeys, prefix + name)
}

const noFields: ReadonlyMap<string, Field> = new Map()

/** A field name as Smile ID writes them: no spaces, no number of a person or document. */
const fieldName = /^[A-Za-z][A-Za-z_]{0,39}\d?$/

const fits = (value: unknown, types: ReadonlySet<string>): boolean =>
  typeof value === 'number'
    ? types.has('number') && Number.isFinite(value)
    : types.has(value === null ? 'null' : typeof value)

/** New data that this version does not know: its sort and its path. Never a value. */
export interface Drift {
  /**
   * `key`: an undocumented field. `meaning`: a code whose meaning is inferred, see `event.meaning`. The others: a value
   * of that sort that no table has.
   */
  readonly kind: 'key' | 'meaning' | 'code' | 'status' | 'reason' | 'product'
  /** Path such as `people[].country_code`; `*` stands for a name that could reveal data. */
  readonly path: string
  /** Product of the event; `unknown` if the product itself is new. */
  readonly product: Product
  /** Generation in whose words the payload is written. */
  readonly generation: Shape
}

/** Drift with the new value, which is used to tell one from another and never shown. */
export type NewWord = Pick<Drift, 'kind' | 'path'> & { readonly word?: string }

export const newKeysOf = ({ newKeys }: Notes): NewWord[] => newKeys.map((path) => ({ kind: 'key', path }))

/** Every known reason. contract/v3.md §3.1. */
export const reasons: ReadonlySet<string> = new Set(
  `
  document_expired document_copy_detected age_requirement_not_met medium_risk information_outdated
  news_media_match adverse_media_match high_risk account_locked_fraud account_locked
  face_verification_failed spoof_detected identifier_not_found document_check_failed
  unsupported_document aml_match_found address_out_of_range name_mismatch no_address_on_record
  service_unavailable internal_error image_unavailable_or_invalid content_policy_violated
  document_unclassifiable invalid_id_number id_photo_unavailable
  `.match(/\w+/g),
)

/** Values of a v3 body that no table has; `isKnown` tells of status and product. */
export const newWordsOfV3 = (body: Json, isKnown: { status: boolean; product: boolean }): NewWord[] =>
  (['status', 'product', 'reason'] as const).flatMap((kind) => {
    const word = body[kind]
    if (typeof word !== 'string') return []
    const isNews = kind === 'reason' ? word !== '' && !reasons.has(word) : !isKnown[kind]
    return isNews ? [{ kind, path: kind, word }] : []
  })
