import type { Kind, Outcome, Product } from '../types/names.ts'
import type { Confirmation } from '../confirm/confirm.ts'
import type { InboxAnswer } from '../inbox/inbox.ts'
import type { ClaimSummary } from '../once/claim.ts'
import type { Generation, MatchedCredential } from '../types/event.ts'
import type { ReceiverCause, RefusalDetails } from './refusal.ts'
import type { ReportCode } from './codes.ts'

export type { ReportCode }

/**
 * How far a delivery came: past the outer guards, body read, signature proved, event decoded, claimed for work,
 * confirmed by Smile ID.
 */
export type Stage = 'admitted' | 'read' | 'verified' | 'decoded' | 'claimed' | 'confirmed'

/** Where the body was found. */
export type BodySource = 'stream' | 'bytes' | 'parsed'

/**
 * What became of one delivery. Safe to log and to count: it holds no payload, no partner params,
 * no secret and no text of a handler's error.
 */
export interface DeliveryReport {
  /** What became of it, in one word. src/report/README.md says how to fix each. */
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
  event?: { id: string; verdictId: string; kind: Kind; product: Product; outcome?: Outcome; final?: boolean }
  /** `failed` counts what a retry may help, `rejected` the `PermanentError`s. */
  handlers?: { matched: number; failed: number; rejected: number; timedOut: number }
  /** What Smile ID said when asked; absent where it was not. */
  confirmation?: Confirmation
  /** This signature came before with another event: two callbacks of one millisecond, or a forgery. */
  signatureReused?: true
  /** The claim on the event in the store. */
  claim?: ClaimSummary
  /**
   * What the inbox said, where there is one: the event was `stored`, `known` from before, `dead` since its handlers
   * failed every time, or `redriven` after that.
   */
  inbox?: InboxAnswer | 'unavailable'
  /** When to come again, s; sent as `Retry-After`. */
  retryAfter?: number
  /**
   * Where the payload differs in type from what is documented: paths such as `people[].name`, at most 20; never a
   * value.
   */
  notes?: readonly string[]
  /** A likely mistake in the set-up, and its fix. */
  hint?: string
  /** Its name, for `express-smile-id explain`. */
  cause?: ReceiverCause
  /** What is known of a refusal beside its code. */
  details?: RefusalDetails
}
