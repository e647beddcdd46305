// A job's verdict, told to every process through Redis. Only the outcome travels: no identity data.
import { Redis } from 'ioredis'

const url = process.env.REDIS_URL ?? 'redis://127.0.0.1:6379'
export const connect = (options) => new Redis(url, options)

const keyOf = (jobId) => `kyc:verdict:${jobId}`
const anHour = 3600

/** For the handler of the receiving process: kept for who asks later, told to who waits now. */
export async function tellVerdict(redis, { jobId, outcome, id }) {
  const verdict = JSON.stringify({ jobId, outcome, eventId: id })
  await redis.multi().set(keyOf(jobId), verdict, 'EX', anHour).publish(keyOf(jobId), verdict).exec()
}

/** For any process: resolves to the verdict, whether it is there already or comes within `timeout` ms. */
export async function waitForVerdict(redis, jobId, { timeout }) {
  // A connection that subscribes can do nothing else.
  const subscriber = redis.duplicate()
  let timer
  try {
    const told = new Promise((resolve, reject) => {
      subscriber.on('message', (_channel, verdict) => resolve(verdict))
      subscriber.on('error', reject)
      timer = setTimeout(() => reject(new DOMException(`No verdict within ${timeout} ms`, 'TimeoutError')), timeout)
    })
    told.catch(() => undefined)
    // First listen, then look: a verdict in between is not missed.
    await subscriber.subscribe(keyOf(jobId))
    return JSON.parse((await redis.get(keyOf(jobId))) ?? (await told))
  } finally {
    clearTimeout(timer)
    subscriber.disconnect()
  }
}
