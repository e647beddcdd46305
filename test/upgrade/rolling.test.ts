import { execFileSync, fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { Queue } from 'bullmq'
import { Redis } from 'ioredis'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { signDelivery } from '../../src/testing/index.ts'
import { credential, facts, say, type Payload } from '../load/sender.ts'
import { bosses, redisConnection } from '../support/engines.ts'
import { databaseUrl, deleteKeys, postgresAnswers, redisAnswers, redisUrl, runId } from '../support/services.ts'

// The build before this one (previous.tgz, by keep.mjs) and this one, side by side on the same Redis, Postgres, BullMQ
// and pg-boss. Processes are replaced one after the other, and back, while every delivery comes twice or more: nothing
// may be lost, and nothing handled twice. A failure breaks deployments that are rolled out: see src/UPGRADING.md.

const own = (path: string) => fileURLToPath(new URL(path, import.meta.url))
const ways = ['redis', 'postgres', 'bullmq', 'pg-boss']

const stillThere = (schema: string) =>
  `SELECT retry_count FROM ${schema}.job WHERE data->>'version' = '99' AND state < 'completed'`

interface Process {
  child: ChildProcess
  port: number
  stop(): Promise<void>
}

const answered = (await redisAnswers()) && (await postgresAnswers())
describe.skipIf(!answered)('a rolling switch from the build before, and back', () => {
  // Below the root, whose packages both builds use.
  const previous = mkdtempSync(own('../../node_modules/.cache-previous-'))
  const libs = {
    previous: `${pathToFileURL(join(previous, 'dist')).href}/`,
    head: new URL('../../dist/', import.meta.url).href,
  }
  const redis = new Redis(redisUrl, { lazyConnect: true })
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 4 })
  let errors = ''
  const running = new Set<Process>()

  beforeAll(async () => {
    if (!existsSync(own('../../dist/index.js'))) throw new Error('It runs the package as built: npm run build')
    execFileSync('tar', ['-xzf', own('previous.tgz'), '-C', previous])
    await pool.query(`CREATE SCHEMA ${runId}; CREATE TABLE ${runId}.handled (way text, what text, version text)`)
  })
  afterAll(async () => {
    await Promise.all([...running].map((one) => one.stop()))
    await pool.query(`DROP SCHEMA ${runId} CASCADE; DROP SCHEMA IF EXISTS ${runId}_boss CASCADE`)
    await deleteKeys(redis, runId)
    await Promise.all([pool.end(), redis.quit()])
    rmSync(previous, { recursive: true, force: true })
  })

  async function start(role: 'receiver' | 'worker', version: 'previous' | 'head'): Promise<Process> {
    const setUp = { lib: libs[version], version, role, runId, redisUrl, databaseUrl, credential }
    const child = fork(own('process.mjs'), {
      env: { ...process.env, UPGRADE_SETUP: JSON.stringify(setUp) },
      execArgv: [],
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    })
    child.stderr?.on('data', (chunk) => (errors += String(chunk)))
    const exited = once(child, 'exit')
    const ended = exited.then(() => {
      throw new Error(`a ${role} of ${version} has ended: ${errors}`)
    })
    ended.catch(() => undefined)
    const [{ port }] = (await Promise.race([once(child, 'message'), ended])) as [{ port: number }]
    const one: Process = {
      child,
      port,
      async stop() {
        child.kill('SIGTERM')
        const [code, signal] = (await exited) as [number | null, string | null]
        running.delete(one)
        if (code !== 0) throw new Error(`a ${role} of ${version} ended with ${code ?? signal}: ${errors}`)
      },
    }
    running.add(one)
    return one
  }

  it('loses nothing and handles nothing twice', async () => {
    const workers = await Promise.all([start('worker', 'previous'), start('worker', 'previous')])
    const receivers = await Promise.all([start('receiver', 'previous'), start('receiver', 'previous')])
    const all = { worker: workers, receiver: receivers }

    // A message of a version that neither build reads: it is left for a worker that does.
    const later = { version: 99, id: '0'.repeat(32), text: 'as of later' }
    const queue = new Queue('smile-id', { connection: redisConnection, prefix: `${runId}:bull` })
    await queue.add('later', later, { jobId: later.id, attempts: 2 })
    const boss = bosses[0]!.make({ schema: `${runId}_boss` })
    boss.on('error', () => undefined)
    await boss.start()
    await boss.send('smile-id', later, { id: '11111111-1111-4111-8111-111111111111' })

    const answers: Record<string, number> = {}
    /** As Smile ID does: again, to any receiver, until it is 200. */
    const deliver = async (way: string, payload: Payload): Promise<void> => {
      for (;;) {
        const { port } = receivers[Math.floor(Math.random() * receivers.length)]!
        const { headers, body } = signDelivery({ generation: 'v1', credential, payload })
        const answer = await fetch(`http://127.0.0.1:${port}/${way}`, { method: 'POST', headers, body }).then(
          async (response) => (await response.text(), response.status),
          () => 0,
        )
        answers[answer] = (answers[answer] ?? 0) + 1
        if (answer === 200) return
        await sleep(300)
      }
    }
    const payloads = facts(100_000)
    let sent = 0
    let isSwitching = true
    const toAll = (at: number) => Promise.all(ways.map((way) => deliver(way, payloads[at]!)))
    // Lanes that wait for their answers: a slow machine sends less, and is not asked for more than it can do.
    const lane = async () => {
      while (isSwitching) {
        await toAll(sent++)
        // Once more, by then perhaps to another build.
        await toAll(Math.floor(Math.random() * sent))
        await sleep(50)
      }
    }
    const sending = Promise.all(Array.from({ length: 6 }, lane))

    const from = performance.now()
    try {
      // As src/UPGRADING.md says: workers first; to go back, receivers first.
      const there = [
        ['worker', 0],
        ['worker', 1],
        ['receiver', 0],
        ['receiver', 1],
      ] as const
      for (const [version, steps] of [
        ['head', there],
        ['previous', there.toReversed()],
      ] as const)
        for (const [role, at] of steps) {
          await sleep(500)
          const before = all[role][at]
          all[role][at] = await start(role, version)
          await before.stop()
        }
    } finally {
      isSwitching = false
    }
    await sending
    for (let at = 0; at < sent; at += 10)
      await Promise.all(payloads.slice(at, Math.min(at + 10, sent)).map((_, n) => toAll(at + n)))
    const count = async () =>
      (await pool.query<{ n: number }>(`SELECT count(DISTINCT (way, what))::int AS n FROM ${runId}.handled`)).rows[0]!.n
    await expect.poll(count, { timeout: 30_000, interval: 200 }).toBe(sent * ways.length)

    const { rows: twice } = await pool.query(
      `SELECT way, what, array_agg(version) AS by FROM ${runId}.handled GROUP BY way, what HAVING count(*) > 1`,
    )
    expect(twice).toEqual([])
    const { rows } = await pool.query<{ way: string; version: string; n: number }>(
      `SELECT way, version, count(*)::int AS n FROM ${runId}.handled GROUP BY way, version ORDER BY way, version`,
    )
    expect(rows.map(({ way, version }) => `${way} ${version}`)).toEqual(
      [...ways].sort().flatMap((way) => [`${way} head`, `${way} previous`]),
    )
    const left = (await queue.getJobs(['delayed', 'waiting', 'active'])).map(({ id, attemptsMade }) => [
      id,
      attemptsMade,
    ])
    expect(left).toEqual([[later.id, 0]])
    expect((await boss.getDb().executeSql(stillThere(`${runId}_boss`))).rows).toEqual([{ retry_count: 0 }])
    await queue.close()
    await boss.stop({ graceful: false })
    const said = errors.split('\n').filter((line) => line !== '' && !line.includes('--trace-warnings'))
    expect(said.filter((line) => !line.includes('a message of version 99'))).toEqual([])
    for (const engine of ['BullMQ', 'pg-boss'])
      expect(said.some((line) => line.includes(engine) && line.includes('version 99'))).toBe(true)
    say(
      `rolling switch: ${rows.map(({ way, version, n }) => `${way} ${version} ${n}`).join(', ')}; answers ${JSON.stringify(answers)}, in ${((performance.now() - from) / 1000).toFixed(0)} s`,
    )
  }, 240_000)
})
