import { checkKey, checkMethods } from '../../lib/check.ts'
import { type BullmqJobLike, type BullmqQueueLike, jobsOf } from './like.ts'
import { hexId, storedId } from '../../inbox/message.ts'
import {
  everyDeadLetter,
  makeDeadLetter,
  limitOf,
  type DeadLetter,
  type DeadLetters,
} from '../../inbox/dead-letters.ts'
import { codeOfText } from '../../inbox/dispatch.ts'

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
  const failed = async (limit: number): Promise<DeadLetter[]> => {
    const letters: DeadLetter[] = []
    for await (const job of jobsOf(queue, 'failed', true)) if (letters.push(deadLetterOf(job)) >= limit) break
    return letters
  }
  const ofEvent = async (eventId: string): Promise<BullmqJobLike | undefined> => {
    const id = hexId(eventId)
    return (await queue.getJobState(id)) === 'failed'
      ? ((await queue.getJob(id)) as BullmqJobLike | undefined)
      : undefined
  }
  const redriveOne = async (eventId: string): Promise<number> => {
    const job = await ofEvent(eventId)
    if (!job) return 0
    try {
      // BullMQ does this in one script: a second caller finds the job no longer failed.
      await job.retry('failed', { resetAttemptsMade: true, resetAttemptsStarted: true })
      return 1
    } catch (error) {
      if ((await queue.getJobState(hexId(eventId))) !== 'failed') return 0
      throw error
    }
  }
  return {
    async list(options) {
      return failed(limitOf(options))
    },
    async count() {
      return queue.getFailedCount()
    },
    async redrive(eventId) {
      checkKey('eventId', eventId)
      if (eventId !== everyDeadLetter) return redriveOne(eventId)
      let redriven = 0
      for (const { id } of await failed(Infinity)) redriven += await redriveOne(id)
      return redriven
    },
    async drop(eventId) {
      checkKey('eventId', eventId)
      const job = await ofEvent(eventId)
      await job?.remove()
      if (job) await queue.removeDeduplicationKey(hexId(eventId))
      return job !== undefined
    },
  }
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
