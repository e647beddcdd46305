import { Redis } from 'ioredis'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { OnceStore } from '../../src/index.ts'
import { postgresStore } from '../../src/engines/postgres/store.ts'
import { postgresStoreTable } from '../../src/engines/postgres/table.ts'
import { redisStore } from '../../src/engines/redis/store.ts'
import { codesIn, rowsUnder } from '../docs/readme.ts'
import { hasRedisServer, ownRedis, type OwnServer } from '../support/own-servers.mjs'
import { databaseUrl, postgresAnswers, runId } from '../support/services.ts'

// The page's table is what is granted here: all of it is enough, and nothing of it can be left out.

const rightsOf = (server: string): string => {
  const [, cell = ''] = rowsUnder('src/once/README.md', '### Rights').find(([name]) => name === server) ?? []
  return codesIn(cell)[0] ?? ''
}
const without = (all: readonly string[]) => all.map((left) => ({ left, rights: all.filter((one) => one !== left) }))

/** Every call of a store, with a purge. */
async function useAll(store: OnceStore): Promise<void> {
  for (const id of ['one', 'two']) {
    await store.reserve(id, { owner: 'a', leaseMs: 60_000 })
    await store.release(id, { owner: 'a' })
    await store.reserve(id, { owner: 'a', leaseMs: 60_000 })
    await store.reserve(id, { owner: 'b', leaseMs: 60_000 })
    await store.complete(id, { owner: 'a', ttlMs: 60_000 })
  }
  await store.note!('noted', { ttlMs: 60_000 })
  for (const id of ['one', 'two', 'noted']) await store.forget(id)
}

describe.skipIf(!hasRedisServer)('the rights of redisStore', () => {
  const rights = rightsOf('Redis').split(' ')
  let server: OwnServer
  let admin: Redis
  beforeAll(async () => {
    server = await ownRedis()
    admin = new Redis(server.port, '127.0.0.1')
  })
  afterAll(async () => {
    admin.disconnect()
    await server.remove()
  })
  const use = async (granted: readonly string[]) => {
    await admin.script('FLUSH')
    await admin.call('ACL', 'SETUSER', 'app', 'reset', 'on', 'nopass', ...granted)
    const client = new Redis({ port: server.port, host: '127.0.0.1', username: 'app', password: 'any' })
    client.on('error', () => undefined)
    await useAll(redisStore(client)).finally(() => client.disconnect())
  }

  it('are enough', () => use(rights))
  it.each(without(rights))('are needed: $left', async ({ rights: granted }) => {
    await expect(use(granted)).rejects.toThrow(/NOPERM|permission|The user executing the script can't/i)
  })
})

describe.skipIf(!(await postgresAnswers()))('the rights of postgresStore', () => {
  const rights = rightsOf('Postgres').split(', ')
  const table = `${runId}.events`
  const role = `${runId}_app`
  const admin = new pg.Pool({ connectionString: databaseUrl, max: 1 })
  beforeAll(async () => {
    await admin.query(`CREATE SCHEMA ${runId}; CREATE ROLE ${role}; GRANT USAGE ON SCHEMA ${runId} TO ${role}`)
    await admin.query(postgresStoreTable(table))
  })
  afterAll(async () => {
    await admin.query(`DROP SCHEMA ${runId} CASCADE; DROP OWNED BY ${role}; DROP ROLE ${role}`)
    await admin.end()
  })
  const use = async (granted: readonly string[]) => {
    await admin.query(`REVOKE ALL ON ${table} FROM ${role}; GRANT ${granted.join(', ')} ON ${table} TO ${role}`)
    const pool = new pg.Pool({ connectionString: databaseUrl, max: 1, options: `-c role=${role}` })
    await useAll(postgresStore(pool, { table, createTable: false })).finally(() => pool.end())
  }

  it('are enough', () => use(rights))
  it.each(without(rights))('are needed: $left', async ({ rights: granted }) => {
    await expect(use(granted)).rejects.toMatchObject({ code: '42501' })
  })
})
