import { repeatUntil, withTimeout } from '../../lib/promises.ts'
import { leaveMs } from '../../inbox/worker.ts'
import { type JobFacts, type PgBossJob, type PgBossLike, emitError } from './like.ts'
import { sqlOf } from './sql.ts'

/** How a job ended: done, or to be tried again. */
export interface JobEnd {
  done: boolean
  /** The output that pg-boss stores. */
  output: object
}

/** Tells pg-boss how a job ended. */
export type Note = (id: string, end: JobEnd) => Promise<unknown>

/** Jobs that end alike in one turn of the event loop share a statement. */
export function noteTogether(boss: PgBossLike, queue: string): Note {
  const open = new Map<string, { ids: string[]; noted: Promise<unknown> }>()
  return (id, { done, output }) => {
    const key = JSON.stringify([done, output])
    const batch = open.get(key)
    batch?.ids.push(id)
    if (batch) return batch.noted
    const ids = [id]
    const noted = new Promise(setImmediate).then(() => {
      open.delete(key)
      return boss[done ? 'complete' : 'fail'](queue, ids, output)
    })
    open.set(key, { ids, noted })
    return noted
  }
}

/** A connection that was cut off silently answers never. */
const replyMs = 10_000

/**
 * Notes down how a job ended, again and again until its time with this worker is over: a job that is done but not
 * noted down runs again. Never rejects.
 */
export async function settle(
  boss: PgBossLike,
  queue: string,
  job: PgBossJob,
  end: JobEnd,
  untilMs: number,
  note: Note = noteTogether(boss, queue),
  onError: (error: unknown) => void = (error) => emitError(boss, error),
): Promise<void> {
  let isFirst = true
  await repeatUntil(untilMs, async () => {
    const noted = await withTimeout(async () => {
      // Only the reply may have been lost, and the job be another worker's by now.
      if (isFirst || (await isStillOurs(boss, queue, job))) await note(job.id, end)
    }, replyMs)
    isFirst = false
    if ('value' in noted) return true
    onError(noted.error)
    return false
  })
}

async function isStillOurs(boss: PgBossLike, queue: string, job: PgBossJob): Promise<boolean> {
  const { state, retryCount } = ((await boss.getJobById(queue, job.id)) ?? {}) as JobFacts
  return state === 'active' && retryCount === job.retryCount
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
