import { readPartnerParams, type StandardSchema } from '../events/partner-params.ts'
import { codeOfHandlers, type HandlerSummary } from '../events/run-handlers.ts'
import { abortSignal, checkOptions, type ChecksOf, flag, ms } from '../lib/check.ts'
import type { Json } from '../lib/json.ts'
import type { SmileIdEvent } from '../types/event.ts'
import { fromMessage, type InboxMessage, readMessage, type TraceContext } from './message.ts'

/** What became of a stored event that needs no other try. */
export interface DispatchReport {
  /** As in `DeliveryReport`. */
  code: 'accepted' | 'unhandled' | 'handler_rejected'
  /** `event.id`. */
  id: string
  /** How many handlers matched, and how they ended. */
  handlers: HandlerSummary
}

/** Why a stored event was not handled; the same words as in reports. */
export type DispatchErrorCode =
  'handler_failed' | 'handler_timeout' | 'no_handlers' | 'invalid_partner_params' | 'message_invalid'

/**
 * Tells the engine that an event is to be tried again. Engines keep an error's text,
 * so it never holds what a handler said, nor anything of the event.
 */
export class DispatchError extends Error {
  /** Tells the class where the package is loaded twice, as ES module and as CommonJS. */
  override readonly name = 'DispatchError'
  /** src/inbox/README.md lists each with its fix. */
  readonly code: DispatchErrorCode

  constructor(code: DispatchErrorCode) {
    super(`express-smile-id: ${texts[code]}`)
    this.code = code
  }
}

const texts: Readonly<Record<DispatchErrorCode, string>> = {
  handler_failed: 'a handler failed; use onHandlerError to see what it threw.',
  handler_timeout: 'the handlers took longer than their time.',
  no_handlers: 'nothing is subscribed to callbacks in this worker.',
  invalid_partner_params: "the partner params do not pass this worker's schema.",
  message_invalid: 'the stored message is not an event: do serialize and deserialize match?',
}

/** The code of a DispatchError's text, where an engine kept nothing else; undefined for other texts. */
export const codeOfText = (text: string): string | undefined =>
  Object.entries(texts).find(([, words]) => text.includes(words))?.[0]

/** Limits of one dispatch. */
export interface DispatchOptions {
  /** Longest time for the handlers, ms. Default: none; the engine's own limits hold. */
  readonly timeout?: number | undefined
  /** Aborts the handlers' signal, for a shutdown or a lost lock. Default: none. */
  readonly signal?: AbortSignal | undefined
  /** Whether the engine gives the event up if this try fails; for figures. Default: false. */
  readonly isLastTry?: boolean | undefined
}

/** Runs the handlers of an event that an inbox stored. Rejects with a `DispatchError` if it has to be tried again. */
export type Dispatch = (message: unknown, options?: DispatchOptions) => Promise<DispatchReport>

type Handle = (
  event: SmileIdEvent<unknown>,
  sentParams: Json,
  options: DispatchOptions,
) => Promise<HandlerSummary> | undefined

const limitChecks = {
  timeout: ms(undefined),
  signal: abortSignal,
  isLastTry: flag(false),
} satisfies ChecksOf<DispatchOptions>

/** What is told of a dispatch before it runs. No id of a job or a user, and nothing of a payload. */
export interface DispatchFacts {
  /** The event's. */
  id: string
  generation: string
  kind: string
  product: string
  outcome: string | undefined
  credential: { environment?: string; label?: string } | undefined
  signedAt: Date
  /** The delivery's span. */
  trace: TraceContext | undefined
  isLastTry: boolean
}

/** Runs the handlers of a stored event, inside a span for example. */
export type DispatchHook = (facts: DispatchFacts, run: () => Promise<DispatchReport>) => Promise<DispatchReport>

/** `hook` must run what it is given, once. */
export function createDispatch(
  schema: StandardSchema | undefined,
  handle: Handle,
  hook: DispatchHook = (_facts, run) => run(),
): Dispatch {
  return async (stored, limits) => {
    const { isLastTry, ...options } = checkOptions(limits, limitChecks)
    const message = readMessage(stored)
    if (!message) throw new DispatchError('message_invalid')
    return hook(factsOf(message, isLastTry), async () => {
      const partnerParams = await readPartnerParams(message.partnerParams, schema)
      if (!('value' in partnerParams)) throw new DispatchError('invalid_partner_params')
      const event = fromMessage(message, partnerParams.value)
      const handlers = await handle(event, message.partnerParams, options)
      if (!handlers) throw new DispatchError('no_handlers')
      const code = codeOfHandlers(handlers)
      if (code === 'handler_failed' || code === 'handler_timeout') throw new DispatchError(code)
      return { code, id: message.id, handlers }
    })
  }
}

function factsOf(message: InboxMessage, isLastTry: boolean): DispatchFacts {
  const { id, kind, product, outcome, delivery } = fromMessage(message, {}) as SmileIdEvent & { outcome?: string }
  return {
    id,
    generation: delivery.generation,
    kind,
    product,
    outcome,
    credential: delivery.credential,
    signedAt: delivery.signedAt,
    trace: message.trace,
    isLastTry,
  }
}
