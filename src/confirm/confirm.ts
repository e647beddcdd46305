import type { HandlerContext, SmileIdEvent } from '../types/event.ts'
import type { CodeIndex } from '../payload/v1/code-index.ts'
import type { SigningKey } from '../signature/sign.ts'
import type { EventName } from '../types/names.ts'

/** What came of asking: true, untrue, or no answer that settles it. */
export type Confirmation = 'confirmed' | 'contradicted' | 'unavailable'

/** Which events are confirmed, and for how long at most. */
export interface ConfirmOptions {
  /** Which events are confirmed, by the names that `on` takes. Default: `['approved']`. */
  readonly events?: readonly EventName[] | undefined
  /** Longest time for the confirmation, ms; then 503. No retries. Default: 4 s. */
  readonly timeout?: number | undefined
}

/**
 * Says whether an event is true. The context's `signal` is aborted when `timeout` has passed.
 * Throwing, and any other word, counts as `unavailable`.
 */
export type ConfirmFunction<E> = (event: E, context: HandlerContext) => Confirmation | Promise<Confirmation>

/** For the option `confirm`: whom you like is asked. */
export interface OwnConfirm<E> extends ConfirmOptions {
  /** Asks, and says what came of it. */
  readonly ask: ConfirmFunction<E>
}

/** What came of asking Smile ID, and how far the answer goes. */
export interface Confirmed {
  /** `unaskable` where there is no question to ask. */
  readonly word: Confirmation | 'unaskable'
  /** What of a confirmed event the answer does not vouch for: paths into the event. */
  readonly unconfirmed?: readonly string[]
  /** For the report: paths of partner params that Smile ID adds, and the answer does not have. */
  readonly notes?: readonly string[]
}

// By name: the package may be loaded twice, as ES module and as CommonJS.
export const askSmileId: unique symbol = Symbol.for('express-smile-id.askSmileId') as never

/** What asking Smile ID needs beside the event; the key never leaves this library. */
export interface Asking {
  key: SigningKey
  codes: CodeIndex
  /** Epoch ms. */
  now: number
  signal: AbortSignal
}

/** Made by `confirmWithSmileId`, for the option `confirm`. */
export interface SmileIdConfirm extends ConfirmOptions {
  /** For this library alone. */
  readonly [askSmileId]: (event: SmileIdEvent<unknown>, asking: Asking) => Promise<Confirmed>
}

/** The option `confirm`. */
export type Confirm<E> = SmileIdConfirm | OwnConfirm<E>
