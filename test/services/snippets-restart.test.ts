import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import ts from 'typescript'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { blocks, own } from '../docs/readme.ts'
import { hasPostgresServer, hasRedisServer, ownPostgres, ownRedis, type OwnServer } from '../support/own-servers.mjs'

// Set-ups of the pages, and such as people write, in a process of their own, while Redis and Postgres are killed and started again.

const javascript = (code: string) => ts.transpileModule(code, { compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 } }).outputText

function block(includes: string): string {
  const [found, ...others] = blocks.filter(({ code, file }) => file === 'src/once/README.md' && code.includes(includes))
  if (!found || others.length > 0) throw new Error(`the page has ${others.length + (found ? 1 : 0)} blocks with "${includes}"`)
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

describe.skipIf(!hasRedisServer || !hasPostgresServer)('a process whose databases are killed and started again', () => {
  const folder = mkdtempSync(join(tmpdir(), 'express-smile-id-restart-'))
  let servers: OwnServer[]
  let env: NodeJS.ProcessEnv
  beforeAll(async () => {
    mkdirSync(join(folder, 'node_modules'))
    symlinkSync(own('.'), join(folder, 'node_modules/express-smile-id'), 'junction')
    for (const name of ['pg', 'redis', 'ioredis']) symlinkSync(own(`node_modules/${name}`), join(folder, 'node_modules', name), 'junction')
    servers = [await ownRedis(), await ownPostgres()]
    env = { ...process.env, REDIS_URL: `redis://127.0.0.1:${servers[0]?.port}`, DATABASE_URL: `postgres://postgres@127.0.0.1:${servers[1]?.port}/postgres` }
  }, 60_000)
  afterAll(async () => {
    await Promise.all(servers.map((server) => server.remove()))
    rmSync(folder, { recursive: true, force: true })
  })

  it.each<[string, () => string, string[]]>([
    ['as src/once/README.md sets them up', () => block('new pg.Pool') + stores, []],
    ['where nobody listens to its clients', () => withoutListeners + stores, ["The store's Redis client lost a connection", "The store's Pool lost a connection"]],
  ])('goes on %s', async (name, code, warnings) => {
    writeFileSync(join(folder, 'receiver.mjs'), code() + receiving)
    const child = fork(join(folder, 'receiver.mjs'), { env, execArgv: [], stdio: ['ignore', 'ignore', 'pipe', 'ipc'] })
    let errors = ''
    child.stderr?.on('data', (chunk) => (errors += String(chunk)))
    const ended = once(child, 'exit').then(() => { throw new Error(`the process has ended: ${errors}`) })
    ended.catch(() => undefined)
    const message = async () => ((await Promise.race([once(child, 'message'), ended])) as [{ codes: Record<string, string>; said: string[] }])[0]
    const deliver = async (jobId: string) => {
      child.send(jobId)
      return message()
    }
    try {
      await message()
      expect((await deliver(`${name} 1`)).codes).toEqual({ redis: 'accepted', postgres: 'accepted' })
      // Idle by then: a connection cut in the middle of a query tells the query alone, and its pool says nothing.
      await setTimeout(500)
      await Promise.all(servers.map((server) => server.kill()))
      await setTimeout(500)
      await Promise.all(servers.map((server) => server.start()))
      await expect.poll(async () => (await deliver(`${name} 2`)).codes, { timeout: 20_000, interval: 200 }).toEqual({ redis: 'duplicate', postgres: 'duplicate' })
      // A pool may hear of its cut connections later than a delivery does.
      for (const warning of warnings) await expect.poll(async () => (await deliver(`${name} 2`)).said.join('\n'), { timeout: 10_000, interval: 200 }).toContain(warning)
      expect((await deliver(`${name} 1`)).codes).toEqual({ redis: 'duplicate', postgres: 'duplicate' })
    } finally {
      child.kill()
    }
  }, 60_000)
})
