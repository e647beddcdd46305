import type { DispatchHook } from '../inbox/dispatch.ts'
import type { TraceContext } from '../inbox/message.ts'
import type { DeliveryReport } from './report.ts'

/** What a listener of `onDelivery` that measures hooks into a receiver, beside listening. */
export interface Hooks {
  /** Runs a delivery, inside a span for example. Called instead of the listener. */
  delivery(run: () => Promise<DeliveryReport>): Promise<DeliveryReport>
  /** The span that is open, for the link from the worker's. */
  current(): TraceContext | undefined
  /** Runs the handlers of a stored event. */
  dispatch: DispatchHook
}

/**
 * Under it a listener has its hooks. For all copies of the package: it may be loaded twice, as ES module and as
 * CommonJS.
 */
export const hooksKey = Symbol.for('express-smile-id:hooks')

export function hooksOf(listener: unknown): Hooks | undefined {
  return typeof listener === 'function' ? (listener as { [hooksKey]?: Hooks })[hooksKey] : undefined
}

/** The span that is open, where `listener` measures. */
export function traceOf(listener: unknown): TraceContext | undefined {
  try {
    return hooksOf(listener)?.current()
  } catch {
    // A message without it is a message.
    return undefined
  }
}

/** Runs once, whatever a hook does: a failure of telemetry changes no answer. */
export async function hooked<T>(
  hook: ((run: () => Promise<T>) => Promise<T>) | undefined,
  act: () => Promise<T>,
): Promise<T> {
  let running: Promise<T> | undefined
  const run = () => (running ??= act())
  try {
    await hook?.(run)
  } catch {
    // What it ran says below how it went.
  }
  return run()
}
