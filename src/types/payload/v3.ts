import {
  anyObject,
  arrayOf,
  boolean,
  closed,
  type Documented,
  each,
  list,
  nullable,
  nullableText,
  number,
  numberLike,
  object,
  open,
  openAs,
  text,
  texts,
} from './fields.ts'

const provided = each(['given_names', 'last_name', 'email', 'phone_number'], nullableText)

/** Data that the person entered. contract/v3.md §2.1. */
export interface V3UserProvidedInfo extends Documented<typeof provided> {}

const suspect = { user_id: text, reasons: texts }

/** One user that Smile Secure suspects. contract/v3.md §3.3. */
export interface V3SuspectUser extends Documented<typeof suspect> {}

const numberOrNull = nullable(numberLike)
const listOrNull = nullable(list)
const antifraud = {
  fraud_risk: nullable(closed({ risk_level: nullableText, risk_score: numberOrNull, risk_indicators: listOrNull })),
  smile_secure: nullable(
    closed({ status: nullableText, suspect_users: nullable(arrayOf(object<V3SuspectUser>(suspect))) }),
  ),
  summary: nullable(closed({ fraud_detected: nullable(boolean), fraud_sources: nullable(texts) })),
}

/** `antifraud` of identity products. contract/v3.md §3.3. */
export interface V3Antifraud extends Documented<typeof antifraud> {}

const amlAntifraud = {
  fraud_risk_level: nullableText,
  fraud_risk_score: numberOrNull,
  fraud_risk_indicator_groups: listOrNull,
}

/** `antifraud` of one-time AML. contract/v3.md §3.3. */
export interface V3AmlAntifraud extends Documented<typeof amlAntifraud> {}

const envelope = {
  ...each(['status', 'product'], text),
  ...each(['message', 'reason', 'job_id', 'user_id', 'kyc_receipt'], nullableText),
  /** ISO. */
  created_at: nullableText,
  /** ISO. */
  completed_at: nullableText,
  user_provided_info: nullable(object<V3UserProvidedInfo>(provided)),
  ...each(['partner_params', 'device_signals'], nullable(anyObject)),
  /** An ISO 27560 record; `{}` where there is none. */
  consent: nullable(open({ schema_version: nullableText })),
}

const imageLinks = each(['selfie_image', 'id_card_image', 'id_card_back_image'], nullableText)

/** Links to pictures, signed, about 15 minutes. contract/v3.md §3.4. */
export interface V3ImageLinks extends Documented<typeof imageLinks> {}

// prettier-ignore
const idFields = each([
  'full_name', 'first_name', 'last_name', 'other_names', 'id_number', 'id_type', 'country', 'date_of_birth', 'gender',
  'issuance_date', 'expiration_date', 'address', 'photo_url', 'document_link',
], nullableText)

/** The person, as the document or the ID authority has it. contract/v3.md §3.5. */
export interface V3IdFields extends Documented<typeof idFields> {}

const antifraudOrNull = { antifraud: nullable(object<V3Antifraud>(antifraud)) }
const identity = {
  ...antifraudOrNull,
  image_links: nullable(object<V3ImageLinks>(imageLinks)),
  // The published list of its keys ends in "…".
  id_fields: nullable(openAs<V3IdFields>(idFields)),
}

// prettier-ignore
const paper = {
  ...each([
    'image_link', 'full_name', 'id_number', 'issued_at', 'issuance_date', 'conditions', 'document_primary_id',
  ], nullableText),
  /** `single`, `multiple` or `other`. */
  no_of_entries: nullableText,
  expiry: nullable(closed({ expiry_date: nullableText, expiry_period_in_months: nullableText })),
}

/** One paper beside the main document. contract/v3.md §2.4. */
export interface V3AdditionalDocument extends Documented<typeof paper> {}

const residency = { additional_documents: nullable(arrayOf(object<V3AdditionalDocument>(paper))) }

const news = { ...each(['news_category', 'news_category_label'], text), number_of_articles: number }
const person = {
  name: text,
  ...each(
    ['addresses', 'aliases', 'associations', 'dates_of_birth', 'enforcement_actions', 'nationalities', 'sanctions'],
    list,
  ),
  pep: nullable(closed({ pep_level: nullable(number), political_positions: texts, sources: list })),
  /** Newer name of `adverse_media`. */
  news_summary: arrayOf(closed(news)),
  /** Older name of `news_summary`. */
  adverse_media: list,
}

/** One person found on a list or in the news. contract/v3.md §2.4. */
export interface V3AmlPerson extends Documented<typeof person> {}

const aml = {
  strict_match: boolean,
  no_of_persons_found: numberLike,
  people: arrayOf(object<V3AmlPerson>(person)),
  antifraud: nullable(object<V3AmlAntifraud>(amlAntifraud)),
}

/** The documented fields of each v3 payload, by schema. */
export const v3Fields = {
  'v3.common': { ...envelope, ...antifraudOrNull },
  'v3.identity': { ...envelope, ...identity },
  'v3.residency_document_verification': { ...envelope, ...identity, ...residency },
  'v3.one_time_aml': { ...envelope, ...aml },
}

/** Keys that no v1 payload has. */
export type V3Key = keyof V3Parts['envelope'] | keyof V3Parts['identity'] | keyof V3Parts['residency'] | 'strict_match'

export interface V3Parts {
  envelope: typeof envelope
  identity: typeof identity
  residency: typeof residency
  aml: typeof aml
}
