import { SmileIdConfigError, type SmileIdConfigErrorCode } from '../../errors.ts'
import { type PgBossLike, schemaOf } from './like.ts'

/** pg-boss's own tables. */
export interface BossSql {
  /** Quoted. */
  readonly schema: string
  /** @throws SmileIdConfigError for a PgBoss that is not started, and for a schema without pg-boss */
  readonly ask: <T>(text: string, values?: unknown[]) => Promise<T[]>
}

const quoted = (name: string): string => `"${name.replace(/"/g, '""')}"`

/** `schema`: default that of `boss`. */
export function sqlOf(boss: PgBossLike, schema?: string, code: SmileIdConfigErrorCode = 'inbox_invalid'): BossSql {
  const raw = async <T>(text: string, values: unknown[] = []): Promise<T[]> => {
    // Before the start pg-boss 10 and 11 answer undefined, and 12 throws an assertion.
    const answer = await boss
      .getDb?.()
      .executeSql(text, values)
      .catch((error: unknown) => {
        if (codeIn(error) !== 'ERR_ASSERTION') throw error
      })
    if (!answer) throw new SmileIdConfigError(code, 'The PgBoss is not started: await boss.start() first.')
    return answer.rows as T[]
  }
  const db = boss.getDb?.()
  const name = schema ?? (db ? schemaOf(db) : 'pgboss')
  return {
    schema: quoted(name),
    ask: async (text, values) => {
      try {
        return await raw(text, values)
      } catch (error) {
        if (!['42P01', '3F000'].includes(codeIn(error))) throw error
        const found = await raw<{ name: string }>(
          "SELECT table_schema AS name FROM information_schema.tables WHERE table_name IN ('queue', 'job') GROUP BY 1 HAVING count(*) = 2 ORDER BY 1",
        )
        throw new SmileIdConfigError(code, `There is no pg-boss in the schema ${quoted(name)}${listed(found)}`)
      }
    },
  }
}

/** @throws SmileIdConfigError for a PgBoss that is not started: its own words differ by version and method */
export async function checkStarted(boss: PgBossLike, code: SmileIdConfigErrorCode): Promise<void> {
  await sqlOf(boss, undefined, code).ask('SELECT 1')
}

const codeIn = (error: unknown): string => String((error as { code?: unknown } | null | undefined)?.code)

const listed = (found: readonly { name: string }[]): string =>
  found.length === 0 ? '.' : `; there is in ${found.map(({ name }) => quoted(name)).join(', ')}.`

/** @throws SmileIdConfigError for a queue that does not exist: it looks like an empty one */
export async function checkQueues({ schema, ask }: BossSql, names: readonly string[]): Promise<void> {
  const found = await ask<{ name: string }>(
    `SELECT name FROM ${schema}.queue WHERE name NOT LIKE '\\_\\_%' ORDER BY name`,
  )
  const lacking = names.find((name) => !found.some((one) => one.name === name))
  if (lacking !== undefined)
    throw new SmileIdConfigError(
      'inbox_invalid',
      `There is no pg-boss queue ${quoted(lacking)}${found.length === 0 ? '.' : `; there is ${found.map(({ name }) => quoted(name)).join(', ')}.`}`,
    )
}
