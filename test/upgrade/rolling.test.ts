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
import { newerEngines, redisConnection } from '../support/engines.ts'
import { missing } from '../support/missing.mjs'
import { nodeBinary } from '../support/node-binary.mjs'
import { databaseUrl, deleteKeys, postgresAnswers, redisAnswers, redisUrl, runId } from '../support/services.ts'

// The build before this one (previous.tgz, by keep.mjs) and this one, side by side on the same Redis, Postgres, BullMQ
// and pg-boss. Processes are replaced one after the other, and back, while every delivery comes twice or more: nothing
// may be lost, and nothing handled twice. A failure breaks deployments that are rolled out: see src/UPGRADING.md.

const own = (path: string) => fileURLToPath(new URL(path, import.meta.url))
const bullmqs = [
  { way: 'bullmq', packageName: 'bullmq' },
  { way: 'bullmq-5', packageName: 'bullmq5' },
]
// Those of a newer Node have all processes run on it.
const isNewer = existsSync(`${newerEngines}node_modules/pgboss12`)
if (!isNewer) missing('pg-boss 11 and 12 (npm ci --prefix test/hosts/pg-boss)')
const nodePath = isNewer && Number.parseInt(process.versions.node) < 22 ? nodeBinary('22') : process.execPath
const bosses = [
  { way: 'pg-boss', root: import.meta.url, packageName: 'pg-boss' },
  ...(isNewer ? ['11', '12'] : []).map((version) => ({
    way: `pg-boss-${version}`,
    root: `${newerEngines}package.json`,
    packageName: `pgboss${version}`,
  })),
].map((one, n) => ({ ...one, schema: `${runId}_boss${n}` }))
const ways = ['redis', 'postgres', ...[...bullmqs, ...bosses].map(({ way }) => way)]

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
    const schemas = [runId, ...bosses.map(({ schema }) => schema)]
    await pool.query(schemas.map((schema) => `DROP SCHEMA IF EXISTS ${schema} CASCADE`).join(';'))
    await deleteKeys(redis, runId)
    await Promise.all([pool.end(), redis.quit()])
    rmSync(previous, { recursive: true, force: true })
  })

  function run(role: 'receiver' | 'worker' | 'seed', version: 'previous' | 'head') {
    const setUp = { lib: libs[version], version, role, runId, redisUrl, databaseUrl, credential, bullmqs, bosses }
    const child = fork(own('process.mjs'), {
      env: { ...process.env, UPGRADE_SETUP: JSON.stringify(setUp) },
      execPath: nodePath,
      execArgv: [],
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    })
    child.stderr?.on('data', (chunk) => (errors += String(chunk)))
    return { child, exited: once(child, 'exit') }
  }

  async function start(role: 'receiver' | 'worker', version: 'previous' | 'head'): Promise<Process> {
    const { child, exited } = run(role, version)
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
    const all = { worker: [await start('worker', 'previous')], receiver: [await start('receiver', 'previous')] }

    // A message of a version that neither build reads: it is left for a worker that does.
    expect(await run('seed', 'head').exited, errors).toEqual([0, null])

    const answers: Record<string, number> = {}
    /** As Smile ID does: again, to any receiver, until it is 200. */
    const deliver = async (way: string, payload: Payload): Promise<void> => {
      for (;;) {
        const { port } = all.receiver[Math.floor(Math.random() * all.receiver.length)]!
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
        await sleep(150)
      }
    }
    const sending = Promise.all(Array.from({ length: 3 }, lane))

    const from = performance.now()
    try {
      // As src/UPGRADING.md says: workers first; to go back, receivers first.
      for (const [role, version] of [
        ['worker', 'head'],
        ['receiver', 'head'],
        ['receiver', 'previous'],
        ['worker', 'previous'],
      ] as const) {
        await sleep(500)
        const before = all[role][0]!
        all[role].push(await start(role, version))
        // Both builds for a while, side by side.
        await sleep(1_000)
        all[role].shift()
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
    expect(rows.map(({ way, version }) => `${way} ${version}`).sort()).toEqual(
      ways.flatMap((way) => [`${way} head`, `${way} previous`]).sort(),
    )
    for (const { packageName } of bullmqs) {
      const queue = new Queue('smile-id', { connection: redisConnection, prefix: `${runId}:${packageName}` })
      const left = await queue.getJobs(['delayed', 'waiting', 'active'])
      expect(left.map(({ id, attemptsMade }) => [id, attemptsMade])).toEqual([['0'.repeat(32), 0]])
      await queue.close()
    }
    for (const { schema } of bosses) expect((await pool.query(stillThere(schema))).rows).toEqual([{ retry_count: 0 }])
    const said = errors.split('\n').filter((line) => line !== '' && !line.includes('--trace-warnings'))
    expect(said.filter((line) => !line.includes('a message of version 99'))).toEqual([])
    for (const engine of ['BullMQ', 'pg-boss'])
      expect(said.some((line) => line.includes(engine) && line.includes('version 99'))).toBe(true)
    say(
      `rolling switch: ${rows.map(({ way, version, n }) => `${way} ${version} ${n}`).join(', ')}; answers ${JSON.stringify(answers)}, in ${((performance.now() - from) / 1000).toFixed(0)} s`,
    )
  }, 480_000)
})
