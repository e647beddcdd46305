import { SmileIdError } from '../errors.ts'

/** Result of an act with a time limit. A late rejection never becomes an unhandled one. */
export type Boxed<T> = { value: T } | Failed
/** `settled` resolves when the act that timed out has ended after all. */
export type Failed = { failed: 'error'; error: unknown } | { failed: 'timeout'; error: unknown; settled: Promise<void> }

/** Runs `act`: at once if it is synchronous, else for at most `timeoutMs` ms. */
export function withTimeout<T>(act: () => T | PromiseLike<T>, timeoutMs: number): Boxed<T> | Promise<Boxed<T>> {
  try {
    const going = act()
    return isThenable(going) ? inTime(going, timeoutMs) : { value: going }
  } catch (error) {
    return { failed: 'error', error }
  }
}

function inTime<T>(going: PromiseLike<T>, timeoutMs: number): Promise<Boxed<T>> {
  return new Promise((resolve) => {
    let settle: (() => void) | undefined
    const timer = setTimeout(() => {
      const error = new SmileIdError('no answer in time')
      resolve({ failed: 'timeout', error, settled: new Promise((done) => (settle = done)) })
    }, timeoutMs)
    const end = (boxed: Boxed<T>) => {
      clearTimeout(timer)
      resolve(boxed)
      settle?.()
    }
    // Not its own `then`: a foreign thenable may throw, or call back twice.
    Promise.resolve(going).then(
      (value) => {
        end({ value })
      },
      (error: unknown) => {
        end({ failed: 'error', error })
      },
    )
  })
}

/** Rejects as soon as `signal` is aborted; the later result of `act` is ignored. */
export async function unlessAborted<T>(signal: AbortSignal | undefined, act: () => Promise<T>): Promise<T> {
  if (!signal) return act()
  signal.throwIfAborted()
  let onAbort = () => {}
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => {
      reject(signal.reason as Error)
    }
  })
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    return await Promise.race([act(), aborted])
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}

/** Calls `next` at once unless `value` is a promise: one more async function costs a delivery 1 %. */
export const after = <T, R>(value: T | Promise<T>, next: (value: T) => R | Promise<R>): R | Promise<R> =>
  value instanceof Promise ? value.then(next) : next(value)

export const isThenable = <T>(value: T | PromiseLike<T>): value is PromiseLike<T> =>
  typeof (value as { then?: unknown } | null | undefined)?.then === 'function'

/** Runs `act` until it has succeeded once; concurrent calls share one attempt. */
export function untilDone(act: () => Promise<void>): () => Promise<void> {
  let going: Promise<void> | undefined
  return () => {
    going ??= act().catch((error: unknown) => {
      going = undefined
      throw error
    })
    return going
  }
}

const firstWaitMs = 50
const longestWaitMs = 5_000

/**
 * Retries until `act` resolves to true, with waits that grow from 50 ms to 5 s, or until `until` (by
 * `performance.now`). Resolves to true if it succeeded. `act` must not reject. The waits do not keep the process alive.
 */
export async function repeatUntil(until: number, act: () => Promise<boolean>): Promise<boolean> {
  for (let waitMs = firstWaitMs; ; waitMs = Math.min(2 * waitMs, longestWaitMs)) {
    if (await act()) return true
    const leftMs = until - performance.now()
    if (leftMs <= 0) return false
    // Jitter, so that those that failed together do not retry together.
    await sleep(Math.min(waitMs * (0.5 + Math.random()), leftMs))
  }
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms)
    // In a browser-like environment a timer is a number.
    if (typeof timer === 'object') timer.unref()
  })
}

/** Handles the rejection of a value that may be a promise, so that Node does not exit. */
export function hearFailure(going: unknown, onFailure: (error: unknown) => void = () => undefined): void {
  if (typeof going === 'object' && going !== null) void Promise.resolve(going).catch(onFailure)
}
