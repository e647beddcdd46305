/** Whether a promise settled in time, and how. A late or failed one never becomes an unhandled rejection. */
export type Boxed<T> = { value: T } | { failed: 'error'; error: unknown } | { failed: 'timeout' }

/** Waits for `act` at most `timeoutMs` ms; `late` gets what it resolves to after that. */
export async function timeBox<T>(act: () => Promise<T>, timeoutMs: number, late?: (value: T) => void): Promise<Boxed<T>> {
  let timer: NodeJS.Timeout | undefined
  let isLate = false
  const timeUp = new Promise<Boxed<T>>((resolve) => {
    timer = setTimeout(() => {
      isLate = true
      resolve({ failed: 'timeout' })
    }, timeoutMs)
  })
  const run = async (): Promise<Boxed<T>> => {
    try {
      const value = await act()
      if (isLate) late?.(value)
      return { value }
    } catch (error) {
      return { failed: 'error', error }
    }
  }
  try {
    return await Promise.race([run(), timeUp])
  } finally {
    clearTimeout(timer)
  }
}

/** Why there is no value, fit for logs: an error's code or class. Its text may hold an address with its password. */
export function whyNot(boxed: Exclude<Boxed<unknown>, { value: unknown }>): string {
  if (boxed.failed === 'timeout') return 'no answer in time'
  const { code, constructor } = (boxed.error ?? {}) as { code?: unknown; constructor?: { name?: string } }
  if (typeof code === 'string' && /^\w{1,40}$/.test(code)) return code
  const name = constructor?.name ?? ''
  return /^\w{1,60}$/.test(name) ? name : 'an error'
}
