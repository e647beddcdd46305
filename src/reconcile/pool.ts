/**
 * Runs `work` for every item, at most `concurrency` at once. Items are taken when there is room, so that a list longer
 * than memory works. The first failure of the list or of a piece of work ends the run: what is under way is finished,
 * nothing new is begun, and the list is closed.
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
  // One after the other: not every list can be asked for two items at once.
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
