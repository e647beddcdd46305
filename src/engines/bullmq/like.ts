import type { JobsOptions, JobType } from 'bullmq'
import { checkTimeouts } from '../redis/silence.ts'
import type { Backlog, InboxUser, Removed } from '../../inbox/inbox.ts'
import { hexId, storedId } from '../../inbox/message.ts'

/** BullMQ's options of each job, without those that make an event run once. */
export type BullmqJobOptions = Omit<JobsOptions, 'jobId' | 'deduplication'>

/** The members of a BullMQ `Job` that are used. */
export interface BullmqJobLike {
  id?: string | undefined
  data: unknown
  failedReason?: string | undefined
  finishedOn?: number | null | undefined
  attemptsMade: number
  opts?: object
  retry(state?: 'failed', options?: { resetAttemptsMade?: boolean; resetAttemptsStarted?: boolean }): Promise<void>
  remove(): Promise<void>
}

/** The members of a BullMQ `Queue`, version 5 or 6, that are used. */
export interface BullmqQueueLike {
  add(name: string, data: unknown, options: JobsOptions): Promise<unknown>
  remove(jobId: string): Promise<unknown>
  removeDeduplicationKey(id: string): Promise<unknown>
  getDeduplicationJobId?(id: string): Promise<string | null>
  getJobState(jobId: string): Promise<string>
  getJob(jobId: string): Promise<object | undefined>
  getJobs(types: JobType | JobType[], start: number, end: number, ascending: boolean): Promise<object[]>
  getJobCounts?(...types: JobType[]): Promise<Record<string, number>>
  getFailedCount(): Promise<number>
  /** BullMQ 5: a promise of its ioredis client. */
  readonly client?: unknown
  readonly opts?: { readonly connection?: unknown; readonly prefix?: string | undefined }
  readonly name?: string
  /** BullMQ 6: the backend that holds that client. */
  getBackend?(): object
}

/** BullMQ 5 keeps what waits in a paused queue apart: it gives the jobs with `waiting`, and counts them as `paused`. */
const notBegun = ['delayed', 'prioritized', 'waiting'] satisfies JobType[]

/** A job may hold megabytes. */
const pageSize = 20

/** The jobs in a state, a page at a time. Begun with the newest, they stay in place while workers take the oldest. */
export async function* jobsOf(
  queue: Pick<BullmqQueueLike, 'getJobs'>,
  type: JobType,
  isOldestFirst: boolean,
): AsyncGenerator<BullmqJobLike> {
  for (let start = 0; ; start += pageSize) {
    const page = await queue.getJobs(type, start, start + pageSize - 1, isOldestFirst)
    // A job may go between the list and its data.
    for (const job of page as (BullmqJobLike | undefined)[]) if (job) yield job
    if (page.length < pageSize) return
  }
}

/** Counts what waits in a queue, and its dead letters; undefined for a queue that does not count. */
export async function backlogOf(queue: BullmqQueueLike): Promise<Backlog | undefined> {
  const counts = await queue.getJobCounts?.(...notBegun, 'failed')
  if (!counts) return undefined
  const { failed: dead = 0, ...waiting } = counts
  // The oldest of each state: one that is tried again may have waited longest.
  const firsts = await Promise.all(notBegun.map((state) => queue.getJobs(state, 0, 0, true)))
  const times = firsts.flat().map((job) => (job as { timestamp?: number }).timestamp ?? Date.now())
  return {
    waiting: Object.values(waiting).reduce((sum, count) => sum + count, 0),
    oldestMs: Math.max(0, ...times.map((time) => Date.now() - time)),
    dead,
  }
}

/** BullMQ 5 has the client on the queue, 6 on its backend; both as a promise. */
export const clientOf = (queue: { readonly client?: unknown; getBackend?(): object }): unknown =>
  queue.client ?? (queue.getBackend?.() as { client?: unknown } | undefined)?.client

/** Says what can be seen of a queue's connection before it is used. */
export function checkConnection({ opts, name }: BullmqQueueLike, user: InboxUser): void {
  const connection = opts?.connection as { isCluster?: unknown } | undefined
  if (connection === undefined) return
  checkTimeouts(connection, "queue's Redis client", (message) => user.warn('inbox_redis_no_timeout', message))
  if (connection.isCluster === true && !/\{[^{}]+\}/.test(`${opts?.prefix ?? ''}${name ?? ''}`))
    user.warn(
      'inbox_redis_cluster',
      "The queue's Redis is a cluster, and its keys lie on different nodes: each event would fail with CROSSSLOT. Give queue and worker a prefix in braces, prefix: '{smile-id}'.",
    )
}

/** Drops the jobs that `isIt` picks. Each state comes before the one that its jobs go to. */
export async function forgetAll(queue: BullmqQueueLike, isIt: (stored: unknown) => Promise<boolean>): Promise<Removed> {
  const removed: Removed = { waiting: [], dead: [], kept: [], underWay: [] }
  for (const type of [...notBegun, 'active', 'completed', 'failed'] satisfies JobType[]) {
    const found = new Map<string, string>()
    for await (const { id = '', data } of jobsOf(queue, type, false))
      if (await isIt(data)) found.set(id, storedId(data) ?? '')
    for (const [job, event] of found) {
      const isGone = Number(await queue.remove(job)) === 1
      if (isGone) await queue.removeDeduplicationKey(hexId(event))
      removed[!isGone ? 'underWay' : type === 'failed' ? 'dead' : type === 'completed' ? 'kept' : 'waiting'].push(event)
    }
  }
  return removed
}
