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

/** Number of works under one key, and those that wait. */
interface Line {
  running: number
  waiting?: Set<() => void>
}

/**
 * Runs at most so many works at once under each key, in the order in which they came. A key without work costs nothing.
 */
export class Turns {
  readonly #atOnce: number
  readonly #lines = new Map<string, Line>()

  constructor(atOnce = 1) {
    this.#atOnce = atOnce
  }

  /** Runs `act`, which must not throw, where it need not wait; undefined where it must. */
  runNow<T>(key: string, act: () => Promise<T>): Promise<T> | undefined {
    const line = this.#lines.get(key)
    if (!line) this.#lines.set(key, { running: 1 })
    else if (line.running < this.#atOnce) line.running += 1
    else return undefined
    return this.#ending(key, act())
  }

  /**
   * Runs `act` in its turn, where `runNow` did not; it is given how long it waited, ms. If `signal` is aborted before
   * its turn, `giveUp` runs instead.
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
    const line = this.#lines.get(key)
    const waiting = ((line as Line).waiting ??= new Set())
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
    const line = this.#lines.get(key)
    const next = line?.waiting?.values().next().value
    if (next) {
      line.waiting?.delete(next)
      next()
    } else if (line && line.running > 1) line.running -= 1
    else this.#lines.delete(key)
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
