import type { DispatchHook } from '../inbox/dispatch.ts'
import type { TraceContext } from '../inbox/message.ts'
import type { DeliveryReport } from './report.ts'

/** Functions that an `onDelivery` listener which measures adds to a receiver. */
export interface Hooks {
  /** Wraps a delivery, such as in a span. Called instead of the listener. */
  delivery(run: () => Promise<DeliveryReport>): Promise<DeliveryReport>
  /** The active span, linked from the worker's. */
  current(): TraceContext | undefined
  /** Runs the handlers of a stored event. */
  dispatch: DispatchHook
}

/** Key of a listener's hooks. Global, because the package may be loaded twice, as ES module and as CommonJS. */
export const hooksKey = Symbol.for('express-smile-id:hooks')

export function hooksOf(listener: unknown): Hooks | undefined {
  return typeof listener === 'function' ? (listener as { [hooksKey]?: Hooks })[hooksKey] : undefined
}

/** The active span, if `listener` measures. */
export function traceOf(listener: unknown): TraceContext | undefined {
  try {
    return hooksOf(listener)?.current()
  } catch {
    // The message works without it.
    return undefined
  }
}

/** Runs `act` exactly once, whatever the hook does: a failure of telemetry changes no answer. */
export async function withHook<T>(
  hook: ((run: () => Promise<T>) => Promise<T>) | undefined,
  act: () => Promise<T>,
): Promise<T> {
  let running: Promise<T> | undefined
  const run = () => (running ??= act())
  try {
    await hook?.(run)
  } catch {
    // Ignore hook failures; the result of `act` is returned below.
  }
  return run()
}
