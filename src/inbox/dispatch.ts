import type { ErrorPlace } from '../errors.ts'
import { readPartnerParams, type StandardSchema } from '../events/partner-params.ts'
import { codeOfHandlers, type HandlerSummary } from '../events/run-handlers.ts'
import { abortSignal, checkOptions, type ChecksOf, flag, ms } from '../lib/check.ts'
import type { Json } from '../lib/json.ts'
import type { SmileIdEvent } from '../types/event.ts'
import type { AroundContext } from './around.ts'
import { contentOf, deserializeCheck, type DeserializeOption, fromMessage, readMessage } from './message.ts'

/** Result of a stored event that needs no retry. */
export interface DispatchReport {
  /** As in `DeliveryReport`. */
  code: 'accepted' | 'unhandled' | 'handler_rejected'
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
  message_invalid: 'the stored message is not an event: do serialize and deserialize match?',
}

/** The code of a DispatchError's message, if an engine kept nothing else; undefined for other messages. */
export const codeOfText = (text: string): string | undefined =>
  Object.entries(texts).find(([, words]) => text.includes(words))?.[0]

/** Limits of one dispatch, and how its message is read. */
export interface DispatchOptions extends DeserializeOption {
  /** Time limit for the handlers, ms. Default: none; the engine's own limits hold. */
  readonly timeout?: number | undefined
  /** Aborts the handlers' signal, for a shutdown or a lost lock. Default: none. */
  readonly signal?: AbortSignal | undefined
  /** True if the engine gives up the event when this attempt fails; for metrics. Default: false. */
  readonly isLastTry?: boolean | undefined
}

/** Runs the handlers of an event that an inbox stored. Rejects with a `DispatchError` if it must be retried. */
export type Dispatch = (message: unknown, options?: DispatchOptions) => Promise<DispatchReport>

type Handle = (
  context: AroundContext<SmileIdEvent<unknown>>,
  sentParams: Json,
  options: DispatchOptions,
  onThrown: (error: unknown) => void,
) => Promise<HandlerSummary> | undefined

type Tell = (error: unknown, context: { where: ErrorPlace; event?: SmileIdEvent<unknown> }) => void

const limitChecks = {
  deserialize: deserializeCheck,
  timeout: ms(undefined),
  signal: abortSignal,
  isLastTry: flag(false),
} satisfies ChecksOf<DispatchOptions>

export function createDispatch(schema: StandardSchema | undefined, handle: Handle, tell: Tell): Dispatch {
  return async (stored, limits) => {
    const startedAt = Date.now()
    const { isLastTry, deserialize, ...options } = checkOptions(limits, limitChecks)
    const message = readMessage(deserialize ? await deserialized(stored, deserialize) : stored)
    if (!message) throw new DispatchError('message_invalid')
    const partnerParams = await readPartnerParams(message.partnerParams, schema)
    if ('failed' in partnerParams) tell(partnerParams.error, { where: 'partnerParams' })
    if (!('value' in partnerParams)) throw new DispatchError('invalid_partner_params', failureOf(partnerParams))
    const event = fromMessage(message, partnerParams.value)
    const thrown: unknown[] = []
    const context = { stage: 'dispatch', event, startedAt, trace: message.trace ?? {}, isLastTry } as const
    const onThrown = (error: unknown) => {
      thrown.push(error)
      tell(error, { where: 'handler', event })
    }
    const handlers = await handle(context, message.partnerParams, options, onThrown)
    if (!handlers) throw new DispatchError('no_handlers')
    const code = codeOfHandlers(handlers)
    if (code === 'handler_failed' || code === 'handler_timeout' || code === 'verdict_conflict')
      throw new DispatchError(code, thrown[0])
    return { code, id: message.id, handlers }
  }

  async function deserialized(stored: unknown, undo: NonNullable<DeserializeOption['deserialize']>): Promise<unknown> {
    try {
      return await undo(contentOf(stored))
    } catch (error) {
      tell(error, { where: 'deserialize' })
      throw new DispatchError('deserialize_failed', error)
    }
  }
}

const failureOf = (read: object): unknown => ('error' in read ? read.error : undefined)
