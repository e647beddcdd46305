import { SmileIdConfigError } from '../../errors.ts'
import { withTimeout } from '../../lib/promises.ts'
import { shownError } from '../../lib/words.ts'
import { countOf, onConnection, type PoolLike } from './client.ts'

/** Quotes a table's name for SQL: letters, digits and _, with a schema before a dot if there is one. */
export function quotedName(table: string): string {
  if (typeof table !== 'string' || !/^[A-Za-z_]\w{0,62}(\.[A-Za-z_]\w{0,62})?$/.test(table)) {
    throw new SmileIdConfigError(
      'store_invalid',
      'table must be a name of letters, digits and _, with its schema before a dot if it has one.',
    )
  }
  return table
    .split('.')
    .map((part) => `"${part}"`)
    .join('.')
}

export const defaultTable = 'smile_id_events'

/**
 * Returns the SQL that creates the store's table and its index, for your own migrations. Running it again changes
 * nothing. Default table: `smile_id_events`.
 * @example
 * import { postgresStoreTable } from 'express-smile-id/postgres'
 *
 * await pool.query(postgresStoreTable('kyc.smile_id_events'))   // in a migration
 * @throws SmileIdConfigError `store_invalid` for a name with other characters than letters, digits and _
 */
export function postgresStoreTable(table: string = defaultTable): string {
  const name = quotedName(table)
  const index = `"${(table.split('.').at(-1) ?? table).slice(0, 50)}_added"`
  // No index on columns that `complete` changes: 995 of 1 000 updates then write no index entry even at a fillfactor of
  // 100, which takes half the space of 60.
  return `CREATE TABLE IF NOT EXISTS ${name} (
  id text PRIMARY KEY,
  owner text,
  added timestamptz NOT NULL,
  expires_at timestamptz NOT NULL
);
CREATE INDEX IF NOT EXISTS ${index} ON ${name} (added);`
}

/** How long it may take before its connection counts as silent, ms. */
const makeMs = 5_000

const hasColumn = 'SELECT 1 FROM pg_attribute WHERE attrelid = to_regclass($1) AND attname = $2 AND NOT attisdropped'

/**
 * Creates a table on first use, or brings it up to date, however many processes start at once. `newest` is the column
 * that was added last.
 */
export async function makeTable(pool: PoolLike, table: string, sql: string, newest: string): Promise<void> {
  // A role that may not create tables can still use one that a migration created.
  const make = () =>
    onConnection(pool, makeMs, async (on) => {
      if (countOf(await on.query(hasColumn, [quotedName(table), newest])) > 0) return
      // IF NOT EXISTS alone fails when two processes start at once. Several statements in one string are one
      // transaction. A table in use is changed between two transactions, or with the next event.
      await on.query(`SELECT pg_advisory_xact_lock(5462710398); SET LOCAL lock_timeout = '3s'; ${sql}`)
    })
  // All calls share one try: one that never ends would be the last.
  const boxed = await withTimeout(make, 2 * makeMs)
  if ('value' in boxed) return
  throw boxed.failed === 'error' ? boxed.error : new Error('Postgres did not answer in time.')
}

/**
 * Deletes old rows in the background, at most once in `everyMs` ms, in batches: after a full batch the next follows at
 * once, so that it keeps up with any rate. One run at a time. Failures are left to the next run, and told to
 * `onFailure`.
 * @param deleteBatch resolves to true if there may be more
 */
export function purger(
  deleteBatch: () => Promise<boolean>,
  everyMs: number,
  onFailure: (error: unknown) => void,
): () => void {
  let next = performance.now() + everyMs
  let isBusy = false
  const purge = async () => {
    isBusy = true
    try {
      while (await deleteBatch());
    } catch (error) {
      onFailure(error)
    } finally {
      next = performance.now() + everyMs
      isBusy = false
    }
  }
  return () => {
    if (!isBusy && performance.now() >= next) void purge()
  }
}

/** A line for the log where old rows could not be deleted. */
export const purgeWarning = (table: string, error: unknown): string =>
  `Old rows of ${table} could not be deleted: ${shownError(error)}. The table grows until they are; its role needs GRANT SELECT, UPDATE, DELETE ON ${table}.`
