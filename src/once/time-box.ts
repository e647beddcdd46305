/** Whether a promise settled in time, and how. A late or failed one never becomes an unhandled rejection. */
export type Boxed<T> = { value: T } | { failed: 'error' | 'timeout'; error?: unknown }

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
