import type { JobType } from 'bullmq'
import type { Removed } from '../../inbox/inbox.ts'
import { hexId, storedId } from '../../inbox/message.ts'
import { type BullmqJobLike, type BullmqQueueLike, notBegun } from './like.ts'

/** A job may hold megabytes. */
const pageSize = 20

/**
 * Drops the jobs that `isIt` picks. Pages begin with the newest, which stay in place while workers take the oldest, and
 * each state comes before the one that its jobs go to.
 */
export async function forgetAll(queue: BullmqQueueLike, isIt: (stored: unknown) => Promise<boolean>): Promise<Removed> {
  const removed: Removed = { waiting: [], dead: [], kept: [], underWay: [] }
  for (const type of [...notBegun, 'active', 'completed', 'failed'] satisfies JobType[]) {
    const found = new Map<string, string>()
    for (let start = 0, isMore = true; isMore; start += pageSize) {
      const page = (await queue.getJobs(type, start, start + pageSize - 1, false)) as (BullmqJobLike | undefined)[]
      isMore = page.length > 0
      // A job may go between the list and its data.
      for (const job of page) if (job && (await isIt(job.data))) found.set(job.id ?? '', storedId(job.data) ?? '')
    }
    for (const [job, event] of found) {
      const isGone = Number(await queue.remove(job)) === 1
      if (isGone) await queue.removeDeduplicationKey(hexId(event))
      removed[!isGone ? 'underWay' : type === 'failed' ? 'dead' : type === 'completed' ? 'kept' : 'waiting'].push(event)
    }
  }
  return removed
}
