import type { Kind, Outcome, Product } from '../types/names.ts'
import type { Verdict } from '../confirm/confirm.ts'
import type { ClaimSummary } from '../once/claim.ts'
import type { Generation, MatchedCredential } from '../types/event.ts'

/** The HTTP status of every end a delivery can come to. README explains each. */
export const statusByCode = {
  accepted: 200,
  duplicate: 200,
  unhandled: 200,
  handler_rejected: 200,
  method_not_allowed: 405,
  ip_not_allowed: 403,
  headers_too_large: 431,
  callback_url_mismatch: 401,
  unsupported_media_type: 415,
  body_too_large: 413,
  body_incomplete: 400,
  body_timeout: 408,
  body_too_complex: 400,
  too_many_bodies: 503,
  malformed_json: 400,
  signature_missing: 401,
  signature_mismatch: 401,
  timestamp_invalid: 401,
  timestamp_expired: 401,
  timestamp_in_future: 401,
  credentials_unavailable: 503,
  unrecognized_payload: 422,
  invalid_partner_params: 422,
  contradicted: 401,
  not_confirmed: 503,
  no_handlers: 503,
  handler_failed: 503,
  handler_timeout: 503,
  in_progress: 503,
  store_unavailable: 503,
  inbox_unavailable: 503,
  shutting_down: 503,
  internal_error: 503,
} as const

/** What became of a delivery. */
export type ReportCode = keyof typeof statusByCode

/** How far a delivery came: past the outer guards, body read, signature proved, event decoded, confirmed by Smile ID, claimed for work. */
export type Stage = 'admitted' | 'read' | 'verified' | 'decoded' | 'confirmed' | 'claimed'

/** Where the body was found. */
export type BodySource = 'stream' | 'bytes' | 'parsed'

/**
 * What became of one delivery. Safe to log and to count: it holds no payload, no partner params,
 * no secret and no text of a handler's error.
 */
export interface DeliveryReport {
  /** What became of it, in one word. README says how to fix each. */
  code: ReportCode
  /** HTTP status of the answer. */
  status: number
  /** When it reached this server, by the option `now`. */
  receivedAt: Date
  /** From the first look at the delivery to its report, ms. */
  durationMs: number
  /** The stages it passed, and when, ms after its start. A refused delivery lacks the rest. */
  stages: { name: Stage; atMs: number }[]
  /** The sender's address; absent where the door was given none. */
  clientIp?: string
  /** Where its signature was found; set once one was. */
  generation?: Generation
  /** The credential that matched; set once the signature is verified. */
  credential?: MatchedCredential
  /** The time in the signature; set once the signature is verified. */
  signedAt?: Date
  /** `bytes` is the size of the body after inflating, if it was read here. */
  body?: { source: BodySource; bytes?: number }
  /** The event it was read as, without its job and user. */
  event?: { id: string; kind: Kind; product: Product; outcome?: Outcome; final?: boolean }
  /** `failed` counts what a retry may help, `rejected` the `PermanentError`s. */
  handlers?: { matched: number; failed: number; rejected: number; timedOut: number }
  /** What Smile ID said when asked; absent where it was not. */
  confirmation?: Verdict
  /** This signature came before with another job or body: two callbacks of one millisecond, or a forgery. */
  signatureReused?: true
  /** The claim on the event in the store. */
  claim?: ClaimSummary
  /** What the inbox said, where there is one. */
  inbox?: 'stored' | 'unavailable'
  /** When to come again, s; sent as `Retry-After`. */
  retryAfter?: number
  /** Where the payload differs in type from what is documented: paths such as `people[].name`, at most 20; never a value. */
  notes?: readonly string[]
  /** A likely mistake in the set-up, and its fix. */
  hint?: string
}

/** The facts a delivery leaves on its way; they become its report. */
export type Trace = Omit<DeliveryReport, 'code' | 'status' | 'durationMs'>

/** Notes that a stage is passed; the report counts from the delivery's start. */
export function reached(trace: Trace, name: Stage): void {
  trace.stages.push({ name, atMs: performance.now() })
}
