import { sender } from '../once/redis-client.ts'
import { durabilityWarnings, redisDurability } from '../once/redis-durability.ts'
import type { BullmqQueueLike } from './bullmq-like.ts'
import type { InboxUser } from './inbox.ts'

/** Asks the queue's Redis once, after the first event, whether it keeps what it is told. Fails quietly: not every Redis says. */
export function durability(queue: BullmqQueueLike, warn: InboxUser['warn']): () => void {
  let asked = false
  return () => {
    if (asked) return
    asked = true
    void check(queue, warn).catch(() => undefined)
  }
}

async function check(queue: BullmqQueueLike, warn: InboxUser['warn']): Promise<void> {
  // BullMQ 5 has the client on the queue, 6 on its backend; both as a promise.
  const { command } = sender(await (queue.client ?? queue.getBackend?.().client))
  for (const { topic, message } of durabilityWarnings(await redisDurability(command), 'events that were answered 200 are lost')) warn(`inbox_${topic}`, message)
}
