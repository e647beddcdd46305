import { SmileIdConfigError } from '../errors.ts'

/** A table's name for SQL text: letters, digits and _, with a schema before a dot if wanted. */
export function quotedName(table: string): string {
  if (typeof table !== 'string' || !/^[A-Za-z_]\w{0,62}(\.[A-Za-z_]\w{0,62})?$/.test(table)) {
    throw new SmileIdConfigError('store_invalid', 'table must be a name of letters, digits and _, with its schema before a dot if it has one.')
  }
  return table.split('.').map((part) => `"${part}"`).join('.')
}

export const defaultTable = 'smile_id_events'

/**
 * The SQL that makes the store's table and its one index, for your own migrations. Running it again changes nothing.
 * Default table: `smile_id_events`.
 * @throws SmileIdConfigError `store_invalid` for a name with other characters than letters, digits and _
 */
export function postgresStoreTable(table: string = defaultTable): string {
  const name = quotedName(table)
  const index = `"${(table.split('.').at(-1) ?? table).slice(0, 50)}_expires_at"`
  return `CREATE TABLE IF NOT EXISTS ${name} (
  id text PRIMARY KEY,
  owner text,
  expires_at timestamptz NOT NULL
);
CREATE INDEX IF NOT EXISTS ${index} ON ${name} (expires_at);`
}
