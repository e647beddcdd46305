import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import pg from 'pg'
import { createClient } from 'redis'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { smileIdCallbacks, type Logger, type OnceStore } from '../../src/index.ts'
import { postgresStore } from '../../src/engines/postgres/store.ts'
import { redisStore } from '../../src/engines/redis/store.ts'
import { run } from '../cli/support.ts'
import { senderIp, testOptions, v3Delivery } from '../support/deliveries.ts'
import { hasPostgresServer, hasRedisServer, ownPostgres, ownRedis, type OwnServer } from '../support/own-servers.mjs'

/** The line of a delivery to a receiver with this store. A busy machine takes seconds to connect. */
async function lineOf(store: OnceStore, timeout = 15_000): Promise<string> {
  const lines: string[] = []
  const keep = (_fact: object, line: string) => void lines.push(line)
  const callbacks = smileIdCallbacks({
    ...testOptions,
    store,
    once: { timeout },
    logger: { warn: keep, error: keep } satisfies Logger,
  })
  callbacks.onAny(() => undefined)
  expect(await callbacks.receive({ ...v3Delivery(), clientIp: senderIp })).toMatchObject({
    code: 'store_unavailable',
    status: 503,
    cause: 'store_failed',
  })
  const refusals = lines.filter((line) => line.includes('store_unavailable'))
  expect(refusals).toHaveLength(1)
  const { out } = await run('inspect - --json', { env: {}, readStdin: () => Promise.resolve(refusals[0] ?? '') })
  expect(JSON.parse(out)).toMatchObject({ code: 'store_unavailable', cause: { name: 'store_failed' } })
  return refusals[0] ?? ''
}

interface Connected {
  store: OnceStore
  command(name: string, ...args: string[]): Promise<unknown>
  close(): void
}

/** As users connect it: with the retries that each client has by itself. */
async function connected(kind: string, port: number): Promise<Connected> {
  if (kind === 'ioredis') {
    const client = new Redis(port, '127.0.0.1', { lazyConnect: true })
    client.on('error', () => undefined)
    await client.connect()
    return {
      store: redisStore(client),
      command: (name, ...args) => client.call(name, ...args),
      close: () => client.disconnect(),
    }
  }
  const client = createClient({ url: `redis://127.0.0.1:${port}` })
  client.on('error', () => undefined)
  await client.connect()
  return { store: redisStore(client), command: (...args) => client.sendCommand(args), close: () => client.destroy() }
}

describe.skipIf(!hasRedisServer).each(['ioredis', 'node-redis'])('a real Redis, asked by %s', (kind) => {
  let server: OwnServer
  let connection: Connected
  beforeAll(async () => {
    server = await ownRedis(['--save', ''])
    connection = await connected(kind, server.port)
  })
  afterAll(async () => {
    connection.close()
    await server.remove()
  })
  const command: Connected['command'] = (...args) => connection.command(...args)

  test('that is a replica', async () => {
    await command('REPLICAOF', '127.0.0.1', '1')
    expect(await lineOf(connection.store)).toContain('READONLY')
    await command('REPLICAOF', 'NO', 'ONE')
  })

  test('whose replicas are gone', async () => {
    await command('CONFIG', 'SET', 'min-replicas-to-write', '1')
    expect(await lineOf(connection.store)).toContain('NOREPLICAS')
    await command('CONFIG', 'SET', 'min-replicas-to-write', '0')
  })

  test('whose memory is full', async () => {
    await command('CONFIG', 'SET', 'maxmemory', '1')
    expect(await lineOf(connection.store)).toContain('OOM')
    await command('CONFIG', 'SET', 'maxmemory', '0')
  })

  test('that wants a password', async () => {
    await command('CONFIG', 'SET', 'requirepass', 'secret')
    const stranger = new Redis(server.port, '127.0.0.1', { lazyConnect: true })
    stranger.on('error', () => undefined)
    await stranger.connect().catch(() => undefined)
    try {
      expect(await lineOf(redisStore(stranger))).toContain('NOAUTH')
    } finally {
      stranger.disconnect()
      await command('CONFIG', 'SET', 'requirepass', '')
    }
  })

  test('that was killed', async () => {
    await server.kill()
    expect(await lineOf(connection.store, 2_000)).toContain('ECONNREFUSED')
  })
})

describe.skipIf(!hasPostgresServer)('a real Postgres', () => {
  let server: OwnServer
  const folder = mkdtempSync(join(tmpdir(), 'smile-id-hba-'))
  const pools: pg.Pool[] = []
  const pool = (change: pg.PoolConfig = {}) => {
    const one = new pg.Pool({ host: '127.0.0.1', port: server.port, user: 'postgres', database: 'postgres', ...change })
    one.on('error', () => undefined)
    pools.push(one)
    return one
  }
  beforeAll(async () => {
    const rules = join(folder, 'hba.conf')
    writeFileSync(rules, 'host all reader 127.0.0.1/32 scram-sha-256\nhost all all 127.0.0.1/32 trust\n')
    chmodSync(folder, 0o755)
    server = await ownPostgres([`hba_file=${rules}`])
    await pool().query("CREATE ROLE reader LOGIN PASSWORD 'right'")
  }, 60_000)
  afterAll(async () => {
    await Promise.all(pools.map((one) => one.end()))
    await server.remove()
    rmSync(folder, { recursive: true })
  })

  test.each<[string, string, () => OnceStore]>([
    ['whose table no migration made', '42P01', () => postgresStore(pool(), { createTable: false })],
    ['whose schema is missing', '3F000', () => postgresStore(pool(), { table: 'nowhere.events' })],
    ['whose database is unknown', '3D000', () => postgresStore(pool({ database: 'nowhere' }))],
    ['with a wrong password', '28P01', () => postgresStore(pool({ user: 'reader', password: 'wrong' }))],
    ['with an unknown role', '28000', () => postgresStore(pool({ user: 'nobody' }))],
    ['whose role may make no table', '42501', () => postgresStore(pool({ user: 'reader', password: 'right' }))],
    ['that is read-only', '25006', () => postgresStore(pool({ options: '-c default_transaction_read_only=on' }))],
  ])('%s: SQLSTATE %s', async (_what, state, store) => {
    expect(await lineOf(store())).toContain(`SQLSTATE ${state}`)
  })

  test('whose table was dropped while it was used', async () => {
    const own = pool()
    const store = postgresStore(own, { table: 'dropped' })
    await store.reserve('an event', { owner: 'x', leaseMs: 1_000 })
    await own.query('DROP TABLE dropped')
    expect(await lineOf(store)).toContain('SQLSTATE 42P01.')
  })

  test('that was killed', async () => {
    const own = pool()
    await own.query('SELECT 1')
    await server.kill()
    expect(await lineOf(postgresStore(own))).toContain('ECONNREFUSED')
  })
})
