import { Redis } from 'ioredis'
import { afterAll, describe, expect, it } from 'vitest'
import { databaseUrl, deleteKeys, redisAnswers, redisUrl, runId } from '../support/services.ts'
import { Fleet } from './fleet.ts'
import { credential, facts, say, sendAll } from './sender.ts'

describe.skipIf(!(await redisAnswers()))('two processes, one Redis', () => {
  const redis = new Redis(redisUrl, { lazyConnect: true })
  afterAll(async () => {
    await deleteKeys(redis, runId)
    await redis.quit()
  })

  it('300 events, each delivered three times at once, run each handler once per event', async () => {
    const fleet = new Fleet(2, {
      mode: 'two',
      runId,
      redisUrl,
      databaseUrl,
      credential,
      handlerTimeout: 20_000,
      storeTimeout: 5_000,
      lease: 31_000,
    })
    await fleet.start()
    try {
      const sent = await sendAll({
        ports: () => fleet.ports,
        payloads: facts(300).flatMap((fact) => [fact, fact, fact]),
        retryAfter: [500, 1_000, 2_000],
        timeout: 30_000,
        concurrency: 40,
      })
      const runs = Object.values(await redis.hgetall(`${runId}:two:runs`)).map(Number)
      const pids = await redis.hgetall(`${runId}:two:pids`)
      say(
        `two processes: ${sent.attempts} deliveries (${JSON.stringify(sent.answers)}), ${runs.length} events, at most ${Math.max(...runs)} runs of each, by process ${JSON.stringify(Object.values(pids))}`,
      )
      expect(sent.dropped).toBe(0)
      expect(runs).toHaveLength(300)
      expect(runs.every((count) => count === 1)).toBe(true)
      expect(Object.keys(pids)).toHaveLength(2)
      // That they met.
      expect(sent.answers['503']).toBeGreaterThan(0)
    } finally {
      await fleet.stop()
    }
  })
})
