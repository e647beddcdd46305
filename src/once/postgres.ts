import { defaultTable, postgresStoreTable, quotedName } from './postgres-table.ts'
import type { OnceStore } from './store.ts'
import { checkMethods, flag, ms, text } from '../lib/check.ts'
import { checkOptions, type ChecksOf } from '../lib/check-options.ts'
import { untilDone } from '../lib/until-done.ts'

export { postgresStoreTable }

/** What is used of a pg `Pool`. */
export interface PoolLike {
  query(text: string, values?: unknown[]): Promise<{ rows: unknown[]; rowCount: number | null }>
}

/** Where `postgresStore` keeps its rows, and for how long after they expire. */
export interface PostgresStoreOptions {
  /** The table, with its schema before a dot if it has one. Default: `smile_id_events`. */
  readonly table?: string | undefined
  /** Makes the table at first use if it is not there. `false`: your migrations do, with `postgresStoreTable()`. Default: true. */
  readonly createTable?: boolean | undefined
  /** How often, ms at least, rows that have expired are deleted, 1 000 at a time. Default: 60 s. */
  readonly purgeEvery?: number | undefined
}

const checks = {
  table: text(defaultTable, 'store_invalid'),
  createTable: flag(true),
  purgeEvery: ms(60_000),
} satisfies ChecksOf<PostgresStoreOptions>

/**
 * A store in Postgres, for any number of processes: one row per event, by the database's clock.
 * Takes a pg `Pool`, which stays yours to end.
 * @throws SmileIdConfigError `store_invalid` for what is no pool, or a table name with other characters than letters, digits and _,
 * and for other options that cannot work
 */
export function postgresStore(pool: PoolLike, options?: PostgresStoreOptions): OnceStore {
  const { table, createTable, purgeEvery } = checkOptions(options, checks)
  checkMethods(pool, ['query'], 'store_invalid', 'postgresStore takes a Pool of the package pg')
  const sql = statements(quotedName(table))
  const ready = createTable ? untilDone(() => makeTable(pool, table)) : () => Promise.resolve()
  const purge = throttled(() => pool.query(sql.purge), purgeEvery)
  const changes = async (text: string, ...values: unknown[]): Promise<boolean> => {
    await ready()
    return ((await pool.query(text, values)).rowCount ?? 0) > 0
  }
  return {
    async reserve(id, { owner, leaseMs }) {
      if (await changes(sql.reserve, id, owner, leaseMs)) return 'reserved'
      // Released in between, it has no row any more: then the next delivery gets it.
      return (await changes(sql.isDone, id)) ? 'done' : 'in_progress'
    },
    async complete(id, { owner, ttlMs }) {
      const isCompleted = await changes(sql.complete, id, owner, ttlMs)
      purge()
      return isCompleted
    },
    release: (id, { owner }) => changes(sql.release, id, owner),
    forget: (id) => changes(sql.forget, id),
  }
}

// A row with an owner is a claim, one without is done. clock_timestamp: now() stands still inside a transaction.
const statements = (table: string) => ({
  reserve: `INSERT INTO ${table} AS e (id, owner, expires_at) VALUES ($1, $2, clock_timestamp() + $3 * interval '1 millisecond')
    ON CONFLICT (id) DO UPDATE SET owner = excluded.owner, expires_at = excluded.expires_at WHERE e.expires_at <= clock_timestamp()`,
  isDone: `SELECT 1 FROM ${table} WHERE id = $1 AND owner IS NULL AND expires_at > clock_timestamp()`,
  complete: `UPDATE ${table} SET owner = NULL, expires_at = clock_timestamp() + $3 * interval '1 millisecond'
    WHERE id = $1 AND owner = $2 AND expires_at > clock_timestamp()`,
  release: `DELETE FROM ${table} WHERE id = $1 AND owner = $2 AND expires_at > clock_timestamp()`,
  forget: `DELETE FROM ${table} WHERE id = $1 AND expires_at > clock_timestamp()`,
  // Rows that somebody else holds are left to the next round: nobody waits for the clean-up.
  purge: `DELETE FROM ${table} WHERE id IN
    (SELECT id FROM ${table} WHERE expires_at <= clock_timestamp() ORDER BY expires_at LIMIT 1000 FOR UPDATE SKIP LOCKED)`,
})

async function makeTable(pool: PoolLike, table: string): Promise<void> {
  // A role that may not create anything can still use a table that a migration made.
  const { rows } = await pool.query('SELECT to_regclass($1) IS NOT NULL AS exists', [quotedName(table)])
  if ((rows[0] as { exists?: boolean } | undefined)?.exists) return
  // IF NOT EXISTS alone fails when two processes start at once. One text of several statements is one transaction.
  await pool.query(`SELECT pg_advisory_xact_lock(5462710398); ${postgresStoreTable(table)}`)
}

function throttled(act: () => Promise<unknown>, everyMs: number): () => void {
  let next = performance.now() + everyMs
  return () => {
    if (performance.now() < next) return
    next = performance.now() + everyMs
    void act().catch(() => undefined)
  }
}
