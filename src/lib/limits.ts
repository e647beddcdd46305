import { unlessAborted } from './promises.ts'

/** Rate limit: returns true for the first `most` calls of each period, false for the rest. `periodMs` in ms. */
export function budget(most: number, periodMs = 1_000): () => boolean {
  let began = -Infinity
  let used = 0
  return () => {
    const now = performance.now()
    if (now - began >= periodMs) {
      began = now
      used = 0
    }
    used += 1
    return used <= most
  }
}

/** Limits concurrency: runs at most so many tasks at once; the others wait in order. */
export class Semaphore {
  #free: number
  readonly #waiting = new Set<(hasTurn: boolean) => void>()

  constructor(atOnce: number) {
    this.#free = atOnce
  }

  /** Undefined if no slot is free within `longestWaitMs` ms: then `work` never runs. */
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

/** Runs work one after the other under each key, in the order in which it came. A key without work costs nothing. */
export class Turns {
  /** A key stands here while work runs under it, with those that wait. */
  readonly #waiting = new Map<string, Set<() => void> | undefined>()

  /** Runs `act`, which must not throw, where nothing else runs under `key`; undefined where something does. */
  runNow<T>(key: string, act: () => Promise<T>): Promise<T> | undefined {
    if (this.#waiting.has(key)) return undefined
    this.#waiting.set(key, undefined)
    return this.#ending(key, act())
  }

  /**
   * Runs `act` after all that runs under `key`; it is given how long it waited, ms. If `signal` is aborted before its
   * turn, `giveUp` runs instead.
   */
  async runNext<T>(
    key: string,
    act: (waitedMs: number) => Promise<T>,
    signal: AbortSignal,
    giveUp: (waitedMs: number) => T,
  ): Promise<T> {
    const since = performance.now()
    const hasTurn = await this.#turn(key, signal)
    const waitedMs = performance.now() - since
    return hasTurn ? this.#ending(key, act(waitedMs)) : giveUp(waitedMs)
  }

  #ending<T>(key: string, going: Promise<T>): Promise<T> {
    const end = () => {
      this.#next(key)
    }
    going.then(end, end)
    return going
  }

  /** Resolves to false if the signal was aborted first. */
  async #turn(key: string, signal: AbortSignal): Promise<boolean> {
    const waiting = this.#waiting.get(key) ?? new Set()
    this.#waiting.set(key, waiting)
    let take!: () => void
    const turn = new Promise<void>((resolve) => waiting.add((take = resolve)))
    try {
      await unlessAborted(signal, () => turn)
      return true
    } catch {
      // The turn may have come at the same moment: then it is the next one's.
      if (!waiting.delete(take)) this.#next(key)
      return false
    }
  }

  #next(key: string): void {
    const waiting = this.#waiting.get(key)
    const next = waiting?.values().next().value
    if (next) {
      waiting.delete(next)
      next()
    } else this.#waiting.delete(key)
  }
}

/**
 * Runs `work` for every item, at most `concurrency` at once. Items are taken as slots become free, so that an iterable
 * larger than memory works. The first failure of the iterable or of `work` ends the run: running work is finished, no
 * new work begins, and the iterable is closed.
 */
export async function forEachOf<T>(
  items: Iterable<T> | AsyncIterable<T>,
  concurrency: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const iterator = Symbol.asyncIterator in items ? items[Symbol.asyncIterator]() : items[Symbol.iterator]()
  let isOver = false
  let failure: { error: unknown } | undefined
  let turn: Promise<unknown> = Promise.resolve()
  // In sequence: not every iterable can be asked for two items at once.
  const next = (): Promise<IteratorResult<T>> => {
    const taken = turn.then(() => (isOver ? { done: true as const, value: undefined } : iterator.next()))
    turn = taken.catch(() => undefined)
    return taken
  }
  const lane = async (): Promise<void> => {
    try {
      for (let item = await next(); item.done !== true; item = await next()) await work(item.value)
    } catch (error) {
      failure ??= { error }
    }
    isOver = true
  }
  await Promise.all(Array.from({ length: concurrency }, lane))
  if (!failure) return
  await Promise.resolve(iterator.return?.()).catch(() => undefined)
  throw failure.error
}
