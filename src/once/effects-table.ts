import { quotedName } from './postgres-table.ts'

export const defaultEffectsTable = 'smile_id_effects'

/**
 * The SQL that makes the table of `inTransaction`, for your own migrations: one row for each effect that has happened.
 * Running it again changes nothing. Default table: `smile_id_effects`.
 * @example
 * import { effectsTable } from 'express-smile-id/postgres'
 *
 * await pool.query(effectsTable('kyc.smile_id_effects'))   // in a migration
 * @throws SmileIdConfigError `options_invalid` for a name with other characters than letters, digits and _
 */
export function effectsTable(table: string = defaultEffectsTable): string {
  const name = quotedName(table)
  const index = `"${(table.split('.').at(-1) ?? table).slice(0, 50)}_happened_at"`
  return `CREATE TABLE IF NOT EXISTS ${name} (
  name text NOT NULL,
  per text NOT NULL,
  id text NOT NULL,
  happened_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (name, per, id)
);
CREATE INDEX IF NOT EXISTS ${index} ON ${name} USING brin (happened_at);`
}
