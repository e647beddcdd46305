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
