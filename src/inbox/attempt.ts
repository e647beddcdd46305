import { channel } from 'node:diagnostics_channel'
import { definedOnly } from '../lib/json.ts'
import { describeError } from '../lib/words.ts'
import type { HandlerSummary } from '../events/run-handlers.ts'
import type { SmileIdEvent } from '../types/event.ts'

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

/** Result of one attempt at a stored event, for `onDispatch`. Safe to log and count, as a `DeliveryReport` is. */
export interface AttemptReport {
  /** Result, in one word: as in reports, or the code of the `DispatchError`. */
  code: DispatchReport['code'] | DispatchErrorCode | 'internal_error'
  /** The event, without its job and user; absent if the message could not be read. */
  event?: { id: string; kind: string; product: string; outcome?: string }
  /** Place of its signature. */
  generation?: string
  /** Environment of its credential, as you named it. */
  environment?: string
  /** The engine's id of the job. */
  jobId?: string
  /** 1 for the first attempt. */
  attempt?: number
  /** True if the engine gives up the event when this attempt fails. */
  isLastTry: boolean
  /** Number of handlers that matched, and how they ended. */
  handlers?: HandlerSummary
  /** Duration of this attempt, ms. */
  durationMs: number
  /** From the event's signature to the end of this attempt, ms. */
  ageMs?: number
  /** Class of what a handler (the first of several), a schema or `deserialize` threw. */
  error?: string
}

/** Publishes the report of every attempt in this process. */
export const dispatchChannelName = 'express-smile-id:dispatch'
const dispatches = channel(dispatchChannelName)

/** Facts collected during an attempt. */
export interface Attempt {
  event?: SmileIdEvent<unknown>
  handlers?: HandlerSummary
}

/** Runs an attempt, and reports how it went to `onDispatch` and on the channel. */
export async function reported(
  about: { jobId: string | undefined; attempt: number | undefined; isLastTry: boolean },
  listeners: readonly ((report: AttemptReport) => void)[],
  run: (attempt: Attempt) => Promise<DispatchReport>,
): Promise<DispatchReport> {
  const startMs = performance.now()
  const found: Attempt = {}
  const report = (code: AttemptReport['code'], error?: unknown) => {
    for (const listener of listeners) listener(reportOf(code, error))
    if (dispatches.hasSubscribers) dispatches.publish(reportOf(code, error))
  }
  try {
    const done = await run(found)
    report(done.code)
    return done
  } catch (error) {
    const isOurs = error instanceof DispatchError
    report(isOurs ? error.code : 'internal_error', isOurs ? error.cause : error)
    throw error
  }

  function reportOf(code: AttemptReport['code'], error: unknown): AttemptReport {
    const { event, handlers } = found
    const delivery = event?.delivery
    const shown = ({ id, kind, product, outcome }: SmileIdEvent<unknown>) => definedOnly({ id, kind, product, outcome })
    return definedOnly({
      code,
      ...about,
      event: event && shown(event),
      generation: delivery?.generation,
      environment: delivery?.credential.environment,
      ageMs: delivery && Math.max(0, Date.now() - delivery.signedAt.getTime()),
      handlers: handlers && { ...handlers },
      durationMs: performance.now() - startMs,
      error: error === undefined ? undefined : describeError(error).error,
    })
  }
}
