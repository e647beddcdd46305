import { codeOfError } from './words.ts'

/** Whether an answer came in time, and how. A late or failed one never becomes an unhandled rejection. */
export type Boxed<T> = { value: T } | Failed
/** `settled` resolves once the act that was too slow has ended after all, however it did. */
export type Failed = { failed: 'error'; error: unknown } | { failed: 'timeout'; settled: Promise<void> }

/** What `act` gives, at once if it has it at once, else within `timeoutMs` ms. */
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
      resolve({ failed: 'timeout', settled: new Promise((done) => (settle = done)) })
    }, timeoutMs)
    const end = (boxed: Boxed<T>) => {
      clearTimeout(timer)
      resolve(boxed)
      settle?.()
    }
    // Not its own `then`: that of a stranger's promise may throw, or call back twice.
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

/** Rejects as soon as `signal` is aborted; what `act` comes to after that is ignored. */
export async function unlessAborted<T>(signal: AbortSignal | undefined, act: () => Promise<T>): Promise<T> {
  if (!signal) return act()
  signal.throwIfAborted()
  let stop: (() => void) | undefined
  const aborted = new Promise<never>((_, reject) => {
    const onAbort = () => {
      reject(signal.reason as Error)
    }
    signal.addEventListener('abort', onAbort, { once: true })
    stop = () => {
      signal.removeEventListener('abort', onAbort)
    }
  })
  try {
    return await Promise.race([act(), aborted])
  } finally {
    stop?.()
  }
}

/** Goes on at once where nothing has to be waited for: one async function more costs a delivery 1 %. */
export const after = <T, R>(value: T | Promise<T>, next: (value: T) => R | Promise<R>): R | Promise<R> =>
  value instanceof Promise ? value.then(next) : next(value)

/** Whether something has to be waited for. */
export const isThenable = <T>(value: T | PromiseLike<T>): value is PromiseLike<T> =>
  typeof (value as { then?: unknown } | null | undefined)?.then === 'function'

/** Why there is no value, fit for logs: an error's code or class. Its text may hold an address with its password. */
export function failureName(failure: Failed): string {
  if (failure.failed === 'timeout') return 'no answer in time'
  try {
    return nameOf(failure.error) ?? 'an error'
  } catch {
    // Stores of others may throw what throws again when it is looked at.
    return 'an error'
  }
}

function nameOf(error: unknown): string | undefined {
  const known = codeOfError(error)
  if (known !== undefined) return known
  const { code, constructor } = (error ?? {}) as { code?: unknown; constructor?: { name?: string } }
  if (typeof code === 'string' && /^\w{1,40}$/.test(code)) return code
  return /^\w{1,60}$/.exec(constructor?.name ?? '')?.[0]
}

/** Runs `act` until it has succeeded once; calls at the same time share one try. */
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
 * Tries until `act` resolves to true, with ever longer waits from 50 ms to 5 s between, or until `until` by
 * `performance.now`;
 * resolves to whether it succeeded. `act` must not reject. The waits alone keep no process alive.
 */
export async function repeatUntil(until: number, act: () => Promise<boolean>): Promise<boolean> {
  for (let waitMs = firstWaitMs; ; waitMs = Math.min(2 * waitMs, longestWaitMs)) {
    if (await act()) return true
    const leftMs = until - performance.now()
    if (leftMs <= 0) return false
    // Spread, so that those who failed together do not come back together.
    await sleep(Math.min(waitMs * (0.5 + Math.random()), leftMs))
  }
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms)
    // A number where a browser's timers stand in for Node's.
    if (typeof timer === 'object') timer.unref()
  })
}

/** Of what may be a promise, that it rejects: else nobody would hear it, and Node would end the process. */
export function ignoreFailure(going: unknown): void {
  if (typeof going === 'object' && going !== null) void Promise.resolve(going).catch(() => undefined)
}
