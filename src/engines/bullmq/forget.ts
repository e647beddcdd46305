import type { JobType } from 'bullmq'
import type { Removed } from '../../inbox/inbox.ts'
import { hexId, storedId } from '../../inbox/message.ts'
import { type BullmqQueueLike, jobsOf, notBegun } from './like.ts'

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
