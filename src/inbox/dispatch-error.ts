import type { HandlerSummary } from '../events/run-handlers.ts'

/** Result of a stored event that needs no retry. */
export interface DispatchReport {
  /** As in `DeliveryReport`. */
  code: 'accepted' | 'unhandled' | 'handler_rejected' | 'duplicate'
  /** `event.id`. */
  id: string
  /** Number of handlers that matched, and how they ended. */
  handlers: HandlerSummary
}

/** Reason why a stored event was not handled; the same words as in reports. */
export type DispatchErrorCode =
  | 'handler_failed'
  | 'handler_timeout'
  | 'verdict_conflict'
  | 'no_handlers'
  | 'invalid_partner_params'
  | 'deserialize_failed'
  | 'message_invalid'
  | 'in_progress'
  | 'store_unavailable'

/** Tells the engine to retry an event. Engines keep an error's message, so it never quotes a handler or the event. */
export class DispatchError extends Error {
  /** Identifies the class if the package is loaded twice, as ES module and as CommonJS. */
  override readonly name = 'DispatchError'
  /** src/inbox/README.md lists each code with its fix. */
  readonly code: DispatchErrorCode

  /** `cause`: what a handler (the first of several), a schema or `deserialize` threw. Engines do not keep it. */
  constructor(code: DispatchErrorCode, cause?: unknown) {
    super(`express-smile-id: ${texts[code]}`, cause === undefined ? undefined : { cause })
    this.code = code
  }
}

const texts: Readonly<Record<DispatchErrorCode, string>> = {
  handler_failed: 'a handler failed; onError is given what it threw.',
  handler_timeout: 'the handlers exceeded their time limit.',
  verdict_conflict: 'the same verdict had its effect for another recipient.',
  no_handlers: 'nothing is subscribed to callbacks in this worker.',
  invalid_partner_params: "the partner params do not pass this worker's schema.",
  deserialize_failed: 'deserialize failed; onError is given what it threw.',
  in_progress: 'another worker has this event.',
  store_unavailable: 'the store given as once failed; onError is given what it threw.',
  message_invalid: 'the stored message is not an event: do serialize and deserialize match?',
}

/** The code of a DispatchError's message, if an engine kept nothing else; undefined for other messages. */
export const codeOfText = (text: string): string | undefined =>
  Object.entries(texts).find(([, words]) => text.includes(words))?.[0]
