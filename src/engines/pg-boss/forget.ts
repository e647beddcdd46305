import type { Removed } from '../../inbox/inbox.ts'
import { storedId } from '../../inbox/message.ts'
import type { PgBossLike } from './like.ts'
import { sqlOf } from './sql.ts'

/** A job may hold megabytes. */
const pageSize = 20
const firstId = '00000000-0000-0000-0000-000000000000'

interface Row {
  id: string
  state: string
  data: unknown
}

/** Drops the jobs that `isIt` picks from a queue, its dead-letter queue, and the archive of pg-boss 10. */
export async function forgetAll(
  boss: PgBossLike,
  queue: string,
  deadLetter: string,
  isIt: (stored: unknown) => Promise<boolean>,
): Promise<Removed> {
  const { schema, ask } = sqlOf(boss)
  const removed: Removed = { waiting: [], dead: [], kept: [], underWay: [] }
  const has = await ask<{ archive: boolean }>('SELECT to_regclass($1) IS NOT NULL AS archive', [`${schema}.archive`])
  for (const table of ['job', ...(has[0]?.archive ? ['archive'] : [])])
    for (const name of [queue, deadLetter])
      for (let last = firstId, isMore = true; isMore;) {
        const page = await ask<Row>(
          `SELECT id, state, data FROM ${schema}.${table} WHERE name = $1 AND id > $2 ORDER BY id LIMIT ${pageSize}`,
          [name, last],
        )
        isMore = page.length === pageSize
        for (const { id, state, data } of page) {
          last = id
          if (!(await isIt(data))) continue
          const gone = await ask(
            `DELETE FROM ${schema}.${table} WHERE name = $1 AND id = $2 AND state <> 'active' RETURNING id`,
            [name, id],
          )
          const isBegun = !['created', 'retry'].includes(state)
          const kind = gone.length === 0 ? 'underWay' : isBegun || table === 'archive' ? 'kept' : 'waiting'
          removed[kind === 'waiting' && name === deadLetter ? 'dead' : kind].push(storedId(data) ?? id)
        }
      }
  return removed
}
