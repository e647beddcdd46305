import { SmileIdConfigError } from '../errors.ts'

/** What is used of a pg `Pool`. */
export interface PoolLike {
  query(text: string, values?: unknown[]): Promise<{ rows: unknown[]; rowCount: number | null }>
}

/** What is used of a client that a pg `Pool` lends. */
export interface ClientLike extends PoolLike {
  release(destroy?: boolean): void
  on?(event: 'error', listener: (error: Error) => void): unknown
  off?(event: 'error', listener: (error: Error) => void): unknown
}

/** What is used of a pool that lends clients. */
export interface LendingPoolLike extends PoolLike {
  connect(): Promise<ClientLike>
}

/** One connection, not many: it can be connected, too, and lends none. */
export const isClient = (pool: object): boolean => 'processID' in pool

/** How a transaction begins and ends. */
export interface TransactionText {
  begin: string
  commit: string
}

/**
 * Runs `work` in one transaction on a client of its own. If it fails, or `signal` is aborted before the commit was sent,
 * nothing of it stays, and the promise rejects.
 */
export async function inOneTransaction<T>(pool: LendingPoolLike, { begin, commit }: TransactionText, work: (client: ClientLike) => Promise<T>, signal?: AbortSignal): Promise<T> {
  const client = await lent(pool, signal)
  // The pool's own listener rests while a client is lent: without one, a cut connection ends the process.
  const ignore = () => undefined
  client.on?.('error', ignore)
  let isBroken = true
  try {
    const value = await unlessAborted(signal, async () => {
      await client.query(begin)
      return work(client)
    })
    signal?.throwIfAborted()
    await client.query(commit)
    isBroken = false
    return value
  } catch (error) {
    // Work that goes on after it was aborted must not find a client that is somebody else's by now.
    if (signal?.aborted !== true) isBroken = await client.query('ROLLBACK').then(() => false, () => true)
    throw error
  } finally {
    if (!isBroken) client.off?.('error', ignore)
    client.release(isBroken)
  }
}

async function lent(pool: LendingPoolLike, signal: AbortSignal | undefined): Promise<ClientLike> {
  const lending = pool.connect()
  try {
    return await unlessAborted(signal, () => lending)
  } catch (error) {
    void lending.then((late) => { late.release() }, () => undefined)
    throw error
  }
}

/** Rejects as soon as `signal` is aborted; what `act` comes to after that is ignored. */
async function unlessAborted<T>(signal: AbortSignal | undefined, act: () => Promise<T>): Promise<T> {
  if (!signal) return act()
  signal.throwIfAborted()
  let stop: (() => void) | undefined
  const aborted = new Promise<never>((_, reject) => {
    const onAbort = () => { reject(signal.reason as Error) }
    signal.addEventListener('abort', onAbort, { once: true })
    stop = () => { signal.removeEventListener('abort', onAbort) }
  })
  try {
    return await Promise.race([act(), aborted])
  } finally {
    stop?.()
  }
}

/**
 * How many rows a statement changed.
 * @throws SmileIdConfigError `store_invalid` for a client that answers rows alone: each answer would look like none
 */
export function countOf(result: unknown): number {
  const count = (result as { rowCount?: unknown } | null | undefined)?.rowCount
  if (typeof count === 'number') return count
  throw new SmileIdConfigError('store_invalid', 'A Pool of the package pg is needed, which answers with rowCount: this client answers rows alone.')
}

/** Postgres could not order this transaction among others: the same again may succeed. */
export const isRetryable = (error: unknown): boolean => ['40001', '40P01'].includes(String((error as { code?: unknown } | null | undefined)?.code))

/** Runs it again, `retries` times at most, while Postgres says that this may help: at once, then after short random waits. */
export async function retried<T>(retries: number, act: () => Promise<T>): Promise<T> {
  for (let done = 0; ; done += 1) {
    try {
      return await act()
    } catch (error) {
      if (done >= retries || !isRetryable(error)) throw error
      if (done > 0) await new Promise((resolve) => setTimeout(resolve, 20 * done * Math.random()))
    }
  }
}
