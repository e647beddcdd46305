import { Cluster, Redis } from 'ioredis'
import { Cluster as Cluster5, Redis as Redis5 } from 'ioredis5'
import { createCluster, createSentinel } from 'redis'
import { createCluster as createCluster4 } from 'redis4'
import { createCluster as createCluster5, createSentinel as createSentinel5 } from 'redis5'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { redisStore, type NodeRedisLike } from '../../src/engines/redis/store.ts'
import { hasRedisServer, ownRedisCluster, ownSentinel } from '../support/own-servers.mjs'

interface Opened {
  client: unknown
  close(): unknown
}
interface Connecting {
  on(event: 'error', act: () => void): unknown
  connect(): Promise<unknown>
}

const connected = async <C extends Connecting>(client: C, close: (client: C) => unknown): Promise<Opened> => {
  client.on('error', () => undefined)
  await client.connect()
  return { client, close: () => close(client) }
}
const ioredis = (client: { disconnect(): void }): Opened => ({ client, close: () => client.disconnect() })
const url = ({ host, port }: { host: string; port: number }) => ({ url: `redis://${host}:${port}` })

/** Each of 60 events is claimed, refused to another, and completed; the persistence of its Redis is named once. */
async function works(opened: Opened): Promise<void> {
  try {
    const store = redisStore(opened.client as NodeRedisLike)
    const warn = vi.fn<(topic: string, message: string) => void>()
    store.attach!({ warn, replayMs: 1_000, timeoutMs: 2_000 })
    for (let n = 0; n < 60; n += 1) {
      const id = `${Math.random()} ${n}`
      expect(await store.reserve(id, { owner: 'a', leaseMs: 60_000 })).toBe('reserved')
      expect(await store.reserve(id, { owner: 'b', leaseMs: 60_000 })).toBe('in_progress')
      expect(await store.complete(id, { owner: 'a', ttlMs: 60_000 })).toBe(true)
      expect(await store.reserve(id, { owner: 'b', leaseMs: 60_000 })).toBe('done')
    }
    await expect.poll(() => warn.mock.calls.map(([topic]) => topic)).toEqual(['redis_not_persistent'])
  } finally {
    await opened.close()
  }
}

describe.skipIf(!hasRedisServer)('redisStore on a Redis Cluster', () => {
  let cluster: Awaited<ReturnType<typeof ownRedisCluster>>
  beforeAll(async () => {
    cluster = await ownRedisCluster()
    await vi.waitFor(
      async () => {
        for (const options of cluster.nodes) {
          const node = new Redis(options)
          expect(await node.cluster('INFO').finally(() => node.disconnect())).toContain('cluster_state:ok')
        }
      },
      { timeout: 30_000, interval: 100 },
    )
  }, 60_000)
  afterAll(() => cluster.remove())

  /** How often a node has sent a client to another one. */
  const redirections = async () => {
    let count = 0
    for (const node of cluster.nodes) {
      const admin = new Redis(node)
      count += Number(/errorstat_MOVED:count=(\d+)/.exec(await admin.info('errorstats'))?.[1] ?? 0)
      admin.disconnect()
    }
    return count
  }

  it.each<[string, () => Opened | Promise<Opened>]>([
    ['ioredis 5', () => ioredis(new Cluster5(cluster.nodes, { redisOptions: { socketTimeout: 3_000 } }))],
    ['ioredis 6', () => ioredis(new Cluster(cluster.nodes, { redisOptions: { socketTimeout: 3_000 } }))],
    [
      'redis 4',
      () => connected(createCluster4({ rootNodes: cluster.nodes.map(url) }), (client) => client.disconnect()),
    ],
    ['redis 5', () => connected(createCluster5({ rootNodes: cluster.nodes.map(url) }), (client) => client.destroy())],
    ['redis 6', () => connected(createCluster({ rootNodes: cluster.nodes.map(url) }), (client) => client.destroy())],
  ])('by %s: each call goes to the node that has the key', async (_, open) => {
    const before = await redirections()
    await works(await open())
    expect((await redirections()) - before).toBe(0)
  })
})

describe.skipIf(!hasRedisServer)('redisStore behind a Sentinel', () => {
  let setUp: Awaited<ReturnType<typeof ownSentinel>>
  beforeAll(async () => {
    setUp = await ownSentinel()
  }, 60_000)
  afterAll(() => setUp.remove())

  it.each<[string, () => Opened | Promise<Opened>]>([
    ['ioredis 5', () => ioredis(new Redis5({ sentinels: setUp.sentinels, name: 'mymaster', socketTimeout: 3_000 }))],
    ['ioredis 6', () => ioredis(new Redis({ sentinels: setUp.sentinels, name: 'mymaster', socketTimeout: 3_000 }))],
    [
      'redis 5',
      () =>
        connected(createSentinel5({ name: 'mymaster', sentinelRootNodes: setUp.sentinels }), (client) =>
          client.destroy(),
        ),
    ],
    [
      'redis 6',
      () =>
        connected(createSentinel({ name: 'mymaster', sentinelRootNodes: setUp.sentinels }), (client) =>
          client.destroy(),
        ),
    ],
  ])('by %s', async (_, open) => works(await open()))
})
