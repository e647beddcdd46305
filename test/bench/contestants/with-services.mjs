// What a receiver of several processes uses: the store in Redis, and the work in a BullMQ queue.
import { bullmqInbox } from '../../../dist/bullmq.js'
import { redisStore } from '../../../dist/redis.js'

export const redisUrl = process.env.REDIS_URL ?? 'redis://127.0.0.1:6379'

/** The keys and the queue of one run, whose name the parent gives. */
export const runName = () => `smile-id-bench-${process.env.BENCH_RUN}`

/** The options that keep what has been seen in Redis. Two servers of one run must not see each other's events: `apart`. */
export async function inRedis(apart = 'store') {
  const { Redis } = await import('ioredis')
  return { store: redisStore(new Redis(redisUrl), { prefix: `${runName()}:${apart}:` }) }
}

/** … and hand events to a queue instead of the handlers. */
export async function inRedisAndQueue() {
  const { Queue } = await import('bullmq')
  const { Redis } = await import('ioredis')
  const queue = new Queue(runName(), { connection: new Redis(redisUrl, { maxRetriesPerRequest: null }) })
  return { ...(await inRedis('inbox')), inbox: bullmqInbox(queue, { dedupe: 60_000 }) }
}
