import { Redis } from 'ioredis'
import { createClient } from 'redis'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { redisStore } from '../../src/engines/redis/store.ts'
import { hasRedisServer, ownRedis, type OwnServer } from '../support/own-servers.mjs'
import { survivesRestart } from '../support/restart.ts'

describe.skipIf(!hasRedisServer)('Redis killed and started again', () => {
  let server: OwnServer
  beforeAll(async () => {
    server = await ownRedis()
  })
  afterAll(() => server.remove())

  it.each(['ioredis', 'node-redis'])('is answered 503 meanwhile, and forgets nothing: %s', async (kind) => {
    const nodeRedis = createClient({ url: `redis://127.0.0.1:${server.port}`, socket: { reconnectStrategy: 50 } })
    const ioredis = new Redis(server.port, '127.0.0.1', { lazyConnect: true, retryStrategy: () => 50 })
    for (const client of [nodeRedis, ioredis]) client.on('error', () => undefined)
    const client = kind === 'ioredis' ? ioredis : nodeRedis
    await client.connect()
    try {
      await survivesRestart(redisStore(client, { prefix: `${kind}:` }), server)
    } finally {
      nodeRedis.destroy()
      ioredis.disconnect()
    }
  })
})
