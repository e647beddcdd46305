import { createServer } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { neon, neonConfig } from '@neondatabase/serverless'
import { Redis } from 'ioredis'
import { Redis as Redis5 } from 'ioredis5'
import pg from 'pg'
import { createClient, createClientPool, RESP_TYPES } from 'redis'
import { createClient as createClient4 } from 'redis4'
import { createClient as createClient5 } from 'redis5'
import { DataSource } from 'typeorm'
import { afterAll, describe, expect, it } from 'vitest'
import type { OnceStore } from '../../src/index.ts'
import { postgresStore } from '../../src/engines/postgres/store.ts'
import { redisStore, type IoRedisLike, type NodeRedisLike } from '../../src/engines/redis/store.ts'
import { v1Delivery } from '../support/deliveries.ts'
import { databaseUrl, deleteKeys, postgresAnswers, redisAnswers, redisUrl, runId } from '../support/services.ts'
import { receiver } from '../support/receiver.ts'

// Each client as people have it set: what it answers is read, or it is refused when the store is made.

async function works(store: OnceStore, id: string): Promise<void> {
  const claim = (owner: string) => store.reserve(id, { owner, leaseMs: 60_000 })
  expect([await claim('a'), await claim('b'), await claim('a')]).toEqual(['reserved', 'in_progress', 'reserved'])
  expect([await store.release(id, { owner: 'b' }), await store.release(id, { owner: 'a' })]).toEqual([false, true])
  expect(await claim('b')).toBe('reserved')
  expect([
    await store.complete(id, { owner: 'a', ttlMs: 60_000 }),
    await store.complete(id, { owner: 'b', ttlMs: 60_000 }),
  ]).toEqual([false, true])
  expect(await claim('a')).toBe('done')
  expect([await store.forget(id), await store.forget(id)]).toEqual([true, false])
}

type Closable<C> = { client: C; close(): unknown }
const connected = async <C extends { connect(): Promise<unknown>; on(event: 'error', act: () => void): unknown }>(
  client: C,
  close: (client: C) => unknown,
): Promise<Closable<C>> => {
  client.on('error', () => undefined)
  await client.connect()
  return { client, close: () => close(client) }
}
const url = redisUrl
const buffers = { [RESP_TYPES.BLOB_STRING]: Buffer, [RESP_TYPES.SIMPLE_STRING]: Buffer }

describe.skipIf(!(await redisAnswers()))('redisStore takes', () => {
  const prefix = `${runId}:clients:`
  const admin = new Redis(redisUrl, { lazyConnect: true })
  afterAll(async () => {
    await deleteKeys(admin, prefix)
    await admin.quit()
  })

  it.each<[string, () => Promise<Closable<unknown>>]>([
    ['redis 4', () => connected(createClient4({ url }), (client) => client.disconnect())],
    [
      'redis 5',
      () =>
        connected(createClient5({ url }), (client) => {
          client.destroy()
        }),
    ],
    [
      'redis 5 with RESP 3',
      () =>
        connected(createClient5({ url, RESP: 3 }), (client) => {
          client.destroy()
        }),
    ],
    [
      'redis 6',
      () =>
        connected(createClient({ url }), (client) => {
          client.destroy()
        }),
    ],
    [
      'redis 6 with Buffers',
      () =>
        connected(createClient({ url, commandOptions: { typeMapping: buffers } }), (client) => {
          client.destroy()
        }),
    ],
    [
      'redis 6 with numbers as text',
      () =>
        connected(createClient({ url, commandOptions: { typeMapping: { [RESP_TYPES.NUMBER]: String } } }), (client) => {
          client.destroy()
        }),
    ],
    [
      'a pool of redis 6',
      () =>
        connected(createClientPool({ url }), (client) => {
          client.destroy()
        }),
    ],
    [
      'ioredis 5',
      () =>
        connected(new Redis5(url, { lazyConnect: true }), (client) => {
          client.disconnect()
        }),
    ],
    [
      'ioredis 5 with numbers as text',
      () =>
        connected(new Redis5(url, { lazyConnect: true, stringNumbers: true }), (client) => {
          client.disconnect()
        }),
    ],
    [
      'ioredis 6',
      () =>
        connected(new Redis(url, { lazyConnect: true }), (client) => {
          client.disconnect()
        }),
    ],
    [
      'ioredis 6 with numbers as text',
      () =>
        connected(new Redis(url, { lazyConnect: true, stringNumbers: true }), (client) => {
          client.disconnect()
        }),
    ],
    [
      'ioredis 6 with its own prefix',
      () =>
        connected(new Redis(url, { lazyConnect: true, keyPrefix: prefix }), (client) => {
          client.disconnect()
        }),
    ],
  ])('%s', async (name, open) => {
    const opened = await open()
    try {
      await works(redisStore(opened.client as NodeRedisLike, { prefix: `${prefix}${name}:` }), 'id')
    } finally {
      await opened.close()
    }
  })

  it.each<[string, unknown]>([
    ['redis 4 in legacy mode', createClient4({ url, legacyMode: true })],
    ['legacy() of redis 5', createClient5({ url }).legacy()],
    ['legacy() of redis 6', createClient({ url }).legacy()],
    ['a client that only calls back, as redis 3', { eval: () => undefined, evalsha: () => undefined }],
  ])('not %s', (_, client) => {
    expect(() => redisStore(client as IoRedisLike)).toThrow(expect.objectContaining({ code: 'store_invalid' }))
  })
})

describe.skipIf(!(await postgresAnswers()))('postgresStore', () => {
  const table = `${runId}_clients`
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 2 })
  pool.on('error', () => undefined)
  afterAll(async () => {
    await pool.query(`DROP TABLE IF EXISTS ${table}`)
    await pool.end()
  })

  it('takes a Pool of pg', () => works(postgresStore(pool, { table }), 'pool'))
  it('takes a Client of pg', async () => {
    const client = new pg.Client(databaseUrl)
    await client.connect()
    try {
      await works(postgresStore(client, { table }), 'client')
    } finally {
      await client.end()
    }
  })

  const refused = async (client: unknown, createTable: boolean) => {
    const logger = { warn: () => undefined, error: () => undefined }
    const report = await receiver({ logger, store: postgresStore(client as pg.Pool, { table, createTable }) }).post(
      v1Delivery(),
    )
    expect(report).toMatchObject({
      code: 'store_unavailable',
      status: 503,
      hint: expect.stringContaining('which returns rowCount') as unknown,
    })
  }

  it.each([true, false])(
    'says that a TypeORM DataSource answers rows alone, whoever makes the table (%s)',
    async (createTable) => {
      const source = new DataSource({ type: 'postgres', url: databaseUrl })
      await source.initialize()
      try {
        await refused(source, createTable)
      } finally {
        await source.destroy()
      }
    },
  )

  it("says that neon's function answers rows alone, or refuses it", async () => {
    // What Neon's HTTP endpoint answers, in front of this Postgres.
    const endpoint = createServer((request, response) => {
      void (async () => {
        let body = ''
        for await (const chunk of request) body += String(chunk)
        const { query, params } = JSON.parse(body) as { query: string; params: unknown[] }
        const { rows, fields, rowCount, command } = await pool.query({ text: query, values: params, rowMode: 'array' })
        response.end(
          JSON.stringify({
            rows,
            rowCount,
            command,
            fields: fields.map(({ name, dataTypeID }) => ({ name, dataTypeID })),
          }),
        )
      })()
    }).listen(0, '127.0.0.1')
    await once(endpoint, 'listening')
    neonConfig.fetchEndpoint = () => `http://127.0.0.1:${(endpoint.address() as AddressInfo).port}/sql`
    const sql = neon('postgres://user:password@host.test/db')
    try {
      expect(await sql.query('SELECT 1 AS one')).toEqual([{ one: 1 }])
      expect(() => postgresStore(sql as never, { table })).toThrow(expect.objectContaining({ code: 'store_invalid' }))
      await refused({ query: sql.query.bind(sql) }, true)
    } finally {
      endpoint.close()
      endpoint.closeAllConnections()
    }
  })
})
