import { demand } from '../../lib/check.ts'
import { untilDone, withTimeout } from '../../lib/promises.ts'
import { shownError } from '../../lib/words.ts'
import { countOf, onConnection, type PoolLike } from './client.ts'

/** Quotes a table's name for SQL: letters, digits and _, with a schema before a dot if there is one. */
export function quotedName(table: string): string {
  demand(
    typeof table === 'string' && /^[A-Za-z_]\w{0,62}(\.[A-Za-z_]\w{0,62})?$/.test(table),
    'store_invalid',
    'table must be a name of letters, digits and _, with its schema before a dot if it has one.',
  )
  return `"${table.replace('.', '"."')}"`
}

/** The quoted name of an index of a table. */
export const indexName = (table: string, column: string): string =>
  `"${(table.split('.').at(-1) ?? table).slice(0, 50)}_${column}"`

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
  // No index on columns that `complete` changes: 995 of 1 000 updates then write no index entry even at a fillfactor of
  // 100, which takes half the space of 60.
  return `CREATE TABLE IF NOT EXISTS ${name} (
  id text PRIMARY KEY,
  owner text,
  added timestamptz NOT NULL,
  expires_at timestamptz NOT NULL
);
CREATE INDEX IF NOT EXISTS ${indexName(table, 'added')} ON ${name} (added);`
}

/** How long it may take before its connection counts as silent, ms. */
const makeMs = 5_000

const hasColumn = 'SELECT 1 FROM pg_attribute WHERE attrelid = to_regclass($1) AND attname = $2 AND NOT attisdropped'

/**
 * Returns a function that creates a table on first use, or brings it up to date, however many processes start at once,
 * if `isWanted`. `newest` is the column that was added last.
 */
export function tableMaker(
  pool: PoolLike,
  isWanted: boolean,
  table: string,
  sql: string,
  newest: string,
): () => Promise<void> {
  if (!isWanted) return () => Promise.resolve()
  // A role that may not create tables can still use one that a migration created.
  const make = () =>
    onConnection(pool, makeMs, async (on) => {
      if (countOf(await on.query(hasColumn, [quotedName(table), newest])) > 0) return
      // IF NOT EXISTS alone fails when two processes start at once. Several statements in one string are one
      // transaction. A table in use is changed between two transactions, or with the next event.
      await on.query(`SELECT pg_advisory_xact_lock(5462710398); SET LOCAL lock_timeout = '3s'; ${sql}`)
    })
  // All calls share one try: one that never ends would be the last.
  return untilDone(async () => {
    const boxed = await withTimeout(make, 2 * makeMs)
    if ('value' in boxed) return
    throw boxed.failed === 'error' ? boxed.error : new Error('Postgres did not answer in time.')
  })
}

/** Old rows that one statement deletes. */
export const batchSize = 1_000

/**
 * Deletes old rows in the background, at most once in `everyMs` ms, in batches: after a full batch the next follows at
 * once, so that it keeps up with any rate. One run at a time. Failures are left to the next run, and `warn` gets a line
 * for the log.
 * @param deleteBatch resolves to the number of rows
 */
export function purger(
  table: string,
  deleteBatch: () => Promise<number>,
  everyMs: number,
  warn: (message: string) => void,
): () => void {
  let next = performance.now() + everyMs
  let isBusy = false
  const purge = async () => {
    isBusy = true
    try {
      while ((await deleteBatch()) === batchSize);
    } catch (error) {
      warn(
        `Old rows of ${table} could not be deleted: ${shownError(error)}. The table grows until they are; its role needs GRANT SELECT, UPDATE, DELETE ON ${table}.`,
      )
    } finally {
      next = performance.now() + everyMs
      isBusy = false
    }
  }
  return () => {
    if (!isBusy && performance.now() >= next) void purge()
  }
}
