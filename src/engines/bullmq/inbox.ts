import { checkMethods, checkOptions, type ChecksOf, engineOptions, ms } from '../../lib/check.ts'
import { durabilityCheck } from '../redis/client.ts'
import { silenceWatch } from '../redis/silence.ts'
import { deadLetters } from './dead.ts'
import { type BullmqJobOptions, type BullmqQueueLike, backlogOf, checkConnection, clientOf, forgetAll } from './like.ts'
import { type Inbox, type InboxAnswer, inboxChecks, type InboxUser, type PendingOptions } from '../../inbox/inbox.ts'
import { encode, hexId, jobName, type SerializeOption } from '../../inbox/message.ts'

export { deadLetters } from './dead.ts'
export type { BullmqJobOptions, BullmqQueueLike } from './like.ts'
export * from './worker.ts'
export type { ServerHealth, WorkerHealth } from '../../inbox/health.ts'
export type { WorkerCallbacks } from '../../inbox/worker.ts'
export type { DeadLetter, DeadLetterListOptions, DeadLetters } from '../../inbox/dead-letters.ts'

/** Options of `bullmqInbox`. */
export interface BullmqInboxOptions extends SerializeOption, PendingOptions {
  /**
   * BullMQ's options of each job. Default: 12 attempts, exponential backoff from 5 s (the last after about 3 h),
   * removed from Redis when done, kept for 30 days when every attempt failed.
   */
  readonly job?: BullmqJobOptions | undefined
  /** How long the same event is not added again, ms; only its id is kept for that. Default: 24 h. */
  readonly dedupe?: number | undefined
  /** Time limit for Redis to store an event, ms; then the delivery is answered 503. Default: 10 s. */
  readonly timeout?: number | undefined
  /** If true, another delivery of a dead event retries it. Default: false. */
  readonly redriveDead?: boolean | undefined
}

const checks = {
  ...inboxChecks,
  job: engineOptions<BullmqJobOptions>(['jobId', 'deduplication']),
  dedupe: ms(86_400_000),
} satisfies ChecksOf<BullmqInboxOptions>

const jobDefaults = {
  attempts: 12,
  backoff: { type: 'exponential', delay: 5_000 },
  removeOnComplete: true,
  removeOnFail: { age: 30 * 86_400 },
} satisfies BullmqJobOptions

/**
 * Stores events in a BullMQ queue (Redis; BullMQ 5 or 6), for a `bullmqWorker`. The event id is the job id.
 * @example
 * import { smileIdCallbacks } from 'express-smile-id'
 * import { bullmqInbox } from 'express-smile-id/bullmq'
 *
 * const callbacks = smileIdCallbacks({ credentials, inbox: bullmqInbox(queue) })
 * @throws SmileIdConfigError `inbox_invalid` if it gets something other than a Queue, or options that cannot work
 */
export function bullmqInbox(queue: BullmqQueueLike, options?: BullmqInboxOptions): Inbox {
  const { serialize, job, dedupe, redriveDead, ...limits } = checkOptions(options, checks)
  checkMethods(
    queue,
    ['add', 'remove', 'removeDeduplicationKey', 'getJobState'],
    'inbox_invalid',
    'bullmqInbox takes a Queue of the package bullmq',
  )
  const users = new Set<InboxUser>()
  const client = () => clientOf(queue)
  const checkOnce = durabilityCheck(client, 'events that were answered 200 are lost', (topic, message) => {
    for (const user of users) user.warn(`inbox_${topic}`, message)
  })
  const watched = silenceWatch(client)
  const answerOf = async (id: string): Promise<InboxAnswer | undefined> => {
    const state = await queue.getJobState(hexId(id))
    if (state === 'failed') return redriveDead && (await deadLetters(queue).redrive(id)) > 0 ? 'redriven' : 'dead'
    if (state !== 'unknown') return 'known'
    return (await queue.getDeduplicationJobId?.(hexId(id))) ? 'known' : undefined
  }
  const store: Inbox['add'] = async (message, context) => {
    const known = await answerOf(message.id)
    if (known !== undefined) return known
    const id = hexId(message.id)
    const data = await encode(message, { serialize })
    // If Redis is down, only the small lookup above is queued by the client, not the payload.
    context?.signal.throwIfAborted()
    await queue.add(jobName(message), data, { ...jobDefaults, ...job, jobId: id, deduplication: { id, ttl: dedupe } })
    checkOnce()
    return 'stored'
  }
  return {
    ...limits,
    attach(user) {
      users.add(user)
      checkConnection(queue, user)
    },
    add: (message, context) => watched(store(message, context)),
    revisit: (id) => watched(answerOf(id)),
    forgetAll: (isIt) => forgetAll(queue, isIt),
    backlog: () => watched(backlogOf(queue)),
    async forget(id) {
      await queue.removeDeduplicationKey(hexId(id))
      await queue.remove(hexId(id))
    },
  }
}
