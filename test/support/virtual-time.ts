import { vi } from 'vitest'

const turn = setImmediate

/**
 * Runs `work` while each timer rings as soon as nothing else is left to do: what waits for time-outs takes none, and
 * comes out alike on a busy machine.
 */
export async function inVirtualTime<T>(work: () => Promise<T>): Promise<T> {
  // Node's own timer for it is a real one: on a busy machine it rang in the middle.
  const timeout = vi.spyOn(AbortSignal, 'timeout').mockImplementation((ms) => {
    const controller = new AbortController()
    setTimeout(() => {
      controller.abort(new DOMException('The operation was aborted due to timeout', 'TimeoutError'))
    }, ms)
    return controller.signal
  })
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date', 'performance'] })
  let isOver = false
  const goesOn = () => !isOver
  try {
    const result = work().finally(() => (isOver = true))
    result.catch(() => undefined)
    while (goesOn()) {
      // Twice: a promise that settles may lead to another turn of the loop.
      for (let turns = 0; turns < 2; turns += 1) await new Promise((resolve) => turn(resolve))
      if (goesOn()) vi.advanceTimersToNextTimer()
    }
    return await result
  } finally {
    timeout.mockRestore()
    vi.useRealTimers()
  }
}
