// With the store in Redis and the work in BullMQ. Needs a Redis at REDIS_URL, else 127.0.0.1:6379.
import { Queue } from 'bullmq'
import { Redis } from 'ioredis'
import { redisUrl, runName } from '../contestants/with-services.mjs'
import { interleaved } from '../http/rounds.mjs'
import { cpuCell, loadNote, rpsCell } from './http.mjs'

const title = 'With Redis and BullMQ'
const body = 'v1 2 kB'
const queued = 'Redis store, BullMQ inbox'
const forms = { 'memory store, handlers before the answer': 'app', 'Redis store, handlers before the answer': 'redis', [queued]: 'redis and bullmq' }

export async function services(settings, say) {
  process.env.BENCH_RUN = `${process.pid}-${Date.now()}`
  const redis = new Redis(redisUrl, { lazyConnect: true, retryStrategy: () => null, maxRetriesPerRequest: null })
  redis.on('error', () => undefined)
  try {
    await redis.connect()
  } catch {
    return { title, notes: [`**Not measured: no Redis at ${new URL(redisUrl).host}.**`], tables: [], targets: [] }
  }
  try {
    say('services')
    const runs = Object.entries(forms).map(([label, form]) => ({ label, name: 'express-smile-id', form, isHandled: form !== 'redis and bullmq', env: { BENCH_RUN: process.env.BENCH_RUN } }))
    const results = await interleaved(runs, body, { ...settings, connections: 32 })
    await checkQueue(redis, results.get(queued))
    return {
      title,
      notes: [`${body}, 32 connections, ioredis; the Redis runs on the same machine and shares its cores. No worker empties the queue meanwhile. ${loadNote([...results.values()].flat())}`],
      tables: [{ title: 'Per delivery', columns: ['requests per second', "µs of the server's CPU"], rows: [...results].map(([label, rounds]) => [label, rpsCell(rounds), cpuCell(rounds)]) }],
      targets: [],
    }
  } finally {
    await cleanUp(redis)
  }
}

/** Nobody's handler runs here, so the queue has to hold an event for every request. */
async function checkQueue(redis, rounds) {
  const queue = new Queue(runName(), { connection: redis })
  const waiting = await queue.getWaitingCount()
  const requests = rounds.reduce((sum, round) => sum + round.requests, 0)
  if (waiting < requests) throw new Error(`The queue holds ${waiting} events of ${requests} requests.`)
}

/** Takes back this run's own keys, and nothing else. */
async function cleanUp(redis) {
  const queue = new Queue(runName(), { connection: redis })
  await queue.obliterate({ force: true })
  for (const pattern of [`${runName()}:*`, `bull:${runName()}:*`]) {
    for await (const keys of redis.scanStream({ match: pattern, count: 1_000 })) if (keys.length > 0) await redis.unlink(keys)
  }
  await queue.close()
  await redis.quit()
}
