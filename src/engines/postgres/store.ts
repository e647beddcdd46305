import { createHash } from 'node:crypto'
import { checkMethods, checkOptions, type ChecksOf, flag, ms, nonEmptyString } from '../../lib/check.ts'
import { SmileIdError } from '../../errors.ts'
import { codeOfError } from '../../lib/words.ts'
import { trackConnectionErrors } from '../hear-errors.ts'
import {
  checkTimeouts,
  countOf,
  hasState,
  inOneTransaction,
  isLending,
  isRetryable,
  onConnection,
  type PoolLike,
  retried,
} from './client.ts'
import { batchSize, defaultTable, postgresStoreTable, purger, quotedName, tableMaker } from './table.ts'
import type { OnceStore, StoreUser } from '../../once/store.ts'

export { EffectError, type EffectErrorCode } from '../../errors.ts'
export type { ClientLike, LendingPoolLike, PoolLike } from './client.ts'
export type { EarlierResult } from './effect.ts'
export { type ClientOf, type EffectOptions, inTransaction, type TransactionContext } from './effects.ts'
export { type EffectKeys, effectsTable, forgetEffects, type ForgetEffectsOptions } from './effects-table.ts'
export { postgresStoreTable } from './table.ts'

/** Options of `postgresStore`. */
export interface PostgresStoreOptions {
  /** The table, with its schema before a dot if it has one. Default: `smile_id_events`. */
  readonly table?: string | undefined
  /**
   * If true, creates the table on first use if it does not exist. `false`: your migrations do, with
   * `postgresStoreTable()`. Default: true.
   */
  readonly createTable?: boolean | undefined
  /** Shortest interval at which expired rows are deleted, ms; 1 000 at a time until none is left. Default: 60 s. */
  readonly purgeEvery?: number | undefined
  /**
   * Uses named statements, which Postgres plans once for each connection. Default: true; turned off by itself after the
   * error that a pooler which mixes connections causes. `false` avoids that error.
   */
  readonly prepare?: boolean | undefined
}

const checks = {
  table: nonEmptyString(defaultTable, 'store_invalid'),
  createTable: flag(true),
  purgeEvery: ms(60_000),
  prepare: flag(true),
} satisfies ChecksOf<PostgresStoreOptions>

/**
 * Keeps claims in Postgres, for any number of processes: one row per event, by the database's clock. Takes a pg `Pool`,
 * which you end yourself.
 * @example
 * import { smileIdCallbacks } from 'express-smile-id'
 * import { postgresStore } from 'express-smile-id/postgres'
 *
 * const callbacks = smileIdCallbacks({ credentials, store: postgresStore(pool) })
 * @throws SmileIdConfigError `store_invalid` if it gets something other than a pool, a table name with characters other
 * than letters, digits and _, or other options that cannot work
 */
export function postgresStore(pool: PoolLike, options?: PostgresStoreOptions): OnceStore {
  const { table, createTable, purgeEvery, prepare } = checkOptions(options, checks)
  checkMethods(pool, ['query'], 'store_invalid', 'postgresStore takes a Pool of the package pg')
  const sql = statements(quotedName(table))
  const ready = tableMaker(pool, createTable, table, postgresStoreTable(table), 'expires_at')
  const users = new Set<StoreUser>()
  const run = runner(pool, prepare, () => Math.max(leastPatienceMs, ...[...users].map(({ timeoutMs }) => timeoutMs)))
  let keptMs = Infinity
  const deleteBatch = () => run(sql.purge, [keptMs])
  const purge = purger(table, deleteBatch, purgeEvery, (message) =>
    users.forEach((user) => user.warn('postgres_purge', message)),
  )
  const changes = async (text: string, ...values: unknown[]): Promise<boolean> => {
    await ready()
    const count = await run(text, values).catch((error: unknown) => Promise.reject(outdated(error, table)))
    return count > 0
  }
  return {
    async reserve(id, { owner, leaseMs }) {
      if (await changes(sql.reserve, id, owner, leaseMs)) return 'reserved'
      // If it was released in between, it has no row any more: the next delivery gets the claim.
      return (await changes(sql.isDone, id)) ? 'done' : 'in_progress'
    },
    async complete(id, { owner, ttlMs }) {
      const isCompleted = await changes(sql.complete, id, owner, ttlMs)
      keptMs = Math.min(keptMs, ttlMs)
      purge()
      return isCompleted
    },
    // A row without an owner is done.
    note: (id, { ttlMs }) => changes(sql.reserve, id, null, ttlMs),
    release: (id, { owner }) => changes(sql.release, id, owner),
    forget: (id) => changes(sql.forget, id),
    attach(user) {
      users.add(user)
      const name = "store's Pool"
      trackConnectionErrors(pool, name, users)
      checkTimeouts(pool, name, (message) => user.warn('postgres_no_timeout', message))
    },
  }
}

/** An error of a table that is missing or old, with the statement to run; others as they are. */
function outdated(error: unknown, table: string): Error {
  if (!hasState(error, '42703', '42P01')) return error as Error
  const statement = postgresStoreTable(table).replace(/\s+/g, ' ')
  const message = `The table ${table} is not there, or lacks a column: ${codeOfError(error)}. Where it is an old one, DROP TABLE ${quotedName(table)} first: events of the last once.ttl are then handled again if they are delivered again. Run, as its owner: ${statement}`
  return new SmileIdError(message, { cause: error })
}

const leastPatienceMs = 2_000

// A row with an owner is a claim, one without is done. clock_timestamp: now() does not advance inside a transaction.
// `added` is cut to the minute: equal keys share one index entry.
const statements = (table: string) => ({
  reserve: `INSERT INTO ${table} AS e (id, owner, added, expires_at)
    VALUES ($1, $2, date_trunc('minute', clock_timestamp()), clock_timestamp() + $3 * interval '1 millisecond')
    ON CONFLICT (id) DO UPDATE SET owner = excluded.owner, added = excluded.added, expires_at = excluded.expires_at
    WHERE e.expires_at <= clock_timestamp() OR e.owner = excluded.owner`,
  isDone: `SELECT 1 FROM ${table} WHERE id = $1 AND owner IS NULL AND expires_at > clock_timestamp()`,
  complete: `UPDATE ${table} SET owner = NULL, expires_at = clock_timestamp() + $3 * interval '1 millisecond'
    WHERE id = $1 AND owner = $2 AND expires_at > clock_timestamp()`,
  release: `DELETE FROM ${table} WHERE id = $1 AND owner = $2 AND expires_at > clock_timestamp()`,
  forget: `DELETE FROM ${table} WHERE id = $1 AND expires_at > clock_timestamp()`,
  // Oldest first, and none that was added too late to have expired: the index finds them, by now() alone, since
  // clock_timestamp() is volatile. One process at a time; locked rows are left to the next round.
  purge: `DELETE FROM ${table} WHERE id = ANY (ARRAY(
    SELECT id FROM ${table} WHERE (SELECT pg_try_advisory_xact_lock(546271039, hashtext('${table}')))
    AND added <= now() - $1 * interval '1 millisecond' AND expires_at <= now()
    ORDER BY added LIMIT ${batchSize} FOR UPDATE SKIP LOCKED))`,
})

/** Runs one statement, and resolves to the number of rows it changed. */
type Run = (text: string, values: unknown[]) => Promise<number>

const mostRetries = 5

/**
 * Each statement is one transaction, whatever isolation the session has: once Postgres has refused one for that, they
 * name their own. With `prepare` Postgres plans each once per connection; a pooler that mixes connections causes an
 * error at once, after which it is turned off. After `limitMs()` without an answer a connection counts as silent.
 */
function runner(pool: PoolLike, prepare: boolean, limitMs: () => number): Run {
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

// A statement that is not there, or there already: another session than the one that it was made in.
const isLostStatement = (error: unknown): boolean => hasState(error, '26000', '42P05')

const names = new Map<string, string>()

function nameOf(text: string): string {
  const name = names.get(text) ?? `smile-id-${createHash('sha1').update(text).digest('hex')}`
  names.set(text, name)
  return name
}
