/** Lets so many works run at once; the others wait for their turn, first come, first served. */
export class Turns {
  #free: number
  readonly #waiting = new Set<(hasTurn: boolean) => void>()

  constructor(atOnce: number) {
    this.#free = atOnce
  }

  /** Undefined if its turn has not come after `longestWaitMs` ms: then the work never runs. */
  async run<T>(work: () => Promise<T>, longestWaitMs: number): Promise<T | undefined> {
    if (this.#free > 0) this.#free -= 1
    else if (!(await this.#turn(longestWaitMs))) return undefined
    try {
      return await work()
    } finally {
      const [next] = this.#waiting
      if (next) next(true)
      else this.#free += 1
    }
  }

  #turn(longestWaitMs: number): Promise<boolean> {
    return new Promise((resolve) => {
      const settle = (hasTurn: boolean) => {
        clearTimeout(timer)
        this.#waiting.delete(settle)
        resolve(hasTurn)
      }
      const timer = setTimeout(settle, longestWaitMs, false)
      this.#waiting.add(settle)
    })
  }
}
