import { setTimeout as wait } from 'node:timers/promises'
import { withTimeout } from '../lib/with-timeout.ts'
import { reportTrouble, type JobFacts, type PgBossJob, type PgBossLike } from './pg-boss-like.ts'

const firstPauseMs = 100
const longestPauseMs = 5_000
/** A connection that was cut off silently answers never. */
const replyMs = 10_000

/**
 * Notes down how a job ended, again and again until its time with this worker is over: a job that is done but not
 * noted down runs again. Never rejects.
 */
export async function settle(boss: PgBossLike, queue: string, job: PgBossJob, end: { done: boolean; output: object }, untilMs: number): Promise<void> {
  const note = () => (end.done ? boss.complete(queue, job.id, end.output) : boss.fail(queue, job.id, end.output))
  for (let pauseMs = firstPauseMs, isFirst = true; ; isFirst = false) {
    const boxed = await withTimeout(async () => {
      // Only the reply may have been lost, and the job be another worker's by now.
      if (isFirst || (await isStillOurs(boss, queue, job))) await note()
    }, replyMs)
    if ('value' in boxed) return
    reportTrouble(boss, boxed.failed === 'error' ? boxed.error : new Error('pg-boss did not answer in time.'))
    if (performance.now() + pauseMs >= untilMs) return
    await wait(pauseMs)
    pauseMs = Math.min(2 * pauseMs, longestPauseMs)
  }
}

async function isStillOurs(boss: PgBossLike, queue: string, job: PgBossJob): Promise<boolean> {
  const { state, retryCount } = ((await boss.getJobById(queue, job.id)) ?? {}) as JobFacts
  return state === 'active' && retryCount === job.retryCount
}
