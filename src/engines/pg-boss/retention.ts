import type { PgBossLike } from './like.ts'
import { anew, sqlOf } from './sql.ts'

const everyMs = 300_000
const hourMs = 3_600_000

/** Selects the jobs that this library stored. */
const isOurs = "data->>'version' IS NOT NULL AND data->>'id' IS NOT NULL"

/** True if a job's output is not one that this library's workers write: another worker took it. */
export const isForeign = (output: unknown): boolean =>
  typeof (output as { code?: unknown } | null | undefined)?.code !== 'string'

/**
 * Looks after events that would be lost without a word, every 5 min at most, and tells `warn`:
 * - pg-boss drops jobs that no worker took in time (`retentionMinutes`, `retentionSeconds`; 14 or 15 days). In the last
 *   day, or the last half, of that time they go to the dead letters.
 * - A worker of another kind on the same queue completes jobs without a handler. Those of the last day are put back.
 */
export function keepUnhandled(boss: PgBossLike, queue: string, warn: (message: string) => void): () => Promise<void> {
  let nextMs = -Infinity
  let nextForeignMs = -Infinity
  return async () => {
    const now = performance.now()
    if (now < nextMs) return
    nextMs = now + everyMs
    await moveOld()
    // No index helps to find these.
    if (now < nextForeignMs) return
    nextForeignMs = now + hourMs
    const count = await putBack(boss, queue)
    if (count > 0) warn(foreignWarning(queue))
  }

  async function moveOld(): Promise<void> {
    const { schema, ask } = sqlOf(boss)
    // Without retries left, pg-boss moves what fails. A process that dies in between leaves it for the next check.
    const old = await ask<{ id: string }>(
      `UPDATE ${schema}.job SET retry_limit = retry_count WHERE name = $1 AND state < 'active' AND ${isOurs}
         AND keep_until < now() + least(interval '1 day', (keep_until - created_on) / 2) RETURNING id`,
      [queue],
    )
    if (old.length === 0) return
    const ids = old.map(({ id }) => id)
    await boss.fail(queue, ids, { error: 'DispatchError', code: 'expired' })
    warn(
      `${ids.length} event${ids.length === 1 ? '' : 's'} of the pg-boss queue ${queue} waited so long for a worker that pg-boss would have dropped them. They are dead letters now: start a worker, then npx express-smile-id dead redrive.`,
    )
  }
}

export const foreignWarning = (queue: string): string =>
  `A worker of another kind completed events of the pg-boss queue ${queue}, whose handlers never ran. They were put back, and it may take them again: give it a queue of its own.`

/** Puts events back that a foreign worker completed; all of the last day, or one. Resolves to how many. */
export async function putBack(boss: PgBossLike, queue: string, id?: string): Promise<number> {
  const { schema, ask } = sqlOf(boss)
  const back = await ask(
    `UPDATE ${schema}.job SET ${anew} WHERE name = $1 AND state = 'completed' AND ${isOurs} AND output->>'code' IS NULL
       AND ${id === undefined ? "completed_on > now() - interval '1 day'" : 'id = $2'} RETURNING id`,
    id === undefined ? [queue] : [queue, id],
  )
  return back.length
}
