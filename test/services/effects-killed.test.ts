import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { inTransaction } from '../../src/engines/postgres/store.ts'
import { databaseUrl, postgresAnswers, runId } from '../support/services.ts'

// `npm run test:effects` kills 1 000 times.
const kills = Number(process.env['EFFECT_KILLS'] ?? 5)

describe.skipIf(!(await postgresAnswers()))('an effect whose process is killed', () => {
  const schema = `${runId}_killed`
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 4 })
  pool.on('error', () => undefined)
  beforeAll(() =>
    pool.query(`CREATE SCHEMA ${schema}; CREATE TABLE ${schema}.effects (verdict text NOT NULL, pid int NOT NULL)`),
  )
  afterAll(async () => {
    await pool.query(`DROP SCHEMA ${schema} CASCADE`)
    await pool.end()
  })

  const child = (setUp: { verdicts: string[]; concurrency?: number }) =>
    fork(fileURLToPath(new URL('effects-child.mjs', import.meta.url)), {
      env: { ...process.env, EFFECTS_SETUP: JSON.stringify({ databaseUrl, schema, ...setUp }) },
      execArgv: [],
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    })
  const again = inTransaction(
    pool,
    'pay',
    async (event: { id: string; verdictId: string }, { client }) => {
      await client.query(`INSERT INTO ${schema}.effects (verdict, pid) VALUES ($1, $2)`, [event.verdictId, process.pid])
    },
    { table: `${schema}.keys` },
  )
  const deliverAgain = (verdictId: string) =>
    again({ id: `again-${verdictId}`, verdictId }, { signal: new AbortController().signal }) as Promise<void>
  const effectsOf = async (prefix: string) =>
    (
      await pool.query<{ verdict: string; n: string }>(
        `SELECT verdict, count(*) AS n FROM ${schema}.effects WHERE starts_with(verdict, $1) GROUP BY verdict`,
        [prefix],
      )
    ).rows

  // Every place at which one call of it may end is searched by test/simulation.
  it(
    'at random happens once',
    async () => {
      const verdicts: string[] = []
      const open = new Set<string>()
      let killed = 0
      while (killed < kills) {
        // More than a process can do before it is killed, and no more than an environment can hold.
        while (open.size < 1_000) {
          const verdict = `random-${verdicts.length}`
          verdicts.push(verdict)
          open.add(verdict)
        }
        const running = child({ verdicts: [...open], concurrency: 4 })
        running.on('message', ({ done }: { done?: string }) => done !== undefined && open.delete(done))
        await once(running, 'message')
        const exited = once(running, 'exit')
        await new Promise((resolve) => setTimeout(resolve, 5 + Math.random() * 100))
        running.kill('SIGKILL')
        killed += (await exited)[1] === 'SIGKILL' ? 1 : 0
      }
      // As deliveries come again: also those that were done, whose answer may have been lost.
      const left = [...verdicts]
      const lane = async () => {
        for (let verdict = left.pop(); verdict !== undefined; verdict = left.pop()) await deliverAgain(verdict)
      }
      await Promise.all([lane(), lane(), lane()])
      const effects = await effectsOf('random-')
      expect(killed).toBe(kills)
      expect(effects).toHaveLength(verdicts.length)
      expect(effects.filter(({ n }) => n !== '1')).toEqual([])
    },
    Math.max(120_000, kills * 2_000),
  )
})
