import { SmileIdConfigError } from '../../errors.ts'
import { parseJson } from '../../lib/json.ts'
import { sender } from '../redis/client.ts'
import { type BullmqJobLike, type BullmqQueueLike, clientOf, jobsOf } from './like.ts'

/** So many that stay, one after the other, show that the rest is younger: each job has an age of its own. */
const mostKept = 20

/**
 * Removes failed jobs that are older than their `removeOnFail.age` says. BullMQ does that only when another job fails:
 * in a quiet queue the payload would stay for ever. Resolves to how many.
 */
export async function pruneFailed(queue: BullmqQueueLike): Promise<number> {
  const old: BullmqJobLike[] = []
  let kept = 0
  for await (const job of jobsOf(queue, 'failed', true)) {
    if (isOver(job)) old.push(Object.assign(job, { data: undefined }))
    else if ((kept += 1) >= mostKept) break
  }
  for (const job of old) await job.remove()
  return old.length
}

function isOver({ finishedOn, opts }: BullmqJobLike): boolean {
  const { age } = ((opts as { removeOnFail?: unknown } | undefined)?.removeOnFail ?? {}) as { age?: unknown }
  return typeof age === 'number' && typeof finishedOn === 'number' && finishedOn + age * 1000 < Date.now()
}

/**
 * Requires a queue created with `skipMetasUpdate`: any other Queue creates itself. @throws SmileIdConfigError for a
 * queue that does not exist: it looks like an empty one
 */
export async function checkQueue(queue: BullmqQueueLike, name: string, prefix = 'bull'): Promise<void> {
  const { command } = sender(await clientOf(queue))
  if ((await command('EXISTS', `${prefix}:${name}:meta`)) !== 0) return
  const names: string[] = []
  for (let cursor = '0'; ;) {
    const [next, keys] = (await command('SCAN', cursor, 'MATCH', `${prefix}:*:meta`, 'COUNT', '1000')) as [
      string,
      string[],
    ]
    names.push(...keys.map((key) => `"${key.slice(prefix.length + 1, -':meta'.length)}"`))
    cursor = next
    if (cursor === '0') break
  }
  throw new SmileIdConfigError(
    'inbox_invalid',
    `There is no BullMQ queue "${name}" with the prefix "${prefix}"${names.length === 0 ? '.' : `; there is ${names.sort().join(', ')}.`}`,
  )
}

/**
 * Ids of events since `position` that a foreign worker completed, and so without a handler. BullMQ keeps what a job
 * returned in the queue's stream of events, whose last id `position` gets; the job itself is gone.
 */
export async function completedElsewhere(
  queue: { toKey(type: string): string },
  client: unknown,
  position: { last: string },
): Promise<string[]> {
  const { command } = sender(client)
  const found: string[] = []
  for (;;) {
    const page = (await command('XRANGE', queue.toKey('events'), `(${position.last}`, '+', 'COUNT', '1000')) as [
      string,
      string[],
    ][]
    for (const [id, fields] of page) {
      position.last = id
      const valueOf = (name: string) => fields.find((_value, at) => at % 2 === 1 && fields[at - 1] === name)
      const jobId = valueOf('jobId') ?? ''
      if (valueOf('event') !== 'completed' || !/^[0-9a-f]{32}$/.test(jobId) || isDispatch(valueOf('returnvalue')))
        continue
      // Only an inbox of this library makes such a key for such an id.
      if ((await command('EXISTS', queue.toKey(`de:${jobId}`))) === 1) found.push(jobId)
    }
    if (page.length < 1_000) return found
  }
}

/** True if a job returned the result of `callbacks.dispatch`; a foreign worker's may have any form. */
function isDispatch(returned = ''): boolean {
  const { code, handlers } = (parseJson(returned) ?? {}) as { code?: unknown; handlers?: unknown }
  return typeof code === 'string' && typeof handlers === 'object'
}
