import { unlessAborted } from './promises.ts'

/** Runs work one after the other under each key, in the order in which it came. A key without work costs nothing. */
export class Turns {
  readonly #last = new Map<string, Promise<void>>()

  /**
   * Runs `act` at once where nothing else runs under `key`, else afterwards; it is given how long it waited, ms.
   * Rejects with the reason of `signal` where that is aborted before its turn.
   */
  async run<T>(key: string, act: (waitedMs: number) => Promise<T>, signal?: () => AbortSignal | undefined): Promise<T> {
    const former = this.#last.get(key)
    let end!: () => void
    const turn = new Promise<void>((resolve) => (end = resolve))
    // A waiter that gives up must not let the next one pass those before it.
    const last = former ? former.then(() => turn) : turn
    this.#last.set(key, last)
    try {
      if (!former) return await act(0)
      const since = performance.now()
      await unlessAborted(signal?.(), () => former)
      return await act(performance.now() - since)
    } finally {
      end()
      if (this.#last.get(key) === last) void last.then(() => this.#last.get(key) === last && this.#last.delete(key))
    }
  }
}
