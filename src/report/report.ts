import type { Kind, Outcome, Product } from '../types/names.ts'
import type { HandlerSummary, VerdictConflict } from '../events/run-handlers.ts'
import type { Confirmation } from '../confirm/confirm.ts'
import type { InboxAnswer } from '../inbox/inbox.ts'
import type { ClaimSummary } from '../once/claim.ts'
import type { Generation, MatchedCredential } from '../types/delivery.ts'
import type { ReceiverCause, RefusalDetails } from './refusal.ts'
import type { ReportCode } from './codes.ts'

export type { ReportCode }

/**
 * Progress of a delivery: past the outer guards, body read, signature verified, event decoded, claimed, confirmed by
 * Smile ID.
 */
export type Stage = 'admitted' | 'read' | 'verified' | 'decoded' | 'claimed' | 'confirmed'

/** Source of the body. */
export type BodySource = 'stream' | 'bytes' | 'parsed'

/**
 * Result of one delivery. Safe to log and count: it holds no payload, no partner params, no secret and no handler's
 * error message.
 */
export interface DeliveryReport {
  /** Result, in one word. src/report/README.md lists each with its fix. */
  code: ReportCode
  /** HTTP status of the answer. */
  status: number
  /** Time of arrival, by the option `now`. */
  receivedAt: Date
  /** Duration from the start of the delivery to its report, ms. */
  durationMs: number
  /** The stages it passed, with their times in ms after the start. A refused delivery lacks the rest. */
  stages: { name: Stage; atMs: number }[]
  /** The sender's address; absent if the host gave none. */
  clientIp?: string
  /** Place of its signature; set once one was found. */
  generation?: Generation
  /** The credential that matched; set once the signature is verified. */
  credential?: MatchedCredential
  /** The time in the signature; set once the signature is verified. */
  signedAt?: Date
  /** `bytes`: size of the body after decompression, if it was read here. */
  body?: { source: BodySource; bytes?: number }
  /** The decoded event, without its job and user. */
  event?: { id: string; verdictId: string; kind: Kind; product: Product; outcome?: Outcome; final?: boolean }
  /** `failed` counts failures that a retry may fix, `rejected` the `PermanentError`s. */
  handlers?: Omit<HandlerSummary, 'conflict'>
  /** Smile ID's answer when asked; absent if it was not. */
  confirmation?: Confirmation
  /** This signature was seen before with another event: two callbacks of one millisecond, or a forgery. */
  signatureReused?: true
  /**
   * The same verdict came before for another recipient (`event.recipientId`): one is a forgery or a mistake. With the
   * code `verdict_conflict` its effect did not happen; with another code it was only noticed, within this process.
   */
  verdictConflict?: VerdictConflict
  /** The claim on the event in the store. */
  claim?: ClaimSummary
  /**
   * The inbox's answer, if there is one: the event was `stored`, `known` from before, `dead` since its handlers failed
   * on every attempt, or `redriven` after that.
   */
  inbox?: InboxAnswer | 'unavailable'
  /** Delay before the next attempt, s; sent as `Retry-After`. */
  retryAfter?: number
  /**
   * Paths at which the payload's type differs from the documented one, such as `people[].name`, at most 20; never a
   * value.
   */
  notes?: readonly string[]
  /** A likely set-up mistake, and its fix. */
  hint?: string
  /** Name of the cause, for `express-smile-id explain`. */
  cause?: ReceiverCause
  /** Facts of a refusal beside its code. */
  details?: RefusalDetails
}
