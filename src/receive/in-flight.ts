/** Counts work in progress, so that a shutdown can wait for it. */
export class InFlight {
  #count = 0
  #closed = false
  #closing = false
  readonly #waiting = new Set<() => void>()

  /** True once `close` was called: new deliveries are refused. */
  get closed(): boolean {
    return this.#closed
  }

  /** True once `close` was called, also while deliveries are still taken. */
  get closing(): boolean {
    return this.#closing
  }

  get count(): number {
    return this.#count
  }

  begin(): void {
    this.#count += 1
  }

  /** Call once for each `begin`. */
  end(): void {
    this.#count -= 1
    if (this.#count === 0) for (const wake of this.#waiting) wake()
  }

  async run<T>(work: () => Promise<T>): Promise<T> {
    this.begin()
    try {
      return await work()
    } finally {
      this.end()
    }
  }

  /**
   * Refuses new deliveries after `drainMs` ms, then waits for all work in progress, at most `timeoutMs` ms; resolves to
   * the number that is not done by then.
   */
  async close(timeoutMs: number, drainMs = 0): Promise<number> {
    this.#closing = true
    if (drainMs > 0 && !this.#closed) await new Promise((resolve) => setTimeout(resolve, drainMs))
    this.#closed = true
    if (this.#count === 0) return 0
    await new Promise<void>((resolve) => {
      const wake = () => {
        clearTimeout(timer)
        this.#waiting.delete(wake)
        resolve()
      }
      const timer = setTimeout(wake, timeoutMs)
      this.#waiting.add(wake)
    })
    return this.#count
  }
}
