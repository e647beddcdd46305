import { createHash } from 'node:crypto'
import { SmileIdConfigError } from '../../errors.ts'
import { unlessAborted } from '../../lib/promises.ts'

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
 * Runs `work` in one transaction on a client of its own. If it fails, or `signal` is aborted before the commit was
 * sent,
 * nothing of it stays, and the promise rejects.
 */
export async function inOneTransaction<T>(
  pool: LendingPoolLike,
  { begin, commit }: TransactionText,
  work: (client: ClientLike) => Promise<T>,
  signal?: AbortSignal,
): Promise<T> {
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
    if (signal?.aborted !== true)
      isBroken = await client.query('ROLLBACK').then(
        () => false,
        () => true,
      )
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
    void lending.then(
      (late) => {
        late.release()
      },
      () => undefined,
    )
    throw error
  }
}

/**
 * How many rows a statement changed.
 * @throws SmileIdConfigError `store_invalid` for a client that answers rows alone: each answer would look like none
 */
export function countOf(result: unknown): number {
  const count = (result as { rowCount?: unknown } | null | undefined)?.rowCount
  if (typeof count === 'number') return count
  throw new SmileIdConfigError(
    'store_invalid',
    'A Pool of the package pg is needed, which answers with rowCount: this client answers rows alone.',
  )
}

/** Postgres could not order this transaction among others: the same again may succeed. */
export const isRetryable = (error: unknown): boolean =>
  ['40001', '40P01'].includes(String((error as { code?: unknown } | null | undefined)?.code))

/**
 * Runs it again, `retries` times at most, while Postgres says that this may help: at once, then after short random
 * waits.
 */
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

/** Runs one statement by itself, and resolves to how many rows it changed. */
export type Run = (text: string, values: unknown[]) => Promise<number>

const mostRetries = 5
const readCommitted = { begin: 'BEGIN ISOLATION LEVEL READ COMMITTED', commit: 'COMMIT' }

/**
 * Each statement is one transaction, whatever isolation the session asks for: once Postgres has refused one for that,
 * they
 * name their own. With `prepare` Postgres plans each once a connection; where a pooler in between mixes connections up,
 * that
 * shows at once, and is given up.
 */
export function runner(pool: PoolLike, prepare: boolean): Run {
  let isOwnLevel = false
  // Only once a plain answer was one of pg's: others take no objects.
  let isPrepared = false
  let mayPrepare = prepare
  const query = async (on: PoolLike, text: string, values: unknown[]): Promise<number> => {
    if (!isPrepared) {
      const count = countOf(await on.query(text, values))
      isPrepared = mayPrepare && isLending(pool)
      return count
    }
    try {
      // pg takes an object, too, which is not in the type: other clients need not.
      return countOf(await on.query({ name: nameOf(text), text, values } as never))
    } catch (error) {
      if (!isLostStatement(error)) throw error
      isPrepared = mayPrepare = false
      return query(on, text, values)
    }
  }
  return (text, values) =>
    retried(mostRetries, async () => {
      if (isOwnLevel && isLending(pool))
        return inOneTransaction(pool, readCommitted, (client: ClientLike) => query(client, text, values))
      return query(pool, text, values).catch((error: unknown) => {
        isOwnLevel ||= isRetryable(error)
        throw error
      })
    })
}

const isLending = (pool: PoolLike): pool is LendingPoolLike =>
  typeof (pool as Partial<LendingPoolLike>).connect === 'function' && !isClient(pool)

// A statement that is not there, or there already: another session than the one that it was made in.
const isLostStatement = (error: unknown): boolean =>
  ['26000', '42P05'].includes(String((error as { code?: unknown } | null | undefined)?.code))

const names = new Map<string, string>()

function nameOf(text: string): string {
  const name = names.get(text) ?? `smile-id-${createHash('sha1').update(text).digest('hex')}`
  names.set(text, name)
  return name
}
