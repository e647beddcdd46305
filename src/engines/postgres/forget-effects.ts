import { checkKey, checkOptions, type ChecksOf, nonEmptyString } from '../../lib/check.ts'
import { countOf, type PoolLike } from './client.ts'
import { defaultEffectsTable, effectStatements, readWords, saidOf } from './effects-table.ts'
import { quotedName } from './table.ts'

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
