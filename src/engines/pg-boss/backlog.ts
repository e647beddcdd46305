import type { Backlog } from '../../inbox/inbox.ts'
import type { PgBossLike } from './like.ts'

/** Counts what waits in a queue and in its dead-letter queue; undefined where pg-boss shows no database. */
export async function backlogOf(boss: PgBossLike, queue: string, deadLetter: string): Promise<Backlog | undefined> {
  const db = boss.getDb?.()
  if (!db) return undefined
  const schema = (db as { config?: { schema?: string } }).config?.schema ?? 'pgboss'
  const answer = await db.executeSql(
    `SELECT count(*) FILTER (WHERE name = $1)::int AS waiting, count(*) FILTER (WHERE name = $2)::int AS dead,
      coalesce(extract(epoch FROM now() - min(created_on) FILTER (WHERE name = $1)) * 1000, 0)::float8 AS "oldestMs"
    FROM "${schema.replace(/"/g, '""')}".job WHERE name IN ($1, $2) AND state < 'active'`,
    [queue, deadLetter],
  )
  const [row] = (answer?.rows ?? []) as Backlog[]
  return row && { ...row, oldestMs: Math.max(0, Math.round(row.oldestMs)) }
}
