import { SmileIdConfigError } from '../../errors.ts'
import { hearFailure, unlessAborted, withTimeout } from '../../lib/promises.ts'
import { perKey } from '../../lib/values.ts'
import { warnOfSilence } from '../hear-errors.ts'

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

/** A client that a pool lent. `end` gives it back, or has it closed; called again it changes nothing. */
interface Lease {
  readonly client: ClientLike
  end(isBroken: boolean): void
}

async function lend(pool: LendingPoolLike, signal: AbortSignal | undefined): Promise<Lease> {
  const lending = pool.connect()
  const client = await unlessAborted(signal, () => lending).catch((error: unknown) => {
    hearFailure(lending.then((late) => late.release()))
    throw error
  })
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

/** How often `limitMs` passes without an answer, until connections are given up. */
const mostUnanswered = 2

const silenceOf = perKey<LendingPoolLike, { unanswered: number; leases: Set<Lease> }>(() => ({
  unanswered: 0,
  leases: new Set(),
}))

/**
 * Borrows a client, and rejects as soon as `signal` is aborted before it has one. A client whose `act` fails is closed;
 * the others `act` gives back, or its caller.
 *
 * Replaces connections that died in silence: no reset ever comes from a host that is gone. A connection is closed after
 * twice `limitMs` without an answer; where the pool got none at all meanwhile, so are the others that do not answer,
 * and all idle ones. The pool makes new ones.
 */
async function onLease<T>(
  pool: LendingPoolLike,
  limitMs: number,
  act: (lease: Lease) => Promise<T>,
  signal?: AbortSignal,
): Promise<T> {
  const silence = silenceOf(pool)
  const { leases } = silence
  const lease = await lend(pool, signal)
  // Not before: to wait for a connection of a busy pool is no silence.
  const timer: Partial<NodeJS.Timeout> = setInterval(() => {
    silence.unanswered += 1
    if (leases.has(lease)) lease.end(true)
    leases.add(lease)
    if (silence.unanswered < mostUnanswered) return
    for (const one of leases) one.end(true)
    leases.clear()
    for (let idle = pool.idleCount ?? 0; idle > 0; idle -= 1)
      hearFailure(pool.connect().then((client) => client.release(true)))
  }, limitMs)
  timer.unref?.()
  try {
    const value = await act(lease)
    silence.unanswered = 0
    return value
  } catch (error) {
    lease.end(true)
    throw error
  } finally {
    clearInterval(timer as NodeJS.Timeout)
    leases.delete(lease)
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
  const begun = async (lease: Lease) => {
    await unlessAborted(signal, () => lease.client.query(begin))
    return lease
  }
  const held = await onLease(pool, replyMs, begun, signal)
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
    // Work that goes on after an abort must not reach a client that was lent again. A server that became a replica
    // (25006) stays one: the pool finds the primary.
    if (signal?.aborted !== true && !hasState(error, '25006'))
      isBroken = !('value' in (await withTimeout(() => client.query('ROLLBACK'), replyMs)))
    throw error
  } finally {
    held.end(isBroken)
  }
}

/** Runs `act` on a connection of the pool, or on what is none. */
export async function onConnection<T>(pool: PoolLike, limitMs: number, act: (on: PoolLike) => Promise<T>): Promise<T> {
  if (!isLending(pool)) return act(pool)
  return onLease(pool, limitMs, async (lease) => {
    const value = await act(lease.client)
    lease.end(false)
    return value
  })
}

export const isLending = (pool: PoolLike): pool is LendingPoolLike =>
  typeof (pool as Partial<LendingPoolLike>).connect === 'function' && !isClient(pool)

/** Warns where a Pool, or the options of one, has no time-outs, and it can be seen. */
export function checkTimeouts(pool: object, name: string, warn: (message: string) => void): void {
  const { options } = pool as { options?: { query_timeout?: unknown; connectionTimeoutMillis?: unknown } }
  if (!options || typeof options !== 'object') return
  const missing = [
    ...(options.query_timeout ? [] : ['query_timeout: 10_000']),
    ...(options.connectionTimeoutMillis ? [] : ['connectionTimeoutMillis: 5_000']),
  ]
  if (missing.length > 0) warnOfSilence(name, `${missing.join(', ')}, and keepAlive: true`, warn)
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
