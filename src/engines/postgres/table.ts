import { SmileIdConfigError } from '../../errors.ts'
import { countOf, type PoolLike } from './client.ts'

/** A table's name for SQL text: letters, digits and _, with a schema before a dot if wanted. */
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
 * The SQL that makes the store's table and its one index, for your own migrations. Running it again changes nothing.
 * Default table: `smile_id_events`.
 * @example
 * import { postgresStoreTable } from 'express-smile-id/postgres'
 *
 * await pool.query(postgresStoreTable('kyc.smile_id_events'))   // in a migration
 * @throws SmileIdConfigError `store_invalid` for a name with other characters than letters, digits and _
 */
export function postgresStoreTable(table: string = defaultTable): string {
  const name = quotedName(table)
  const index = `"${(table.split('.').at(-1) ?? table).slice(0, 50)}_added"`
  // No index on what `complete` changes: then the update writes none, 995 of 1 000 times even at a fillfactor of 100,
  // which
  // takes half the room of 60.
  return `CREATE TABLE IF NOT EXISTS ${name} (
  id text PRIMARY KEY,
  owner text,
  added timestamptz NOT NULL,
  expires_at timestamptz NOT NULL
);
CREATE INDEX IF NOT EXISTS ${index} ON ${name} (added);`
}

/** Makes a table at first use, however many processes start at once. */
export async function makeTable(pool: PoolLike, table: string, sql: string): Promise<void> {
  // A role that may not create anything can still use a table that a migration made.
  const found = await pool.query('SELECT 1 WHERE to_regclass($1) IS NOT NULL', [quotedName(table)])
  if (countOf(found) > 0) return
  // IF NOT EXISTS alone fails when two processes start at once. One text of several statements is one transaction.
  await pool.query(`SELECT pg_advisory_xact_lock(5462710398); ${sql}`)
}

/**
 * Deletes what is old, at most once in `everyMs` ms, in batches: the next follows at once while one was full, so that
 * it keeps
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
