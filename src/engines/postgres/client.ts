import { createHash } from 'node:crypto'
import { SmileIdConfigError } from '../../errors.ts'
import { unlessAborted, withTimeout } from '../../lib/promises.ts'
import { unlessSilent } from './silence.ts'

/** The members of a pg `Pool` that are used. */
export interface PoolLike {
  query(text: string, values?: unknown[]): Promise<{ rows: unknown[]; rowCount: number | null }>
}

/** The members of a client lent by a pg `Pool` that are used. */
export interface ClientLike extends PoolLike {
  release(destroy?: boolean): void
  on?(event: 'error', listener: (error: Error) => void): unknown
  off?(event: 'error', listener: (error: Error) => void): unknown
}

/** The members of a pool that lends clients that are used. */
export interface LendingPoolLike extends PoolLike {
  connect(): Promise<ClientLike>
  /** Present on a pg `Pool`. */
  readonly idleCount?: number
}

/** A single connection, which also has `connect` but lends no clients. */
export const isClient = (pool: object): boolean => 'processID' in pool

/** A client that a pool lent. */
export interface Lease {
  readonly client: ClientLike
  /** Gives it back, or has it closed; called again it changes nothing. */
  end(isBroken: boolean): void
}

/** Borrows a client; rejects as soon as `signal` is aborted. */
export async function lease(pool: LendingPoolLike, signal?: AbortSignal): Promise<Lease> {
  const client = await lent(pool, signal)
  // The pool's own listener is off while a client is lent: without one, a cut connection ends the process.
  const ignore = () => undefined
  client.on?.('error', ignore)
  let isOpen = true
  return {
    client,
    end(isBroken) {
      if (!isOpen) return
      isOpen = false
      if (!isBroken) client.off?.('error', ignore)
      client.release(isBroken)
    },
  }
}

/** How long BEGIN and ROLLBACK may take, ms: longer takes a connection that died in silence. */
const replyMs = 2_000

/**
 * Runs `work` in one transaction on a client of its own. If it fails, or `signal` is aborted before the commit was
 * sent, the transaction is rolled back and the promise rejects. Where it is aborted later, it may be committed.
 */
export async function inOneTransaction<T>(
  pool: LendingPoolLike,
  begin: string,
  work: (client: ClientLike) => Promise<T>,
  signal?: AbortSignal,
): Promise<T> {
  const held = await unlessSilent(pool, replyMs, async (hold) => {
    const one = hold(await lease(pool, signal))
    await unlessAborted(signal, () => one.client.query(begin)).catch((error: unknown) => {
      one.end(true)
      throw error
    })
    return one
  })
  const { client } = held
  let isBroken = true
  try {
    const value = await unlessAborted(signal, () => work(client))
    signal?.throwIfAborted()
    // Not waited for after the abort: the next event of the job finds out whether it was committed.
    await unlessAborted(signal, () => client.query('COMMIT'))
    isBroken = false
    return value
  } catch (error) {
    // Work that goes on after an abort must not reach a client that was lent again.
    if (signal?.aborted !== true) isBroken = !('value' in (await withTimeout(() => client.query('ROLLBACK'), replyMs)))
    throw error
  } finally {
    held.end(isBroken)
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
 * Returns the number of rows that a statement changed.
 * @throws SmileIdConfigError `store_invalid` for a client that returns rows alone: each answer would look like none
 */
export function countOf(result: unknown): number {
  const count = (result as { rowCount?: unknown } | null | undefined)?.rowCount
  if (typeof count === 'number') return count
  throw new SmileIdConfigError(
    'store_invalid',
    'A Pool of the package pg is needed, which returns rowCount: this client returns rows alone.',
  )
}

/** True if Postgres gave the error one of these codes. */
export const hasState = (error: unknown, ...states: string[]): boolean =>
  states.includes(String((error as { code?: unknown } | null | undefined)?.code))

/** Postgres could not order this transaction among others: the same again may succeed. */
export const isRetryable = (error: unknown): boolean => hasState(error, '40001', '40P01')

/** Retries, at most `retries` times, while Postgres says that it may help: at once, then after short random waits. */
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

/** Runs one statement, and resolves to the number of rows it changed. */
export type Run = (text: string, values: unknown[]) => Promise<number>

const mostRetries = 5

/**
 * Each statement is one transaction, whatever isolation the session has: once Postgres has refused one for that, they
 * name their own. With `prepare` Postgres plans each once per connection; a pooler that mixes connections causes an
 * error at once, after which it is turned off. After `limitMs()` without an answer a connection counts as silent.
 */
export function runner(pool: PoolLike, prepare: boolean, limitMs: () => number): Run {
  let isOwnLevel = false
  // Only after an answer in the form of pg's: other clients take no objects.
  let isPrepared = false
  let mayPrepare = prepare
  const query = async (on: PoolLike, text: string, values: unknown[]): Promise<number> => {
    if (!isPrepared) {
      const count = countOf(await on.query(text, values))
      isPrepared = mayPrepare && isLending(pool)
      return count
    }
    try {
      // pg accepts an object too, which the type omits: other clients need not.
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
        return inOneTransaction(pool, 'BEGIN ISOLATION LEVEL READ COMMITTED', (client) => query(client, text, values))
      return onConnection(pool, limitMs(), (on) => query(on, text, values)).catch((error: unknown) => {
        isOwnLevel ||= isRetryable(error)
        throw error
      })
    })
}

/** Runs `act` on a connection of the pool, or on what is none. */
export async function onConnection<T>(pool: PoolLike, limitMs: number, act: (on: PoolLike) => Promise<T>): Promise<T> {
  if (!isLending(pool)) return act(pool)
  return unlessSilent(pool, limitMs, async (hold) => {
    const held = hold(await lease(pool))
    let isBroken = true
    try {
      const value = await act(held.client)
      isBroken = false
      return value
    } finally {
      held.end(isBroken)
    }
  })
}

const isLending = (pool: PoolLike): pool is LendingPoolLike =>
  typeof (pool as Partial<LendingPoolLike>).connect === 'function' && !isClient(pool)

// A statement that is not there, or there already: another session than the one that it was made in.
const isLostStatement = (error: unknown): boolean => hasState(error, '26000', '42P05')

const names = new Map<string, string>()

function nameOf(text: string): string {
  const name = names.get(text) ?? `smile-id-${createHash('sha1').update(text).digest('hex')}`
  names.set(text, name)
  return name
}
