import { SmileIdConfigError } from '../../errors.ts'
import {
  type Check,
  checkMethods,
  checkOptions,
  type ChecksOf,
  flag,
  ms,
  nonEmptyString,
  oneOfStrings,
} from '../../lib/check.ts'
import { untilDone } from '../../lib/promises.ts'
import type { Handler, HandlerContext } from '../../types/event.ts'
import { trackConnectionErrors } from '../hear-errors.ts'
import { countOf, inOneTransaction, isClient, type LendingPoolLike, type PoolLike, retried } from './client.ts'
import { makeTable, purger, quotedName } from './table.ts'

export const defaultEffectsTable = 'smile_id_effects'

/** The ids that key an effect. */
export interface EffectKeys {
  /** The event's id, the same for all its deliveries. */
  readonly id: string
  /** The same for all events that say the same of the same job. */
  readonly verdictId: string
}

/** The client that a pool lends: pg's `PoolClient` for a pg `Pool`. */
// `connect` has two overloads in pg, and inference would use the last one alone.
export type ClientOf<Pool> = Pool extends { connect: { (): Promise<infer Client>; (callback: never): unknown } }
  ? Client
  : Pool extends { connect(): Promise<infer Client> }
    ? Client
    : never

/** Passed to a handler under `inTransaction`, besides the event. */
export interface TransactionContext<Client> extends HandlerContext {
  /**
   * Client of the transaction, valid until the handler ends. Work done through it happens once; work done elsewhere may
   * happen again.
   */
  client: Client
}

/** Options of `inTransaction`. */
export interface EffectOptions {
  /**
   * `verdict`: once for all events that say the same of the same job, by the machine or after a review. `event`: once
   * for each event. Default: `verdict`.
   */
  readonly per?: 'verdict' | 'event' | undefined
  /** The table, with its schema before a dot if it has one. Default: `smile_id_effects`. */
  readonly table?: string | undefined
  /**
   * If true, creates the table on first use if it does not exist. `false`: your migrations do, with `effectsTable()`.
   * Default: true.
   */
  readonly createTable?: boolean | undefined
  /** Retries of the transaction, and so the handler, after a serialization failure or a deadlock. Default: 3. */
  readonly retries?: number | undefined
  /**
   * How long an effect is remembered, ms: then its row is deleted, and the same verdict would have its effect again.
   * Default: for ever.
   */
  readonly keep?: number | undefined
}

const times =
  (fallback: number): Check<number> =>
  (value, name) => {
    if (value === undefined) return fallback
    if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value
    throw new SmileIdConfigError(
      'options_invalid',
      `${name} must be a whole number, 0 or more; the default is ${fallback}.`,
    )
  }

const checks = {
  per: oneOfStrings(['verdict', 'event'], 'verdict'),
  table: nonEmptyString(defaultEffectsTable, 'store_invalid'),
  createTable: flag(true),
  retries: times(3),
  keep: ms(undefined),
} satisfies ChecksOf<EffectOptions>

/**
 * A handler whose effect happens exactly once, whatever crashes wherever: the effect and a row with its `name` and the
 * verdict's id are one transaction. If the handler throws, or its signal is aborted, nothing of it stays and the
 * delivery
 * comes again; let it throw where it found nothing to change. A second event of the same verdict waits for the first,
 * and
 * does nothing if that has committed. For `callbacks.on`, in the receiver or in a worker.
 * @example
 * import { inTransaction } from 'express-smile-id/postgres'
 *
 * callbacks.on('approved', inTransaction(pool, 'open-account', async (event, { client }) => {
 *   const activate = "UPDATE accounts SET state = 'active' WHERE id = $1"
 *   const { rowCount } = await client.query(activate, [event.partnerParams.account_id])
 *   if (rowCount === 0) throw new Error('no such account')
 * }))
 * @throws SmileIdConfigError if it gets something other than a Pool, an empty name, or options that cannot work
 */
export function inTransaction<Pool extends LendingPoolLike, Event extends EffectKeys>(
  pool: Pool,
  name: string,
  handler: (event: Event, context: TransactionContext<ClientOf<Pool>>) => unknown,
  options?: EffectOptions,
): Handler<Event> {
  const { per, table, createTable, retries, keep } = checkOptions(options, checks)
  checkMethods(pool, ['connect', 'query'], 'store_invalid', 'inTransaction takes a Pool of the package pg')
  if (isClient(pool))
    throw new SmileIdConfigError(
      'store_invalid',
      'inTransaction takes a Pool of the package pg, not a Client: each effect needs a connection of its own.',
    )
  if (typeof name !== 'string' || name === '' || name.length > 255)
    throw new SmileIdConfigError('options_invalid', 'The name of an effect must be a string of 1 to 255 characters.')
  if (typeof handler !== 'function') throw new SmileIdConfigError('handler_invalid', 'The handler must be a function.')
  trackConnectionErrors(pool, "effects' Pool", [emitted])
  const quoted = quotedName(table)
  const ready = createTable ? untilDone(() => makeTable(pool, table, effectsTable(table))) : () => Promise.resolve()
  const prune = purger(() => pruneBatch(pool, quoted, keep ?? Infinity), Math.min(keep ?? Infinity, 60_000))
  const insert = `INSERT INTO ${quoted} (name, per, id) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`

  return async (event, { signal }) => {
    const id: unknown = per === 'event' ? event.id : event.verdictId
    if (typeof id !== 'string' || id === '')
      throw new TypeError(`The event has no ${per === 'event' ? 'id' : 'verdictId'}.`)
    await ready()
    await retried(retries, () =>
      inOneTransaction(
        pool,
        transaction,
        async (client) => {
          // Waits for a row that is not committed yet.
          if (countOf(await client.query(insert, [name, per, id])) === 1)
            await handler(event, { client: client as ClientOf<Pool>, signal })
        },
        signal,
      ),
    )
    if (keep !== undefined) prune()
  }
}

const said = new Set<string>()

/** An effect has no receiver to log to. */
const emitted = {
  warn(_topic: string, message: string) {
    if (!said.has(message)) process.emitWarning(message, 'SmileIdWarning')
    said.add(message)
  },
}

// The savepoint cannot be released if the handler caught a failed statement, or ended the transaction: COMMIT alone
// would succeed without having committed anything.
const transaction = { begin: 'BEGIN; SAVEPOINT smile_id_effect', commit: 'RELEASE SAVEPOINT smile_id_effect; COMMIT' }

const batchSize = 1_000

async function pruneBatch(pool: PoolLike, table: string, keepMs: number): Promise<boolean> {
  const old = `SELECT ctid FROM ${table} WHERE happened_at < now() - $1 * interval '1 millisecond' LIMIT ${batchSize} FOR UPDATE SKIP LOCKED`
  return countOf(await pool.query(`DELETE FROM ${table} WHERE ctid = ANY (ARRAY(${old}))`, [keepMs])) === batchSize
}

/**
 * Returns the SQL that creates the table of `inTransaction`, for your own migrations: one row for each effect that has
 * happened. Running it again changes nothing. Default table: `smile_id_effects`.
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
