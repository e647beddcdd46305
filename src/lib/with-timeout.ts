/** Whether a promise settled in time, and how. A late or failed one never becomes an unhandled rejection. */
export type Boxed<T> = { value: T } | { failed: 'error'; error: unknown } | { failed: 'timeout' }

/** Waits for `act` at most `timeoutMs` ms, or, where that is Infinity, as long as it takes (such an `act` must not throw); `late` gets what it resolves to after that. */
export function withTimeout<T>(act: () => Promise<T>, timeoutMs: number, late?: (value: T) => void): Promise<Boxed<T>> {
  if (timeoutMs === Infinity) return act().then(asValue, asFailure)
  return new Promise((resolve) => {
    let isLate = false
    const timer = setTimeout(() => {
      isLate = true
      resolve({ failed: 'timeout' })
    }, timeoutMs)
    const end = (boxed: Boxed<T>) => {
      clearTimeout(timer)
      resolve(boxed)
    }
    const fail = (error: unknown) => end({ failed: 'error', error })
    try {
      Promise.resolve(act()).then((value) => (isLate ? late?.(value) : end({ value })), fail)
    } catch (error) {
      fail(error)
    }
  })
}

const asValue = <T>(value: T): Boxed<T> => ({ value })
const asFailure = (error: unknown): Boxed<never> => ({ failed: 'error', error })

/** Why there is no value, fit for logs: an error's code or class. Its text may hold an address with its password. */
export function failureName(boxed: Exclude<Boxed<unknown>, { value: unknown }>): string {
  if (boxed.failed === 'timeout') return 'no answer in time'
  const { code, constructor } = (boxed.error ?? {}) as { code?: unknown; constructor?: { name?: string } }
  if (typeof code === 'string' && /^\w{1,40}$/.test(code)) return code
  const name = constructor?.name ?? ''
  return /^\w{1,60}$/.test(name) ? name : 'an error'
}
