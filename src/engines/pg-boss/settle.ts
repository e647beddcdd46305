import { repeatUntil, withTimeout } from '../../lib/promises.ts'
import { type JobFacts, type PgBossJob, type PgBossLike } from './like.ts'

/** How a job ended: done, or to be tried again; `output` is what pg-boss stores. */
export interface JobEnd {
  done: boolean
  output: object
}

/** A connection that was cut off silently answers never. */
const replyMs = 10_000

/**
 * Makes the function that notes down how a job ended, again and again until its time with this worker is over: a job
 * that is done but not noted down runs again. It never rejects. Jobs that end alike in one turn of the event loop share
 * a statement.
 */
export function settler(boss: PgBossLike, queue: string, onError: (error: unknown) => void) {
  const open = new Map<string, { ids: string[]; noted: Promise<unknown> }>()
  const note = (id: string, { done, output }: JobEnd): Promise<unknown> => {
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
  const isStillOurs = async (job: PgBossJob): Promise<boolean> => {
    const { state, retryCount } = ((await boss.getJobById(queue, job.id)) ?? {}) as JobFacts
    return state === 'active' && retryCount === job.retryCount
  }
  return async (job: PgBossJob, end: JobEnd, untilMs: number): Promise<void> => {
    let isFirst = true
    await repeatUntil(untilMs, async () => {
      const noted = await withTimeout(async () => {
        // Only the reply may have been lost, and the job be another worker's by now.
        if (isFirst || (await isStillOurs(job))) await note(job.id, end)
      }, replyMs)
      isFirst = false
      if ('value' in noted) return true
      onError(noted.error)
      return false
    })
  }
}
