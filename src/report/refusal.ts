import type { ErrorPlace } from '../errors.ts'
import { definedOnly } from '../lib/json.ts'
import { describeError, shownError } from '../lib/words.ts'
import type { ReportCode } from './codes.ts'

/** A guard's refusal: the code of the answer, a hint if the set-up looks wrong, and known facts. */
export class Refusal {
  readonly code: ReportCode
  readonly hint: string | undefined
  readonly facts: RefusalFacts | undefined
  readonly thrown: Thrown | undefined

  constructor(code: ReportCode, hint?: string, facts?: RefusalFacts, thrown?: Thrown) {
    this.code = code
    this.hint = hint
    this.facts = facts
    this.thrown = thrown
  }
}

/** An error of the app's own code, for `onError`. */
export interface Thrown {
  readonly where: ErrorPlace
  readonly error: unknown
}

export const refuse = (code: ReportCode, hint?: string): Refusal => new Refusal(code, hint)

/** Makes refusals of one code, each with a likely cause. */
export const refusing =
  (code: ReportCode) =>
  (cause: ReceiverCause, hint?: string, details?: RefusalDetails): Refusal =>
    new Refusal(code, hint, details ? { cause, details } : { cause })

const failures: Partial<Record<ErrorPlace, string>> = {
  handler: 'A handler failed',
  credentials: 'The credentials function failed',
  partnerParams: 'The schema of partnerParams failed',
  confirm: 'The confirmation failed',
  store: 'The store failed',
  inbox: 'The inbox failed',
  worker: 'The worker failed',
  listener: 'A listener or logger failed',
  answer: 'An answer could not be sent: code that the host runs before the router threw',
  delivery: 'A delivery could not be processed',
}

/** Names a failure by its place; the others are options and calls. */
export const failureOf = (where: ErrorPlace): string => failures[where] ?? `${where} failed`

/** A refusal because the app's own code failed. Its line says class, code and place; `onError` is given the error. */
export function refuseThrown(
  code: ReportCode,
  cause: ReceiverCause,
  thrown: Thrown,
  what = failureOf(thrown.where),
): Refusal {
  const { error: name, code: known, at } = describeError(thrown.error)
  return new Refusal(
    code,
    `${what}: ${shownError(thrown.error)}.`,
    { cause, details: definedOnly({ error: known ?? name, at }) },
    thrown,
  )
}

export const isRefusal = (value: unknown): value is Refusal => value instanceof Refusal

/** Likely causes of a refusal that a receiver can name; `express-smile-id explain` describes each. */
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
  | 'this_machine'
  | 'address_lost'
  | 'untrusted_forwarded'
  | 'two_proxies'
  | 'stranger'
  | 'address_unknown'
  | 'client_ip_failed'
  | 'url_not_given'
  | 'url_query_lost'
  | 'url_forged'
  | 'other_reference'
  | 'signature_reused'
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
  | 'event_id_failed'
  | 'confirm_failed'
  | 'handler_threw'
  | 'unexpected'

/** Facts of a refusal beside its code. No payload, no secret, no error message. */
export interface RefusalDetails {
  /** Partner ids whose keys were tried, at most 10. */
  partners?: readonly string[]
  /** ISO: time of a signature that is too old or in the future. */
  signedAt?: string
  /** Age of the signature, ms; negative if it is in the future. */
  ageMs?: number
  /** `maxAge` or `maxSkew`, ms. */
  limitMs?: number
  /** Fields that are missing or wrong in the body: paths such as `PartnerParams.job_id`, at most 10. */
  paths?: readonly string[]
  /** Class of an error, or its code. */
  error?: string
  /** Place where it was thrown. */
  at?: string
}

/** Facts that a refusal adds to its report. */
interface RefusalFacts {
  cause?: ReceiverCause
  details?: RefusalDetails
}
