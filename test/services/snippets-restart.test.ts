import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { setTimeout } from 'node:timers/promises'
import ts from 'typescript'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { blocks, own } from '../docs/readme.ts'
import { bosses } from '../support/engines.ts'
import { hasPostgresServer, hasRedisServer, ownPostgres, ownRedis, type OwnServer } from '../support/own-servers.mjs'

// Set-ups of the pages, and such as people write, in a process of their own, while Redis and Postgres are killed and
// started again.

const javascript = (code: string) =>
  ts.transpileModule(code, { compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 } })
    .outputText

function block(page: string, includes: string): string {
  const [found, ...others] = blocks.filter(({ code, file }) => file === page && code.includes(includes))
  if (!found || others.length > 0)
    throw new Error(`the page has ${others.length + (found ? 1 : 0)} blocks with "${includes}"`)
  return javascript(found.code)
}

const stores = `
import { redisStore } from 'express-smile-id/redis'
import { postgresStore } from 'express-smile-id/postgres'
const made = { redis: redisStore(redis), postgres: postgresStore(pool) }
`
const receiving = `
import { smileIdCallbacks as make } from 'express-smile-id'
import { signDelivery, sample } from 'express-smile-id/testing'
const credential = { partnerId: '085', apiKey: 'key-of-a-test' }
const payload = sample('document_verification', 'approved')
const said = []
const receivers = Object.fromEntries(Object.entries(made).map(([name, store]) => {
  const callbacks = make({ credentials: credential, store, logger: { warn: (facts, message) => said.push(message), error: () => undefined } })
  callbacks.onAny(() => undefined)
  return [name, callbacks]
}))
process.on('message', async (jobId) => {
  const codes = {}
  for (const [name, callbacks] of Object.entries(receivers)) {
    const delivery = signDelivery({ generation: 'v3', credential, jobId, payload })
    codes[name] = (await callbacks.receive({ method: 'POST', ...delivery, clientIp: '34.240.137.52' })).code
  }
  process.send({ codes, said })
})
process.send('ready')
`
const withoutListeners = `
import { createClient } from 'redis'
import pg from 'pg'
const redis = await createClient({ url: process.env.REDIS_URL }).connect()
const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL })
`
const effects = `
import pg from 'pg'
import { memoryStore, smileIdCallbacks } from 'express-smile-id'
import { inTransaction } from 'express-smile-id/postgres'
import { signDelivery, sample } from 'express-smile-id/testing'
const credentials = { partnerId: '085', apiKey: 'key-of-a-test' }
const payload = sample('document_verification', 'approved')
let done = 0
const callbacks = smileIdCallbacks({ credentials, logger: false })
callbacks.onAny(inTransaction(new pg.Pool({ connectionString: process.env.DATABASE_URL }), 'count', () => void (done += 1)))
process.on('message', async (jobId) => {
  const delivery = signDelivery({ generation: 'v3', credential: credentials, jobId, payload })
  const { status } = await callbacks.receive({ method: 'POST', ...delivery, clientIp: '34.240.137.52' })
  process.send({ status, done })
})
process.send('ready')
`

const queueing = `
import { memoryStore } from 'express-smile-id'
import { signDelivery, sample } from 'express-smile-id/testing'
const credentials = { partnerId: '085', apiKey: 'key-of-a-test' }
const store = memoryStore()
const payload = sample('document_verification', 'approved')
const handled = []
process.on('message', async (jobId) => {
  const delivery = signDelivery({ generation: 'v3', credential: credentials, jobId, payload })
  const { code, status } = await callbacks.receive({ method: 'POST', ...delivery, clientIp: '34.240.137.52' })
  process.send({ code, status, handled })
})
`
const subscribed = `
callbacks.onAny(({ jobId }) => void handled.push(jobId))
process.send('ready')
`
const example = (start: string) => `
import { deliver, sample, signDelivery } from 'express-smile-id/testing'
const payloads = {}
const said = []
console.log = (line) => said.push(line)
// What an example tells its own demo is nobody's answer.
const send = process.send.bind(process)
const listening = new Promise((resolve) => { process.send = ({ port }) => port && resolve(\`http://127.0.0.1:\${port}/smile-id\`) })
${start}
process.on('message', async (jobId) => {
  const payload = (payloads[jobId] ??= sample('document_verification', 'approved', { generation: 'v1', jobId, partnerParams: { account_id: 'acc-1' } }))
  const { status } = await deliver(target, signDelivery({ generation: 'v1', credential: { partnerId: '085', apiKey: 'example-key-not-a-secret' }, payload }))
  send({ status, opened: said.filter((line) => line.includes('is open')).length })
})
send('ready')
`
/** As a specifier: a path may hold what means something else there. */
const module = (path: string) => `'${pathToFileURL(own(path)).href}'`
const durable = (name: string) =>
  example(
    `const { app: target } = await import(${module(`examples/${name}/receiver.ts`)})\nawait import(${module(`examples/${name}/worker.ts`)})`,
  )
const listening = (name: string, before = '') =>
  example(`${before}\nawait import(${module(`examples/${name}/receiver.ts`)})\nconst target = await listening`)
const accounts = `
import { connect, schema, tables } from ${module('examples/postgres-account/settings.ts')}
const pool = connect()
await pool.query(tables)
await pool.query(\`INSERT INTO \${schema}.accounts (id) VALUES ('acc-1')\`)
await pool.end()
`
const withConnection = "const connection = { host: '127.0.0.1', port: Number(new URL(process.env.REDIS_URL).port) }\n"
const withBoss = (imported: string, schema: string) =>
  `${imported}\nconst boss = new PgBoss({ connectionString: process.env.DATABASE_URL, schema: '${schema}' })\n`

describe.skipIf(!hasRedisServer || !hasPostgresServer)('a process whose databases are killed and started again', () => {
  const folder = mkdtempSync(join(tmpdir(), 'express-smile-id-restart-'))
  let servers: OwnServer[]
  let env: NodeJS.ProcessEnv
  beforeAll(async () => {
    mkdirSync(join(folder, 'node_modules'))
    symlinkSync(own('.'), join(folder, 'node_modules/express-smile-id'), 'junction')
    for (const name of ['pg', 'redis', 'ioredis', 'bullmq'])
      symlinkSync(own(`node_modules/${name}`), join(folder, 'node_modules', name), 'junction')
    for (const boss of bosses) symlinkSync(boss.folder, join(folder, 'node_modules', boss.packageName), 'junction')
    servers = [await ownRedis(), await ownPostgres()]
    env = { ...process.env, REDIS_URL: servers[0]!.url, DATABASE_URL: servers[1]!.url }
  }, 60_000)
  afterAll(async () => {
    await Promise.all(servers.map((server) => server.remove()))
    rmSync(folder, { recursive: true, force: true })
  })
  const outage = async (meanwhile?: () => Promise<void>) => {
    // Idle by then: a connection cut in the middle of a query tells the query alone, and its pool says nothing.
    await setTimeout(500)
    await Promise.all(servers.map((server) => server.kill()))
    try {
      await meanwhile?.()
      await setTimeout(500)
    } finally {
      await Promise.all(servers.map((server) => server.start()))
    }
  }

  /** Runs the code in a process of its own, which has to live; `deliver` gives what it answers for a job. */
  async function running<T>(
    code: string,
    use: (deliver: (jobId: string) => Promise<T>, errors: () => string) => Promise<void>,
    execArgv: string[] = [],
  ): Promise<void> {
    writeFileSync(join(folder, 'receiver.mjs'), code)
    const child = fork(join(folder, 'receiver.mjs'), { env, execArgv, stdio: ['ignore', 'ignore', 'pipe', 'ipc'] })
    let errors = ''
    child.stderr?.on('data', (chunk) => (errors += String(chunk)))
    const ended = once(child, 'exit').then(() => {
      throw new Error(`the process has ended: ${errors}`)
    })
    ended.catch(() => undefined)
    const message = async () => ((await Promise.race([once(child, 'message'), ended])) as [T])[0]
    try {
      await message()
      await use(
        (jobId) => {
          child.send(jobId)
          return message()
        },
        () => errors,
      )
    } finally {
      child.kill()
    }
  }

  it.each<[string, () => string, string[]]>([
    ['as src/once/README.md sets them up', () => block('src/once/README.md', 'new pg.Pool') + stores, []],
    [
      'where nobody listens to its clients',
      () => withoutListeners + stores,
      ["The store's Redis client lost a connection", "The store's Pool lost a connection"],
    ],
  ])(
    'goes on %s',
    (name, code, warnings) =>
      running<{ codes: Record<string, string>; said: string[] }>(code() + receiving, async (deliver) => {
        expect((await deliver(`${name} 1`)).codes).toEqual({ redis: 'accepted', postgres: 'accepted' })
        await outage()
        await expect
          .poll(async () => (await deliver(`${name} 2`)).codes, { timeout: 20_000, interval: 200 })
          .toEqual({ redis: 'duplicate', postgres: 'duplicate' })
        // A pool may hear of its cut connections later than a delivery does.
        for (const warning of warnings)
          await expect
            .poll(async () => (await deliver(`${name} 2`)).said.join('\n'), { timeout: 10_000, interval: 200 })
            .toContain(warning)
        expect((await deliver(`${name} 1`)).codes).toEqual({ redis: 'duplicate', postgres: 'duplicate' })
      }),
    60_000,
  )

  it(
    'goes on where nobody listens to the Pool of its effects',
    () =>
      running<{ status: number; done: number }>(effects, async (deliver, errors) => {
        const patient = { timeout: 30_000, interval: 200 }
        expect(await deliver('effect 1')).toEqual({ status: 200, done: 1 })
        await outage(async () => {
          // First: a delivery that takes the cut connection hears of it in the pool's place.
          await expect.poll(errors, patient).toMatch(/The effects' Pool lost a connection/)
          expect((await deliver('effect 2')).status).toBe(503)
        })
        await expect.poll(() => deliver('effect 2'), patient).toEqual({ status: 200, done: 2 })
      }),
    60_000,
  )

  const page = 'src/inbox/README.md'
  const unheard = (code: string) => code.replace(/^\w+\.on\('error'.*$/gm, '')
  const trouble = /pg-boss reported an error: .*\. It continues by itself/
  it.each<[string, () => string, RegExp]>([
    ['BullMQ', () => withConnection + queueing + block(page, 'bullmqInbox(queue) })'), /inbox_unavailable/],
    [
      'BullMQ where nobody listens',
      () => withConnection + queueing + unheard(block(page, 'bullmqInbox(queue) })')),
      /inbox_unavailable/,
    ],
    ...bosses.flatMap(({ name, imported }): [string, () => string, RegExp][] => {
      const schema = `of_${name.replace(/\W/g, '_')}`
      const set = block(page, 'pgBossInbox(boss) })')
      return [
        [name, () => withBoss(imported, schema) + queueing + set, /ECONNREFUSED|terminat/],
        [
          `${name} where nobody listens`,
          () => withBoss(imported, `${schema}_unheard`) + queueing + unheard(set),
          trouble,
        ],
      ]
    }),
  ])(
    `goes on as ${page} sets up %s`,
    (name, code, says) =>
      running<{ code: string; status: number; handled: string[] }>(code() + subscribed, async (deliver, errors) => {
        const patient = { timeout: 30_000, interval: 200 }
        // Named after the set-up: two of them share a queue.
        const [before, meanwhile] = [`${name} 1`, `${name} 2`]
        const done = async (job: string) => {
          await expect.poll(async () => (await deliver(job)).status, patient).toBe(200)
          await expect.poll(async () => (await deliver(job)).handled, patient).toContain(job)
        }
        await done(before)
        await outage(async () => {
          expect(await deliver(meanwhile)).toMatchObject({ code: 'inbox_unavailable', status: 503 })
        })
        await done(meanwhile)
        expect((await deliver(before)).handled).toEqual([before, meanwhile])
        expect(errors()).toMatch(says)
      }),
    60_000,
  )

  // The ones that talk to a database for longer than a demo; of "durable" receiver and worker in one process.
  it.each<[string, string, number]>([
    ['durable-bullmq', durable('durable-bullmq'), 1],
    ['durable-pg-boss', durable('durable-pg-boss'), 1],
    ['postgres-account', listening('postgres-account', accounts), 0],
    ['waiting-across-processes', listening('waiting-across-processes'), 0],
  ])(
    'goes on as examples/%s',
    (name, code, opened) =>
      running<{ status: number; opened: number }>(
        code,
        async (deliver) => {
          const patient = { timeout: 30_000, interval: 200 }
          for (const [n, job] of [`${name} 1`, `${name} 2`].entries()) {
            await expect.poll(async () => (await deliver(job)).status, patient).toBe(200)
            await expect.poll(async () => (await deliver(job)).opened, patient).toBe(opened * (n + 1))
            if (n === 0)
              await outage(async () => {
                expect((await deliver(`${name} meanwhile`)).status).toBe(503)
              })
          }
        },
        ['--import', 'tsx'],
      ),
    60_000,
  )
})
