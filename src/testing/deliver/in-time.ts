/** Waits for `act` at most `timeoutMs` ms, also where a test has replaced the timers. @throws DOMException `TimeoutError` */
export function inTime<T>(timeoutMs: number, act: () => Promise<T>): Promise<T> {
  const signal = AbortSignal.timeout(timeoutMs)
  return new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => { reject(signal.reason as Error) }, { once: true })
    act().then(resolve, reject)
  })
}
