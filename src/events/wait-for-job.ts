import { longestTimer } from '../lib/check.ts'
import { perKey } from '../lib/values.ts'
import type { Handler, ResultEvent, SmileIdEvent } from '../types/event.ts'
import type { Outcome, Product } from '../types/names.ts'

/** Outcomes that close a job. */
export type FinalOutcome = Exclude<Outcome, 'provisional' | 'unknown'>

/** The first event that closes a job. */
export type FinalResult<Params> = ResultEvent<Product, FinalOutcome, Params>

/** Options of `waitForJob`. */
export interface WaitOptions {
  /** Time limit, ms. Default: none. */
  readonly timeout?: number | undefined
  /** Stops waiting when aborted. Default: none. */
  readonly signal?: AbortSignal | undefined
}

/**
 * The job's first final `result`. Rejects with a `TimeoutError` DOMException after `timeout`,
 * or with the signal's reason when `signal` is aborted.
 */
export function waitForJob<Params>(
  subscribe: (handler: Handler<SmileIdEvent<Params>>) => () => void,
  { timeout, signal }: WaitOptions,
): Promise<FinalResult<Params>> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(reasonOf(signal))
    const ends: Unsubscribe[] = []
    const stop = () => {
      for (const end of ends) end()
    }
    const fail = (reason: Error) => {
      stop()
      reject(reason)
    }
    ends.push(
      subscribe((event) => {
        if (event.kind !== 'result' || !event.final) return
        stop()
        resolve(event)
      }),
    )
    if (signal) ends.push(whenAborted(signal, () => fail(reasonOf(signal))))
    if (timeout === undefined) return
    const expire = () => fail(new DOMException(`No final result within ${timeout} ms`, 'TimeoutError'))
    const timer = setTimeout(expire, Math.min(timeout, longestTimer))
    ends.push(() => clearTimeout(timer))
  })
}

const reasonOf = (signal: AbortSignal): Error => signal.reason as Error

/** Options of a subscription. */
export interface SubscribeOptions {
  /** Unsubscribes when aborted. Default: none. */
  readonly signal?: AbortSignal | undefined
}

/** Ends a subscription; calling it again does nothing. */
export type Unsubscribe = () => void

// One listener per signal, however many subscriptions share it.
const stopsOf = perKey((signal: AbortSignal) => {
  const stops = new Set<Unsubscribe>()
  const onAbort = () => {
    for (const stop of stops) stop()
  }
  signal.addEventListener('abort', onAbort, { once: true })
  return stops
})

/** Subscribes until the signal is aborted; not at all if it is aborted already. */
export function untilAborted(signal: AbortSignal | undefined, subscribe: () => Unsubscribe): Unsubscribe {
  if (!signal) return subscribe()
  if (signal.aborted) return () => undefined
  const remove = subscribe()
  const forget = whenAborted(signal, remove)
  return () => {
    forget()
    remove()
  }
}

/** Runs `act` when the signal is aborted; the returned function cancels it. */
function whenAborted(signal: AbortSignal, act: () => void): () => void {
  const stops = stopsOf(signal)
  // A function of its own, so that the same `act` may be registered twice.
  const stop = () => {
    act()
  }
  stops.add(stop)
  return () => void stops.delete(stop)
}
