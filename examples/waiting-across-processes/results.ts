// A job's verdict, told to every process through Redis. Only the outcome travels: no identity data.
import { Redis, type RedisOptions } from 'ioredis'
import type { ResultEvent } from 'express-smile-id'
import { redisUrl } from '../shared/settings.js'

export const connect = (options: RedisOptions = {}) => new Redis(redisUrl, { socketTimeout: 3_000, ...options })

const keyOf = (jobId: string) => `kyc:verdict:${jobId}`
const anHour = 3600

export interface Verdict {
  jobId: string
  outcome: ResultEvent['outcome']
  eventId: string
}

/** For the handler of the receiving process: kept for who asks later, told to who waits now. */
export async function tellVerdict(redis: Redis, { jobId, outcome, id }: ResultEvent): Promise<void> {
  const verdict = JSON.stringify({ jobId, outcome, eventId: id } satisfies Verdict)
  await redis.multi().set(keyOf(jobId), verdict, 'EX', anHour).publish(keyOf(jobId), verdict).exec()
}

/** For any process: resolves to the verdict, whether it is there already or comes within `timeout` ms. */
export async function waitForVerdict(redis: Redis, jobId: string, { timeout }: { timeout: number }): Promise<Verdict> {
  // A connection that subscribes can do nothing else.
  const subscriber = redis.duplicate()
  let timer: NodeJS.Timeout | undefined
  try {
    const told = new Promise<string>((resolve, reject) => {
      subscriber.on('message', (_channel: string, verdict: string) => resolve(verdict))
      subscriber.on('error', reject)
      timer = setTimeout(() => reject(new DOMException(`No verdict within ${timeout} ms`, 'TimeoutError')), timeout)
    })
    told.catch(() => undefined)
    // First listen, then look: a verdict in between is not missed.
    await subscriber.subscribe(keyOf(jobId))
    return JSON.parse((await redis.get(keyOf(jobId))) ?? (await told)) as Verdict
  } finally {
    clearTimeout(timer)
    subscriber.disconnect()
  }
}
