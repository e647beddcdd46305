import { SmileIdError } from '../../errors.ts'
import { checkMethods, checkOptions, type ChecksOf, nonEmptyString } from '../../lib/check.ts'
import { hearFailure, untilDone } from '../../lib/promises.ts'
import { encode, type SerializeOption, uuid } from '../../inbox/message.ts'
import { type Inbox, type InboxAnswer, inboxChecks, type InboxUser, type PendingOptions } from '../../inbox/inbox.ts'
import { deadLetters } from './dead.ts'
import { type JobFacts, type PgBossLike, watchBoss } from './like.ts'
import { createQueueCheck, deadLetterQueue, type PgBossQueueOptions, queueMaker } from './queue.ts'
import { foreignWarning, isForeign, keepUnhandled, putBack } from './retention.ts'
import { backlogOf, checkStarted, forgetAll } from './sql.ts'

export type { DeadLetter, DeadLetterListOptions, DeadLetters } from '../../inbox/dead-letters.ts'
export { deadLetters, type PgBossDeadLettersOptions } from './dead.ts'
export type { PgBossLike } from './like.ts'
export type { ServerHealth, WorkerHealth } from '../../inbox/health.ts'
export type { WorkerCallbacks } from '../../inbox/worker.ts'
export * from './worker.ts'
export type { PgBossQueueOptions }

/** Options of `pgBossInbox`. */
export interface PgBossInboxOptions extends SerializeOption, PendingOptions {
  /** The queue's name. Default: `smile-id`. */
  readonly queue?: string | undefined
  /**
   * Options of the queue if it has to be created. Default: 12 retries with backoff from 5 s, then the queue
   * `<queue>-dead`; a job whose worker crashed is free again after 15 min. `false`: you create it.
   */
  readonly createQueue?: PgBossQueueOptions | false | undefined
  /** Time limit for Postgres to store an event, ms; then the delivery is answered 503. Default: 10 s. */
  readonly timeout?: number | undefined
  /** If true, another delivery of a dead event retries it. Default: false. */
  readonly redriveDead?: boolean | undefined
}

const checks = {
  ...inboxChecks,
  queue: nonEmptyString('smile-id', 'inbox_invalid'),
  createQueue: createQueueCheck,
} satisfies ChecksOf<PgBossInboxOptions>

/**
 * Stores events in a pg-boss queue (Postgres; pg-boss 10, 11 or 12), for a `pgBossWorker`. The event id, written as a
 * UUID, is the job id.
 * @example
 * import { smileIdCallbacks } from 'express-smile-id'
 * import { pgBossInbox } from 'express-smile-id/pg-boss'
 *
 * const callbacks = smileIdCallbacks({ credentials, inbox: pgBossInbox(boss) })
 * @throws SmileIdConfigError `inbox_invalid` if it gets something other than a PgBoss, or options that cannot work
 */
export function pgBossInbox(boss: PgBossLike, options?: PgBossInboxOptions): Inbox {
  const { queue, createQueue, serialize, redriveDead, ...limits } = checkOptions(options, checks)
  checkMethods(
    boss,
    ['send', 'getJobById', 'deleteJob', 'getQueue', 'createQueue'],
    'inbox_invalid',
    'pgBossInbox takes a started PgBoss of the package pg-boss',
  )
  const deadLetter = deadLetterQueue(queue, createQueue)
  const users = new Set<InboxUser>()
  const warn: InboxUser['warn'] = (...said) => users.forEach((user) => user.warn(...said))
  const makeQueue = queueMaker(boss, queue, createQueue, (message) => warn('pg-boss queue', message))
  const ready = untilDone(async () => {
    await checkStarted(boss, 'inbox_invalid')
    await makeQueue()
  })
  const keepOld = keepUnhandled(boss, queue, (message) => warn('pg-boss retention', message))
  const answerOf = async (id: string): Promise<InboxAnswer | undefined> => {
    const job: JobFacts | null = await boss.getJobById(queue, uuid(id), { includeArchive: true })
    if (job === null) return undefined
    if (job.state === 'completed' && isForeign(job.output) && (await putBack(boss, queue, uuid(id))) > 0) {
      warn('pg-boss foreign worker', foreignWarning(queue))
      return 'redriven'
    }
    if (job.state !== 'failed') return 'known'
    return redriveDead && (await deadLetters(boss, { queue, deadLetter }).redrive(id)) > 0 ? 'redriven' : 'dead'
  }
  return {
    ...limits,
    attach(user) {
      users.add(user)
      watchBoss(boss, warn)
    },
    async add(message, context) {
      await ready()
      const data = await encode(message, { serialize })
      context?.signal.throwIfAborted()
      const stored = await boss.send(queue, data, { id: uuid(message.id) })
      if (stored !== null) {
        hearFailure(keepOld())
        return 'stored'
      }
      // pg-boss answers null for a job that exists, and for a queue that does not.
      const answer = await answerOf(message.id)
      if (answer === undefined) throw new SmileIdError(`pg-boss did not store the event; is there a queue "${queue}"?`)
      return answer
    },
    async revisit(id) {
      await ready()
      return answerOf(id)
    },
    forget: (id) => boss.deleteJob(queue, uuid(id)),
    async forgetAll(isIt) {
      await ready()
      return forgetAll(boss, queue, deadLetter, isIt)
    },
    backlog: () => backlogOf(boss, queue, deadLetter),
  }
}
