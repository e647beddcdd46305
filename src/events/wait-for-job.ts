import type { Handler, ResultEvent, SmileIdEvent } from '../types/event.ts'
import type { Outcome, Product } from '../types/names.ts'
import { longestTimer } from '../lib/check.ts'
import { whenAborted } from './until-aborted.ts'

/** Outcomes that close a job. */
export type FinalOutcome = Exclude<Outcome, 'provisional' | 'unknown'>

/** The first event that closes a job. */
export type FinalResult<Params> = ResultEvent<Product, FinalOutcome, Params>

/** How long `waitForJob` waits. */
export interface WaitOptions {
  /** Give up after this long, ms. Default: wait for ever. */
  readonly timeout?: number | undefined
  /** Give up when this is aborted. Default: none. */
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
    const stop = () => {
      unsubscribe()
      clearTimeout(timer)
      forgetSignal?.()
    }
    const fail = (reason: Error) => {
      stop()
      reject(reason)
    }
    const unsubscribe = subscribe((event) => {
      if (event.kind !== 'result' || !event.final) return
      stop()
      resolve(event)
    })
    const timer =
      timeout === undefined
        ? undefined
        : setTimeout(() => fail(new DOMException(`No final result within ${timeout} ms`, 'TimeoutError')), Math.min(timeout, longestTimer))
    const forgetSignal = signal && whenAborted(signal, () => { fail(reasonOf(signal)) })
  })
}

const reasonOf = (signal: AbortSignal): Error => signal.reason as Error
