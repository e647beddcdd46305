import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import ts from 'typescript'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { blocks, own } from '../docs/readme.ts'
import { bosses } from '../support/engines.ts'
import { hasPostgresServer, hasRedisServer, ownPostgres, ownRedis, type OwnServer } from '../support/own-servers.mjs'
import { StandIn } from '../support/stand-in.ts'
import { deliver, jobStory } from '../../src/testing/index.ts'

// Every set-up of Effects, Inboxes, Reconciling and Operations, as printed, in one app: as a reader of all has it.

const transpiled = (code: string) =>
  ts.transpileModule(code, { compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 } })
    .outputText

/** The one block of a page that has these words. */
function block(page: string, includes: string): string {
  const found = blocks.filter(({ code, file }) => file === `src/${page}/README.md` && code.includes(includes))
  if (found.length !== 1) throw new Error(`src/${page}/README.md has ${found.length} blocks with "${includes}"`)
  return transpiled(found[0]!.code)
}

/** One module of several: imports first, each name once; what the app has already is not made again. */
function together(...parts: string[]): string {
  const imports = new Map<string, Set<string>>()
  const made = new Set<string>()
  const bodies = parts.map((part) => {
    const left = part
      .replace(/^import (.*?) from '(\S*)'.*$/gm, (_, names: string, from: string) => {
        const known = imports.get(from) ?? new Set<string>()
        const named = /^\{(.*)\}$/.exec(names)?.[1]?.split(',') ?? [`default as ${names}`]
        imports.set(from, new Set([...known, ...named.map((name) => name.trim())]))
        return ''
      })
      .split('\n')
      .filter((line) => !made.has(/^const (\w+) = .*;$/.exec(line)?.[1] ?? ''))
    for (const line of left) made.add(/^const (\w+)/.exec(line)?.[1] ?? 'nothing')
    return left.join('\n')
  })
  const head = [...imports].map(([from, names]) => `import { ${[...names].join(', ')} } from '${from}'`)
  return [...head, ...bodies].join('\n')
}

const credential = { partnerId: '085', apiKey: 'key-of-a-test' }

/** What a page leaves to the reader: the credential, jobs that are open, and where Redis is. */
const readersOwn = `
import express from 'express'
const credentials = ${JSON.stringify(credential)}
const connection = { host: '127.0.0.1', port: Number(new URL(process.env.REDIS_URL).port) }
async function* openJobs() {
  const { rows } = await pool.query("SELECT job, who FROM accounts WHERE state = 'open' OR $1", [isAskingAll])
  for (const { job, who } of rows) yield { generation: 'v1', jobId: job, userId: who }
}
let isAskingAll = false
const smileId = fetch
globalThis.fetch = (url, init) => smileId(String(url).replace(/^https:\\/\\/[^/]+/, process.env.SMILE_ID), init)
`
/** The reader's app: it counts what its handlers get. */
const app = `
const handled = []
callbacks.onAny(({ jobId, outcome, kind }) => void handled.push(jobId + ' ' + (outcome ?? kind)))
const server = express().set('trust proxy', 'loopback').use('/smile-id', callbacks.router).listen(0, '127.0.0.1', () => process.send({ port: server.address().port }))
process.on('message', async (expected) => {
  isAskingAll = true
  const report = await reconcile(callbacks, { environment: 'production', jobs: openJobs() })
  // An account is active before what came earlier of its job has left the queue.
  while (handled.length < expected) await new Promise((resolve) => setTimeout(resolve, 20))
  process.send({ report, handled, dead: await letters.count() })
})
`
const effects = () => block('once', 'inTransaction(pool')
const common = () => [readersOwn, block('once', 'new pg.Pool')]
const reconciling = () => block('reconcile', 'const report = await')
const shutdown = () => block('telemetry', 'SIGINT')
const ofPgBoss = (code: string) =>
  code.replace('express-smile-id/bullmq', 'express-smile-id/pg-boss').replace('deadLetters(queue)', 'deadLetters(boss)')

const apps: [string, () => string][] = [
  [
    'BullMQ',
    () =>
      together(
        ...common(),
        transpiled("import { redisStore } from 'express-smile-id/redis'\nconst store = redisStore(redis)"),
        block('inbox', 'bullmqInbox(queue) })'),
        effects(),
        block('inbox', 'letters.redrive'),
        app,
        reconciling(),
        block('reconcile', 'upsertJobScheduler'),
        shutdown(),
      ),
  ],
  ...bosses.map(({ name, imported }): [string, () => string] => [
    name,
    () =>
      together(
        ...common(),
        transpiled(
          `${imported}\nimport { postgresStore } from 'express-smile-id/postgres'\nconst store = postgresStore(pool)
const boss = new PgBoss({ connectionString: process.env.DATABASE_URL, query_timeout: 10_000, connectionTimeoutMillis: 5_000, keepAlive: true, schema: process.env.SCHEMA })`,
        ),
        block('inbox', 'pgBossInbox(boss) })'),
        effects(),
        ofPgBoss(block('inbox', 'letters.redrive')),
        app,
        reconciling(),
        block('reconcile', 'boss.schedule'),
        // Of pg-boss it is stop: the page says so.
        shutdown().replace('worker?.close()', 'worker?.stop()'),
      ),
  ]),
]

describe.skipIf(!hasRedisServer || !hasPostgresServer)('the pages’ set-ups, together in one app', () => {
  const folder = mkdtempSync(join(tmpdir(), 'express-smile-id-together-'))
  const standIn = new StandIn(credential)
  const smileId = standIn.app.listen(0, '127.0.0.1')
  let servers: OwnServer[]
  let pool: pg.Pool
  beforeAll(async () => {
    mkdirSync(join(folder, 'node_modules'))
    for (const name of ['express', 'pg', 'ioredis', 'bullmq'])
      symlinkSync(own(`node_modules/${name}`), join(folder, 'node_modules', name), 'junction')
    symlinkSync(own('.'), join(folder, 'node_modules/express-smile-id'), 'junction')
    for (const boss of bosses) symlinkSync(boss.folder, join(folder, 'node_modules', boss.packageName), 'junction')
    servers = [await ownRedis(), await ownPostgres()]
    pool = new pg.Pool({ connectionString: servers[1]!.url, max: 2 })
    pool.on('error', () => undefined)
  })
  afterAll(async () => {
    smileId.close()
    await pool.end()
    await Promise.all(servers.map((server) => server.remove()))
    rmSync(folder, { recursive: true, force: true })
  })

  it.each(apps)('with %s: each event is handled exactly once, whether its callback came or not', async (name, code) => {
    await pool.query(`
      DROP TABLE IF EXISTS accounts; DROP TABLE IF EXISTS smile_id_events, smile_id_effects;
      CREATE TABLE accounts (id text PRIMARY KEY, job text, who text, state text DEFAULT 'open', times int DEFAULT 0);
      CREATE OR REPLACE FUNCTION counted() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.times = OLD.times + 1; RETURN NEW; END $$;
      CREATE TRIGGER counting BEFORE UPDATE ON accounts FOR EACH ROW EXECUTE FUNCTION counted()`)
    const jobs = Array.from({ length: 20 }, (_, n) => ({
      jobId: `${name} ${n}`,
      userId: `user-${n}`,
      account: `acc-${n}`,
    }))
    for (const { jobId, userId, account } of jobs)
      await pool.query('INSERT INTO accounts (id, job, who) VALUES ($1, $2, $3)', [account, jobId, userId])
    const of = ({ jobId, userId, account }: (typeof jobs)[number]) => ({
      generation: 'v1' as const,
      credential,
      review: true,
      jobId,
      userId,
      partnerParams: { account_id: account },
    })
    // The callbacks of one job are lost: it is the one that Smile ID knows of when it is asked.
    const [lost, ...told] = jobs
    standIn.jobs.clear()
    standIn.add('biometric_kyc', of(lost!))

    const file = join(folder, `${name.replaceAll(' ', '-')}.mjs`)
    writeFileSync(file, code())
    const child = fork(file, {
      env: {
        ...process.env,
        REDIS_URL: servers[0]!.url,
        DATABASE_URL: servers[1]!.url,
        SCHEMA: `of_${name.replaceAll(/\W/g, '_')}`,
        SMILE_ID: `http://127.0.0.1:${(smileId.address() as AddressInfo).port}`,
      },
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    })
    let errors = ''
    child.stderr?.on('data', (chunk) => (errors += String(chunk)))
    const exited = once(child, 'exit')
    const ended = exited.then(([exitCode, signal]) => {
      throw new Error(`the app has ended with ${String(exitCode ?? signal)}: ${errors}`)
    })
    ended.catch(() => undefined)
    try {
      const [{ port }] = (await Promise.race([once(child, 'message'), ended])) as [{ port: number }]
      const url = `http://127.0.0.1:${port}/smile-id`
      const deliveries = told.flatMap((job) => jobStory('biometric_kyc', of(job)))
      // Of two at once the second is told to come again; on a busy machine both may be.
      const taken = async (delivery: (typeof deliveries)[number]) => {
        const { status } = await deliver(url, delivery, { clientIp: '34.240.137.52' })
        expect([200, 503]).toContain(status)
        return status === 200
      }
      await Promise.all(
        deliveries.map(async (delivery) => {
          const both = await Promise.all([taken(delivery), taken(delivery)])
          while (!both.includes(true)) both.push(await taken(delivery))
        }),
      )

      const accounts = async () =>
        (await pool.query<object>(`SELECT state, times, count(*)::int AS n FROM accounts GROUP BY 1, 2`)).rows
      await expect.poll(accounts, { timeout: 60_000 }).toEqual([{ state: 'active', times: 1, n: jobs.length }])

      for (const job of told) standIn.add('biometric_kyc', of(job))
      const outcomes = ['id_info', 'provisional', 'approved']
      child.send(outcomes.length * jobs.length)
      const [{ report, handled, dead }] = (await Promise.race([once(child, 'message'), ended])) as [
        { report: object; handled: string[]; dead: number },
      ]
      // On a busy machine a store may not answer in its two seconds: then an event is handed over again.
      const isTrouble = (line: string) =>
        /_unavailable status=503 |has its server back|: the store failed: no answer in time/.test(line)
      const lines = errors.split('\n').filter((line) => line !== '' && !line.includes(' in_progress status=503 '))
      expect(report).toMatchObject({ asked: jobs.length, failed: [] })
      if (!lines.some(isTrouble)) expect(report).toMatchObject({ known: jobs.length, handled: 0 })
      expect(dead).toBe(0)
      expect(handled.sort()).toEqual(jobs.flatMap(({ jobId }) => outcomes.map((one) => `${jobId} ${one}`)).sort())
      expect(await accounts()).toEqual([{ state: 'active', times: 1, n: jobs.length }])
      expect(lines.filter((line) => !isTrouble(line))).toEqual([])

      child.kill('SIGINT')
      expect(await exited).toEqual([0, null])
    } finally {
      child.kill('SIGKILL')
    }
  })
})
