const firstWaitMs = 50
const longestWaitMs = 5_000

/**
 * Tries until `act` resolves to true, with ever longer waits from 50 ms to 5 s between, or until `until` by `performance.now`;
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
