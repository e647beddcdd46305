import { SmileIdConfigError, type SmileIdConfigErrorCode } from '../../errors.ts'
import type { Backlog, Removed } from '../../inbox/inbox.ts'
import { storedId } from '../../inbox/message.ts'
import { leaveMs } from '../../inbox/worker.ts'
import { demand } from '../../lib/check.ts'
import { hasState } from '../postgres/client.ts'
import { type PgBossJob, type PgBossLike, schemaOf } from './like.ts'

/** pg-boss's own tables: its schema, quoted, and a function that asks. */
type BossSql = ReturnType<typeof sqlOf>

/** Puts a job back as if it were new. */
export const anew = `state = 'created', started_on = NULL, completed_on = NULL, output = NULL, start_after = now(),
  keep_until = now() + (keep_until - created_on)`

const quoted = (name: string): string => `"${name.replace(/"/g, '""')}"`

/**
 * `schema`: default that of `boss`. `ask` rejects with a SmileIdConfigError for a PgBoss that is not started, and for a
 * schema without pg-boss.
 */
export function sqlOf(boss: PgBossLike, schema?: string, code: SmileIdConfigErrorCode = 'inbox_invalid') {
  const raw = async <T>(text: string, values: unknown[] = []): Promise<T[]> => {
    // Before the start pg-boss 10 and 11 answer undefined, and 12 throws an assertion.
    const notStarted = 'The PgBoss is not started: await boss.start() first.'
    const answer = await boss
      .getDb?.()
      .executeSql(text, values)
      .catch((cause: unknown) => {
        throw hasState(cause, 'ERR_ASSERTION') ? new SmileIdConfigError(code, notStarted, { cause }) : cause
      })
    demand(answer, code, notStarted)
    return answer.rows as T[]
  }
  const db = boss.getDb?.()
  const name = quoted(schema ?? (db ? schemaOf(db) : 'pgboss'))
  return {
    schema: name,
    ask: async <T>(text: string, values?: unknown[]): Promise<T[]> => {
      try {
        return await raw(text, values)
      } catch (cause) {
        if (!hasState(cause, '42P01', '3F000')) throw cause
        const found = await raw<{ name: string }>(
          "SELECT table_schema AS name FROM information_schema.tables WHERE table_name IN ('queue', 'job') GROUP BY 1 HAVING count(*) = 2 ORDER BY 1",
        )
        throw new SmileIdConfigError(code, `There is no pg-boss in the schema ${name}${listed('in ', found)}`, {
          cause,
        })
      }
    },
  }
}

/** @throws SmileIdConfigError for a PgBoss that is not started: its own words differ by version and method */
export async function checkStarted(boss: PgBossLike, code: SmileIdConfigErrorCode): Promise<void> {
  await sqlOf(boss, undefined, code).ask('SELECT 1')
}

const listed = (where: string, found: readonly { name: string }[]): string =>
  found.length === 0 ? '.' : `; there is ${where}${found.map(({ name }) => quoted(name)).join(', ')}.`

/** @throws SmileIdConfigError for a queue that does not exist: it looks like an empty one */
export async function checkQueues({ schema, ask }: BossSql, names: readonly string[]): Promise<void> {
  const found = await ask<{ name: string }>(
    `SELECT name FROM ${schema}.queue WHERE name NOT LIKE '\\_\\_%' ORDER BY name`,
  )
  const lacking = names.find((name) => !found.some((one) => one.name === name))
  if (lacking !== undefined)
    throw new SmileIdConfigError('inbox_invalid', `There is no pg-boss queue ${quoted(lacking)}${listed('', found)}`)
}

/** The tables that hold jobs. Only pg-boss 10 has an archive. */
export async function jobTables({ schema, ask }: BossSql): Promise<string[]> {
  const archive = `${schema}.archive`
  const [found] = await ask<{ exists: boolean }>('SELECT to_regclass($1) IS NOT NULL AS exists', [archive])
  return [`${schema}.job`, ...(found?.exists ? [archive] : [])]
}

/** Counts what waits in a queue and in its dead-letter queue; undefined where pg-boss shows no database. */
export async function backlogOf(boss: PgBossLike, queue: string, deadLetter: string): Promise<Backlog | undefined> {
  if (!boss.getDb?.()) return undefined
  const { schema, ask } = sqlOf(boss)
  const [row] = await ask<Backlog>(
    `SELECT count(*) FILTER (WHERE name = $1)::int AS waiting, count(*) FILTER (WHERE name = $2)::int AS dead,
      coalesce(extract(epoch FROM now() - min(created_on) FILTER (WHERE name = $1)) * 1000, 0)::float8 AS "oldestMs"
     FROM ${schema}.job WHERE name IN ($1, $2) AND state < 'active'`,
    [queue, deadLetter],
  )
  return row && { ...row, oldestMs: Math.max(0, Math.round(row.oldestMs)) }
}

/** Puts a job back as it was: pg-boss counts an attempt only where it began before. */
export async function leave(boss: PgBossLike, queue: string, { id, retryCount }: PgBossJob): Promise<void> {
  const { schema, ask } = sqlOf(boss)
  await ask(
    `UPDATE ${schema}.job SET state = 'created', started_on = NULL, start_after = now() + interval '1 ms' * $4
     WHERE name = $1 AND id = $2 AND state = 'active' AND retry_count = $3`,
    [queue, id, retryCount, leaveMs],
  )
}

/** A job may hold megabytes. */
const pageSize = 20

/** Drops the jobs that `isIt` picks from a queue, its dead-letter queue, and the archive of pg-boss 10. */
export async function forgetAll(
  boss: PgBossLike,
  queue: string,
  deadLetter: string,
  isIt: (stored: unknown) => Promise<boolean>,
): Promise<Removed> {
  const sql = sqlOf(boss)
  const removed: Removed = { waiting: [], dead: [], kept: [], underWay: [] }
  const [jobs, ...archives] = await jobTables(sql)
  for (const table of [jobs, ...archives])
    for (const name of [queue, deadLetter])
      for (let last = '00000000-0000-0000-0000-000000000000', isMore = true; isMore;) {
        const page = await sql.ask<{ id: string; state: string; data: unknown }>(
          `SELECT id, state, data FROM ${table} WHERE name = $1 AND id > $2 ORDER BY id LIMIT ${pageSize}`,
          [name, last],
        )
        isMore = page.length === pageSize
        for (const { id, state, data } of page) {
          last = id
          if (!(await isIt(data))) continue
          const gone = await sql.ask(
            `DELETE FROM ${table} WHERE name = $1 AND id = $2 AND state <> 'active' RETURNING id`,
            [name, id],
          )
          const waits = table === jobs && ['created', 'retry'].includes(state)
          const kind = gone.length === 0 ? 'underWay' : !waits ? 'kept' : name === deadLetter ? 'dead' : 'waiting'
          removed[kind].push(storedId(data) ?? id)
        }
      }
  return removed
}
