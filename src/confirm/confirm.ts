import type { SmileIdEvent } from '../types/event.ts'
import type { CodeIndex } from '../payload/v1/code-index.ts'
import type { SigningKey } from '../signature/sign.ts'

/** What came of asking: true, untrue, or no answer that settles it. */
export type Verdict = 'confirmed' | 'contradicted' | 'unavailable'

/**
 * Says whether an event is true. `signal` is aborted when `confirmTimeout` has passed.
 * Throwing, and any other word, counts as `unavailable`.
 */
export type ConfirmFunction<E> = (event: E, signal: AbortSignal) => Verdict | Promise<Verdict>

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
export interface SmileIdConfirmation {
  /** For this library alone. */
  readonly [askSmileId]: (event: SmileIdEvent<unknown>, asking: Asking) => Promise<Verdict | 'unaskable'>
}

/** The option `confirm`. */
export type Confirm<E> = SmileIdConfirmation | ConfirmFunction<E>
