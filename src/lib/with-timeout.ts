import { codeOfError } from './describe-error.ts'

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
    const timer = setTimeout(() => { resolve({ failed: 'timeout', settled: new Promise((done) => (settle = done)) }) }, timeoutMs)
    const end = (boxed: Boxed<T>) => {
      clearTimeout(timer)
      resolve(boxed)
      settle?.()
    }
    // Not its own `then`: that of a stranger's promise may throw, or call back twice.
    Promise.resolve(going).then((value) => { end({ value }) }, (error: unknown) => { end({ failed: 'error', error }) })
  })
}

/** Whether something has to be waited for. */
export const isThenable = <T>(value: T | PromiseLike<T>): value is PromiseLike<T> => typeof (value as { then?: unknown } | null | undefined)?.then === 'function'

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
