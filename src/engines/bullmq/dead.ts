import { checkMethods } from '../../lib/check.ts'
import { type BullmqJobLike, type BullmqQueueLike, jobsOf } from './like.ts'
import { hexId, storedId } from '../../inbox/message.ts'
import { type DeadLetter, type DeadLetters, deadLettersOf, makeDeadLetter } from '../../inbox/dead-letters.ts'
import { codeOfText } from '../../inbox/attempt.ts'

/**
 * Lists and retries the dead letters of a BullMQ 5 or 6 queue: its failed set.
 * @example
 * import { deadLetters } from 'express-smile-id/bullmq'
 *
 * for (const { id, code } of await deadLetters(queue).list()) console.log(id, code)
 */
export function deadLetters(queue: BullmqQueueLike): DeadLetters {
  checkMethods(
    queue,
    ['getJobs', 'getJob', 'getFailedCount', 'getJobState', 'removeDeduplicationKey'],
    'inbox_invalid',
    'deadLetters takes a Queue of the package bullmq',
  )
  const list = async (limit: number): Promise<DeadLetter[]> => {
    const letters: DeadLetter[] = []
    for await (const job of jobsOf(queue, 'failed', true)) if (letters.push(deadLetterOf(job)) >= limit) break
    return letters
  }
  const isDead = async (id: string): Promise<boolean> => (await queue.getJobState(id)) === 'failed'
  const jobOf = async (id: string): Promise<BullmqJobLike | undefined> =>
    (await isDead(id)) ? ((await queue.getJob(id)) as BullmqJobLike | undefined) : undefined
  const redriveOne = async (eventId: string): Promise<number> => {
    const id = hexId(eventId)
    const job = await jobOf(id)
    try {
      // BullMQ does this in one script: a second caller finds the job no longer failed.
      await job?.retry('failed', { resetAttemptsMade: true, resetAttemptsStarted: true })
      return job ? 1 : 0
    } catch (error) {
      if (await isDead(id)) throw error
      return 0
    }
  }
  return deadLettersOf({
    list,
    count: () => queue.getFailedCount(),
    async redrive(eventId) {
      if (eventId !== undefined) return redriveOne(eventId)
      let redriven = 0
      for (const { id } of await list(Infinity)) redriven += await redriveOne(id)
      return redriven
    },
    async drop(eventId) {
      const id = hexId(eventId)
      const job = await jobOf(id)
      await job?.remove()
      if (job) await queue.removeDeduplicationKey(id)
      return job !== undefined
    },
  })
}

function deadLetterOf({ id = '', data, failedReason = '', finishedOn, attemptsMade }: BullmqJobLike): DeadLetter {
  const isExpired = /stalled/.test(failedReason)
  return makeDeadLetter(
    storedId(data) ?? id,
    codeOfText(failedReason) ?? (isExpired ? 'expired' : 'unknown'),
    new Date(finishedOn ?? Date.now()),
    attemptsMade,
  )
}
