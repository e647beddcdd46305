/**
 * Deletes what is old, at most once in `everyMs` ms, in batches: the next follows at once while one was full, so that it keeps
 * up with any rate. It is never waited for, and runs once at a time. What fails is left to the next round.
 * @param deleteBatch resolves to whether there may be more
 */
export function purger(deleteBatch: () => Promise<boolean>, everyMs: number): () => void {
  let next = performance.now() + everyMs
  let isBusy = false
  const purge = async () => {
    isBusy = true
    try {
      while (await deleteBatch());
    } catch {
      // Nobody waits for it.
    } finally {
      next = performance.now() + everyMs
      isBusy = false
    }
  }
  return () => {
    if (!isBusy && performance.now() >= next) void purge()
  }
}
