import {
  type Check,
  checkMethods,
  checkOptions,
  type ChecksOf,
  count,
  demand,
  flag,
  ms,
  nonEmptyString,
  oneOfStrings,
} from '../../lib/check.ts'
import { forgetKey } from '../../events/run-handlers.ts'
import { Turns } from '../../lib/limits.ts'
import { perKey } from '../../lib/values.ts'
import type { Handler, HandlerContext } from '../../types/event.ts'
import { trackConnectionErrors } from '../hear-errors.ts'
import { countOf, inOneTransaction, isClient, type LendingPoolLike, retried } from './client.ts'
import { type EarlierResult, type Effect, happen, jobOf, named } from './effect.ts'
import {
  defaultEffectsTable,
  type EffectKeys,
  effectStatements,
  effectsTable,
  forgetEffects,
  newestColumn,
} from './effects-table.ts'
import { purger, quotedName, tableMaker } from './table.ts'

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
  /** Earlier results of the job, oldest first: at most 50, by all effects of the table. */
  earlier: readonly EarlierResult[]
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
  /**
   * How long an event waits while another process has its job, ms; then the delivery is answered 503 and comes again.
   * Meanwhile it holds a connection. Default: 1 s.
   */
  readonly lockTimeout?: number | undefined
}

const times: Check<number> = (value = 3, name) => {
  demand(
    typeof value === 'number' && Number.isSafeInteger(value) && value >= 0,
    'options_invalid',
    `${name} must be a whole number, 0 or more; the default is 3.`,
  )
  return value
}

const checks = {
  per: oneOfStrings(['verdict', 'event'], 'verdict'),
  table: nonEmptyString(defaultEffectsTable, 'store_invalid'),
  createTable: flag(true),
  retries: times,
  keep: ms(undefined),
  lockTimeout: count(1_000),
} satisfies ChecksOf<EffectOptions>

/**
 * A handler whose effect happens exactly once, whatever crashes wherever: the effect and a row with its `name` and the
 * verdict's id are one transaction. If the handler throws, or its signal is aborted, nothing of it stays and the
 * delivery comes again; let it throw where it found nothing to change. Effects of one job happen one after the other. A
 * verdict that comes back after another one had taken its place has its effect again. For `callbacks.on`, in the
 * receiver or in a worker.
 *
 * The handler rejects with an `EffectError` where the same verdict had its effect for another recipient
 * (`verdict_conflict`), where it ended the transaction (`transaction_broken`), where another process had the job for
 * longer than `lockTimeout` (`job_busy`), or where the table has to be brought up to date first.
 * @example
 * import { inTransaction } from 'express-smile-id/postgres'
 *
 * callbacks.on('approved', inTransaction(pool, 'open-account', async (event, { client, earlier }) => {
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
  const { per, table, createTable, retries, keep, lockTimeout } = checkOptions(options, checks)
  checkMethods(pool, ['connect', 'query'], 'store_invalid', 'inTransaction takes a Pool of the package pg')
  demand(
    !isClient(pool),
    'store_invalid',
    'inTransaction takes a Pool of the package pg, not a Client: each effect needs a connection of its own.',
  )
  demand(
    typeof name === 'string' && name !== '' && name.length <= 255,
    'options_invalid',
    'The name of an effect must be a string of 1 to 255 characters.',
  )
  demand(typeof handler === 'function', 'handler_invalid', 'The handler must be a function.')
  trackConnectionErrors(pool, "effects' Pool", [emitted])
  const quoted = quotedName(table)
  const make = tableMaker(pool, createTable, table, effectsTable(table), newestColumn)
  const ready = () => make().catch((error: unknown) => Promise.reject(named(error, table)))
  const sql = effectStatements(quoted, lockTimeout)
  const deleteBatch = async () => countOf(await pool.query(sql.prune, [keep]))
  const prune = purger(table, deleteBatch, Math.min(keep ?? Infinity, 60_000), (message) =>
    emitted.warn('postgres_purge', message),
  )
  const turns = turnsOf(pool)

  const happenOnceFor: Handler<Event> = async (event, { signal }) => {
    const id: unknown = per === 'event' ? event.id : event.verdictId
    if (typeof id !== 'string' || id === '')
      throw new TypeError(`The event has no ${per === 'event' ? 'id' : 'verdictId'}.`)
    const act: Effect['act'] = (client, earlier) =>
      handler(event, { client: client as ClientOf<Pool>, earlier, signal })
    const effect = { name, per, id, event, job: jobOf(event), table, sql, act }
    const happenOnce = () => inOneTransaction(pool, 'BEGIN', (client) => happen(client, effect), signal)
    await ready()
    // One event of a job at a time, and the others wait without a connection: other jobs need those.
    const key = `${quoted} ${effect.job}`
    const take = () => retried(retries, happenOnce)
    await (turns.runNow(key, take) ?? turns.runNext(key, take, signal, () => signal.throwIfAborted()))
    if (keep !== undefined) prune()
  }
  const forget = async (id: string): Promise<number> => {
    await ready()
    return forgetEffects(pool, id, { table })
  }
  return Object.assign(happenOnceFor, { [forgetKey]: forget })
}

// By pool: two effects of one event must not wait for each other at the database.
const turnsOf = perKey<object, Turns>(() => new Turns())

const said = new Set<string>()

/** An effect has no receiver to log to. */
const emitted = {
  warn(_topic: string, message: string) {
    if (!said.has(message)) process.emitWarning(message, 'SmileIdWarning')
    said.add(message)
  },
}
