import type { ReportCode } from './codes.ts'

/**
 * A guard's "no": the code that answers the delivery, a hint where the set-up looks wrong, and what is known beside.
 */
export class Refusal {
  readonly code: ReportCode
  readonly hint: string | undefined
  readonly facts: RefusalFacts | undefined

  constructor(code: ReportCode, hint?: string, facts?: RefusalFacts) {
    this.code = code
    this.hint = hint
    this.facts = facts
  }
}

export const refuse = (code: ReportCode, hint?: string, facts?: RefusalFacts): Refusal => new Refusal(code, hint, facts)

export const isRefusal = (value: unknown): value is Refusal => value instanceof Refusal

/** What a receiver can name as the likely cause of a refusal; `express-smile-id explain` has more of each. */
export type ReceiverCause =
  // signature
  | 'partner_id_zeros'
  | 'api_key_whitespace'
  | 'credentials_swapped'
  | 'signature_altered'
  | 'timestamp_reformatted'
  | 'sid_response'
  | 'not_a_smile_id_signature'
  | 'wrong_key'
  | 'no_credentials'
  | 'credentials_failed'
  | 'half_header_pair'
  | 'headers_renamed'
  | 'headers_lost'
  | 'wrapped_body'
  | 'lambda_event'
  | 'sec_key'
  | 'timestamp_lost'
  | 'signature_lost'
  | 'unsigned'
  | 'not_an_object'
  // time
  | 'stale'
  | 'clock_behind'
  | 'time_zone'
  | 'epoch_seconds'
  | 'max_age_short'
  // sender
  | 'newer_address'
  | 'proxy'
  | 'untrusted_forwarded'
  | 'two_proxies'
  | 'stranger'
  | 'address_unknown'
  | 'url_not_given'
  | 'url_query_lost'
  | 'url_forged'
  // body
  | 'empty_body'
  | 'stringified_object'
  | 'form_encoded'
  | 'cut_off'
  | 'compressed'
  | 'compressed_twice'
  | 'base64_body'
  | 'html'
  | 'not_json'
  | 'not_json_type'
  | 'charset'
  | 'content_encoding'
  | 'job_id_lost'
  | 'unknown_payload'
  | 'partner_params_schema'
  // set-up
  | 'store_failed'
  | 'inbox_failed'
  | 'schema_failed'
  | 'handler_threw'
  | 'unexpected'

/** What is known of a refusal beside its code. Nothing of it is payload, secret, or the text of an error. */
export interface RefusalDetails {
  /** The partner ids whose keys were tried, at most 10. */
  partners?: readonly string[]
  /** ISO: the time in the signature, of one that is too old or ahead. */
  signedAt?: string
  /** How old the signature was, ms; below 0 for one that is ahead. */
  ageMs?: number
  /** `maxAge` or `maxSkew`, ms. */
  limitMs?: number
  /** What is missing or wrong in the body: paths such as `PartnerParams.job_id`, at most 10. */
  paths?: readonly string[]
  /** Class of an error, or its code. */
  error?: string
  /** Where it was thrown. */
  at?: string
}

/** What goes with a refusal onto its report. */
export interface RefusalFacts {
  cause?: ReceiverCause
  details?: RefusalDetails
}
