import { createHash } from 'node:crypto'
import { type PgBossLike, schemaOf } from './like.ts'

/**
 * Calls `wake` when an event is stored, where pg-boss says so (12, on a queue with `notify: true`). Resolves to how to
 * end that. Elsewhere, or behind a pooler that has no LISTEN, it does nothing, and polling is all.
 */
export async function listen(boss: PgBossLike, queue: string, wake: () => void): Promise<() => Promise<void>> {
  const db = boss.getDb?.()
  const { notify } = ((await boss.getQueue(queue)) ?? {}) as { notify?: boolean }
  if (notify !== true || !db?.listen) return () => Promise.resolve()
  // As pg-boss names it.
  const channel = `pgboss_${createHash('sha224').update(schemaOf(db)).digest('hex').slice(0, 24)}`
  const heard = (name: string) => {
    if (name === queue) wake()
  }
  const handle = await db.listen(channel, heard, wake).catch(() => undefined)
  return async () => handle?.close()
}
