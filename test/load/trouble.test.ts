import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { cuttingProxy, type CuttingProxy } from '../support/cutting-proxy.ts'
import { hasPostgresServer, hasRedisServer, ownPostgres, ownRedis, type OwnServer } from '../support/own-servers.mjs'
import { databaseUrl, postgresAnswers, runId } from '../support/services.ts'
import { Fleet } from './fleet.ts'
import { credential, facts, say, sendAll, shuffled } from './sender.ts'

const events = Number(process.env['CRASH_EVENTS'] ?? 400)
const times = { handlerTimeout: 1_500, storeTimeout: 600, lease: 2_800 }
const retryAfter = [3_200, 4_000, 6_000, 6_000, 6_000]
/**
 * How long before a restart, or while it lasts, a handler's effect may stand that is made again, ms: its event could
 * not be marked done.
 */
const reach = 1_000

// BullMQ is killed in crash.test.ts, inTransaction in test/services/effects-killed.test.ts.
const modes = [
  { mode: 'redis', name: 'Redis store' },
  { mode: 'pgboss', name: 'Postgres store, pg-boss inbox' },
]

const [redis, postgres] =
  hasRedisServer && hasPostgresServer && (await postgresAnswers())
    ? [await ownRedis(), await ownPostgres(['default_transaction_isolation=serializable'])]
    : []
if (!redis || !postgres)
  process.stderr.write(
    '\nNOTICE: no Redis or PostgreSQL server on this machine: the crash runs with trouble are SKIPPED.\n',
  )

// The effects are kept where there is no trouble, so that they can be counted.
describe.skipIf(!redis || !postgres)(
  `processes killed, databases restarted and serializable, replies cut, while ${events} events are delivered`,
  () => {
    const pool = new pg.Pool({ connectionString: databaseUrl, max: 2 })
    const proxies: CuttingProxy[] = []
    const servers: OwnServer[] = []
    beforeAll(async () => {
      servers.push(redis!, postgres!)
      for (const { port } of servers) proxies.push(await cuttingProxy(port))
      await pool.query(`CREATE SCHEMA ${runId}`)
      for (const { mode } of modes)
        await pool.query(
          `CREATE TABLE ${runId}."effects_${mode}" (event_id text NOT NULL, pid int NOT NULL, n serial, at timestamptz DEFAULT clock_timestamp())`,
        )
      const stores = new pg.Client({ connectionString: postgres!.url })
      await stores.connect()
      await stores.query(`CREATE SCHEMA ${runId}`)
      await stores.end()
    })
    afterAll(async () => {
      await pool.query(`DROP SCHEMA ${runId} CASCADE`)
      await pool.end()
      for (const one of proxies) await one.stop()
      for (const one of servers) await one.remove()
    })

    it.each(modes)('$name', { timeout: 300_000 }, async ({ mode, name }) => {
      const table = `${runId}."effects_${mode}"`
      const [redisProxy, postgresProxy] = proxies
      const fleet = new Fleet(3, {
        mode,
        runId,
        databaseUrl,
        credential,
        ...times,
        redisUrl: `redis://127.0.0.1:${redisProxy!.port}`,
        storeUrl: `postgres://postgres@127.0.0.1:${postgresProxy!.port}/postgres`,
      })
      await fleet.start()
      const cutsBefore = proxies.reduce((sum, { cuts }) => sum + cuts, 0)
      for (const proxy of proxies) proxy.cutReplies(3)
      const killing = fleet.killAtRandom(1_000, 3_000)
      const restarts: { from: number; to: number }[] = []
      let isOver = false
      const isOverIn = async (ms: number) => {
        await sleep(ms)
        return isOver
      }
      const restarting = (async () => {
        for (let next = 4_000; !(await isOverIn(next)); next = 7_000) {
          const from = Date.now()
          for (const server of servers) await server.kill()
          await sleep(500)
          for (const server of servers) await server.start()
          restarts.push({ from: from - reach, to: Date.now() + reach })
        }
      })()
      const calm = async () => {
        isOver = true
        killing.stop()
        for (const proxy of proxies) proxy.cutReplies(0)
        await restarting
      }
      const count = async () =>
        Number((await pool.query<{ n: string }>(`SELECT count(DISTINCT event_id) AS n FROM ${table}`)).rows[0]?.n)
      try {
        const sent = await sendAll({
          ports: () => fleet.ports,
          payloads: shuffled(facts(events), events * 0.4),
          retryAfter,
          timeout: 3_500,
          concurrency: 10,
          pause: 200,
          calm,
        })
        await expect.poll(count, { timeout: 90_000, interval: 250 }).toBe(events)
        const { rows } = await pool.query<{ event_id: string; pids: number[]; at: Date[] }>(
          `SELECT event_id, array_agg(pid ORDER BY n) AS pids, array_agg(at ORDER BY n) AS at FROM ${table} GROUP BY event_id HAVING count(*) > 1`,
        )
        const repeats = rows.flatMap(({ event_id, pids, at }) =>
          pids.slice(0, -1).map((pid, i) => ({ event_id, pid, at: at[i]!.getTime() })),
        )
        const causes = { killed: 0, 'out of time': 0, restarted: 0, none: 0 }
        for (const { event_id, pid, at } of repeats) {
          if (fleet.killed.has(pid)) causes.killed += 1
          else if (fleet.late.has(event_id)) causes['out of time'] += 1
          else if (restarts.some(({ from, to }) => at >= from && at <= to)) causes.restarted += 1
          else causes.none += 1
        }
        const cuts = proxies.reduce((sum, proxy) => sum + proxy.cuts, 0) - cutsBefore
        say(
          `${name}, with trouble: ${events} events in ${sent.attempts} deliveries (${JSON.stringify(sent.answers)}), ${fleet.killed.size} kills, ${restarts.length} restarts, ${cuts} replies cut, 0 missing, ${sent.dropped} dropped, ${repeats.length} repeats: ${JSON.stringify(causes)}`,
        )
        expect(restarts.length).toBeGreaterThan(0)
        expect(cuts).toBeGreaterThan(0)
        expect(causes.none).toBe(0)
      } finally {
        await calm()
        await fleet.stop()
      }
    })
  },
)
