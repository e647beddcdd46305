import { Redis } from 'ioredis'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { databaseUrl, deleteKeys, postgresAnswers, redisAnswers, redisUrl, runId } from '../support/services.ts'
import { Fleet } from './fleet.ts'
import { credential, facts, say, sendAll, shuffled } from './sender.ts'

const events = Number(process.env['CRASH_EVENTS'] ?? 300)
// Smile ID's minutes between tries and the lease of 45 s, both compressed: the lease ends before the next try.
const times = { handlerTimeout: 1_500, storeTimeout: 600, lease: 2_800 }
const retryAfter = [3_200, 4_000, 6_000]

// Redis's store and pg-boss are killed in trouble.test.ts; test/simulation searches what is not left to chance.
const table = `${runId}."effects_bullmq"`

const services = (await redisAnswers()) && (await postgresAnswers())

describe.skipIf(!services)(`processes killed while ${events} events are delivered`, () => {
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 2 })
  beforeAll(async () => {
    await pool.query(
      `CREATE SCHEMA ${runId}; CREATE TABLE ${table} (event_id text NOT NULL, pid int NOT NULL, n serial)`,
    )
  })
  afterAll(async () => {
    await pool.query(`DROP SCHEMA ${runId} CASCADE`)
    await pool.end()
    const redis = new Redis(redisUrl)
    await deleteKeys(redis, runId)
    await redis.quit()
  })

  it('BullMQ inbox', async () => {
    const fleet = new Fleet(3, { mode: 'bullmq', runId, redisUrl, databaseUrl, credential, ...times })
    await fleet.start()
    const killing = fleet.killAtRandom(200, 1_200)
    const count = async () =>
      Number((await pool.query<{ n: string }>(`SELECT count(DISTINCT event_id) AS n FROM ${table}`)).rows[0]?.n)
    try {
      const sent = await sendAll({
        ports: () => fleet.ports,
        payloads: shuffled(facts(events), events * 0.4),
        retryAfter,
        timeout: 3_500,
        concurrency: 10,
        pause: 120,
        async calm() {
          await vi.waitFor(() => expect(fleet.killed.size).toBeGreaterThan(3), { timeout: 60_000 })
          killing.stop()
        },
      })
      // What an inbox took may still be waiting for the locks of the dead to end.
      await expect.poll(count, { timeout: 60_000, interval: 250 }).toBe(events)
      const { rows } = await pool.query<{ event_id: string; pids: number[] }>(
        `SELECT event_id, array_agg(pid ORDER BY n) AS pids FROM ${table} GROUP BY event_id HAVING count(*) > 1`,
      )
      const repeats = rows.reduce((sum, { pids }) => sum + pids.length - 1, 0)
      const unexplained = rows.filter(
        ({ event_id, pids }) => !fleet.late.has(event_id) && pids.slice(0, -1).some((pid) => !fleet.killed.has(pid)),
      )
      say(
        `BullMQ inbox: ${events} events in ${sent.attempts} deliveries (${JSON.stringify(sent.answers)}), ${fleet.killed.size} kills, 0 missing, ${sent.dropped} dropped, ${repeats} repeats, ${unexplained.length} of them without a crash, ${fleet.late.size} out of time`,
      )
      expect(unexplained).toEqual([])
    } finally {
      killing.stop()
      await fleet.stop()
    }
  })
})
