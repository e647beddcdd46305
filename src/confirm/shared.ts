/** One piece of work for all that wait for it: it is aborted when the last of them has gone, or is too slow. */
interface Work<T> {
  promise: Promise<T>
  waiting: number
  controller: AbortController
}

/** Longest time for one piece of work, ms: those who come later must not wait for one that hangs. */
const longestMs = 10_000

/**
 * Shares work by key: whoever asks while it is under way gets what it comes to. A failure is not kept.
 * Who aborts goes alone, the others still get theirs.
 */
export function createShared<T>(): (key: string, signal: AbortSignal, act: (signal: AbortSignal) => Promise<T>) => Promise<T> {
  const underWay = new Map<string, Work<T>>()
  const begin = (key: string, act: (signal: AbortSignal) => Promise<T>): Work<T> => {
    const controller = new AbortController()
    const timer = setTimeout(() => end(new DOMException('No answer in time', 'TimeoutError')), longestMs)
    const end = (reason: unknown) => {
      clearTimeout(timer)
      if (underWay.get(key) === work) underWay.delete(key)
      controller.abort(reason)
    }
    const work: Work<T> = { promise: act(controller.signal).finally(() => end(undefined)), waiting: 0, controller }
    underWay.set(key, work)
    return work
  }
  return (key, signal, act) =>
    new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason as Error)
      const work = underWay.get(key) ?? begin(key, act)
      work.waiting += 1
      const leave = () => {
        work.waiting -= 1
        if (work.waiting > 0 || underWay.get(key) !== work) return
        underWay.delete(key)
        work.controller.abort(signal.reason)
      }
      const onAbort = () => {
        leave()
        reject(signal.reason as Error)
      }
      signal.addEventListener('abort', onAbort, { once: true })
      const settled = () => signal.removeEventListener('abort', onAbort)
      work.promise.then(resolve, reject).finally(settled)
    })
}
