import pg from 'pg'
import { database } from '../shared/settings.js'

/** Everything of this example is in one schema, so that it is easily dropped. */
export const schema = process.env.SCHEMA ?? 'example_accounts'

export function connect(): pg.Pool {
  const pool = new pg.Pool(database)
  // A database that restarts cuts connections; the pool makes new ones.
  pool.on('error', (error) => console.error('Postgres:', error.message))
  return pool
}

/** Your migrations. The tables of express-smile-id are made at first use. */
export const tables = `
CREATE SCHEMA IF NOT EXISTS ${schema};
CREATE TABLE IF NOT EXISTS ${schema}.accounts (
  id text PRIMARY KEY,
  state text NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'active', 'rejected', 'disputed')),
  balance integer NOT NULL DEFAULT 0
);
CREATE TABLE IF NOT EXISTS ${schema}.audit (
  event_id text NOT NULL,
  account_id text NOT NULL,
  said text NOT NULL,
  at timestamptz NOT NULL DEFAULT now()
);`
