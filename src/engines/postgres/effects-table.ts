import { checkKey, checkOptions, type ChecksOf, nonEmptyString } from '../../lib/check.ts'
import { rank } from '../../events/merge-job.ts'
import { parseJson, isRecord } from '../../lib/json.ts'
import type { DeliveryInfo } from '../../types/delivery.ts'
import type { ResultInfo } from '../../types/event.ts'
import type { Outcome } from '../../types/names.ts'
import { countOf, type PoolLike } from './client.ts'
import { batchSize, indexName, quotedName } from './table.ts'

export const defaultEffectsTable = 'smile_id_effects'

/**
 * The SQL that makes the table of `inTransaction`, or brings it up to date, for your own migrations: one row for each
 * effect that has happened, and one for each job, with what was said of it. Running it again changes nothing. Default
 * table: `smile_id_effects`.
 * @example
 * import { effectsTable } from 'express-smile-id/postgres'
 *
 * await pool.query(effectsTable('kyc.smile_id_effects'))   // in a migration
 * @throws SmileIdConfigError `store_invalid` for a name with other characters than letters, digits and _
 */
export function effectsTable(table: string = defaultEffectsTable): string {
  const name = quotedName(table)
  return `CREATE TABLE IF NOT EXISTS ${name} (
  name text NOT NULL,
  per text NOT NULL,
  id text NOT NULL,
  happened_at timestamptz NOT NULL DEFAULT now(),
  recipient text,
  event_id text,
  said text,
  PRIMARY KEY (name, per, id)
);
ALTER TABLE ${name} ADD COLUMN IF NOT EXISTS recipient text, ADD COLUMN IF NOT EXISTS event_id text, ADD COLUMN IF NOT EXISTS said text;
CREATE INDEX IF NOT EXISTS ${indexName(table, 'happened_at')} ON ${name} USING brin (happened_at);`
}

export const newestColumn = 'said'

/**
 * The statements. A job's row has no name; its writer has the job until its transaction ends. An old version's
 * effect has no recipient. `txid_current` is the same as long as the transaction is: a key must not outlive the effect.
 */
export const effectStatements = (table: string, lockTimeoutMs: number) => ({
  /** @param job hex digits */
  take: (job: string) => `SELECT current_setting('lock_timeout') AS lock_timeout;
    SET LOCAL lock_timeout = ${lockTimeoutMs};
    INSERT INTO ${table} (name, per, id) VALUES ('', 'job', '${job}')
    ON CONFLICT (name, per, id) DO UPDATE SET happened_at = now() RETURNING said, txid_current()::text AS xid`,
  find: `SELECT set_config('lock_timeout', $4, true), e.id, e.recipient, e.event_id FROM (SELECT 1) AS one
    LEFT JOIN ${table} AS e ON e.name = $1 AND e.per = $2 AND e.id = $3`,
  write: `WITH effect AS (
      INSERT INTO ${table} (name, per, id, recipient, event_id)
      SELECT $1::text, $2::text, $3::text, $4::text, $5::text WHERE txid_current()::text = $6
      ON CONFLICT (name, per, id) DO UPDATE
      SET recipient = excluded.recipient, event_id = excluded.event_id, happened_at = now() WHERE $7::boolean
      RETURNING 1)
    UPDATE ${table} SET said = $8 WHERE name = '' AND per = 'job' AND id = $9 AND EXISTS (SELECT FROM effect)`,
  isOurs: 'SELECT 1 WHERE txid_current()::text = $1',
  say: `UPDATE ${table} SET said = $1 WHERE name = '' AND per = 'job' AND id = $2`,
  jobsOf: `SELECT id, said FROM ${table} WHERE name = '' AND per = 'job' AND position($1 IN said) > 0`,
  forget: `DELETE FROM ${table} WHERE per <> 'job' AND (id = $1 OR event_id = $1)`,
  prune: `DELETE FROM ${table} WHERE ctid = ANY (ARRAY(SELECT ctid FROM ${table}
    WHERE happened_at < now() - $1 * interval '1 millisecond' LIMIT ${batchSize} FOR UPDATE SKIP LOCKED))`,
})

/** The facts of an event that key an effect. Without the optional ones there is no order and no conflict. */
export interface EffectKeys {
  /** The event's id: one for all its deliveries. */
  readonly id: string
  /** One for all events that say the same of the same job. */
  readonly verdictId: string
  /** For whom it is. */
  readonly recipientId?: string
  /** The job. */
  readonly jobId?: string
  /** Set for a `result`. */
  readonly outcome?: Outcome
  /** Set for a `result`. */
  readonly final?: boolean
  /** Its code says whether a person gave the verdict. */
  readonly result?: Pick<ResultInfo, 'code'>
  /** When it was signed, and whose job it is. */
  readonly delivery?: Pick<DeliveryInfo, 'signedAt' | 'credential'>
}

/** A stored statement of an event about its job. */
export interface Word {
  eventId: string
  verdictId: string
  environment?: string
  outcome: Outcome
  final: boolean
  /** See `mergeJob`. */
  rank: number
  /** The time in the signature, epoch ms: of an event that came more than once, that of the first time. */
  at: number
}

const version = 1
const mostWords = 50

/** The oldest first. @throws Error for what a newer version wrote */
export function readWords(said: unknown): Word[] {
  if (typeof said !== 'string') return []
  const kept = parseJson(said)
  if (isRecord(kept) && kept['version'] === version && Array.isArray(kept['words'])) return kept['words'] as Word[]
  throw new Error('A newer version of express-smile-id wrote what was said of this job.')
}

export function withWord(words: readonly Word[], word: Word): string {
  const all = words.filter(({ eventId }) => eventId !== word.eventId)
  all.push(word)
  all.sort((a, b) => a.at - b.at || (a.eventId < b.eventId ? -1 : 1))
  return saidOf(all.slice(-mostWords))
}

const saidOf = (words: readonly Word[]): string => JSON.stringify({ version, words })

/** Undefined for what says nothing of the job's outcome. */
export function wordOf({ id, verdictId, outcome, final, result, delivery }: EffectKeys): Word | undefined {
  if (outcome === undefined || final === undefined || delivery === undefined) return undefined
  const { credential, signedAt } = delivery
  return {
    eventId: id,
    verdictId,
    ...(credential.environment !== undefined && { environment: credential.environment }),
    outcome,
    final,
    rank: rank({ final, outcome, ...(result?.code !== undefined && { code: result.code }) }),
    at: signedAt.getTime(),
  }
}

/**
 * True if a verdict returns after another one had replaced it, as after human review: then its effect, which `eventId`
 * had, happens again. A late or repeated delivery is no news.
 */
export function isReturn(eventId: string | null, word: Word | undefined, words: readonly Word[]): boolean {
  if (!word?.final || eventId === null || eventId === word.eventId) return false
  const { at } = words.find((one) => one.eventId === word.eventId) ?? word
  let standing: Word | undefined
  for (const one of words)
    if (one.final && one.eventId !== word.eventId && (!standing || one.rank >= standing.rank)) standing = one
  return (
    standing !== undefined && standing.verdictId !== word.verdictId && word.rank >= standing.rank && at > standing.at
  )
}

/** Where the effects are. */
export interface ForgetEffectsOptions {
  /** The table, with its schema before a dot if it has one. Default: `smile_id_effects`. */
  readonly table?: string | undefined
}

const checks = { table: nonEmptyString(defaultEffectsTable, 'store_invalid') } satisfies ChecksOf<ForgetEffectsOptions>

/**
 * Forgets the effects that an event had, or those of a verdict, and what it said of its job: the next delivery of the
 * verdict has its effect again. What the effect did stays, so undo that first. Resolves to the number of effects. It
 * reads every job's row.
 * @example
 * import { forgetEffects } from 'express-smile-id/postgres'
 *
 * const forged = '0123456789abcdef0123456789abcdef'   // the earlier event that the line of a conflict names
 * await forgetEffects(pool, forged)
 * @throws SmileIdConfigError `store_invalid` for a table name with other characters than letters, digits and _
 */
export async function forgetEffects(pool: PoolLike, id: string, options?: ForgetEffectsOptions): Promise<number> {
  const { table } = checkOptions(options, checks)
  checkKey('id', id)
  const sql = effectStatements(quotedName(table), 0)
  const { rows } = await pool.query(sql.jobsOf, [id])
  for (const row of rows as { id: string; said: string }[]) {
    const words = readWords(row.said).filter(({ eventId, verdictId }) => eventId !== id && verdictId !== id)
    await pool.query(sql.say, [saidOf(words), row.id])
  }
  return countOf(await pool.query(sql.forget, [id]))
}
