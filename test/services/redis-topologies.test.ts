import { readFileSync } from 'node:fs'
import { Queue } from 'bullmq'
import { Cluster, Redis } from 'ioredis'
import { Cluster as Cluster5, Redis as Redis5 } from 'ioredis5'
import { createCluster, createSentinel } from 'redis'
import { createCluster as createCluster4 } from 'redis4'
import { createCluster as createCluster5, createSentinel as createSentinel5 } from 'redis5'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { redisStore, type NodeRedisLike } from '../../src/engines/redis/store.ts'
import { bullmqInbox, bullmqWorker } from '../../src/engines/bullmq/inbox.ts'
import { run } from '../cli/support.ts'
import { runDemo } from '../examples/run.ts'
import { v1Delivery } from '../support/deliveries.ts'
import { hasRedisServer, ownRedisCluster, ownSentinel } from '../support/own-servers.mjs'
import { receiver } from '../support/receiver.ts'

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

/** The example does what it says, and the command finds a dead letter by the address of one server. */
async function queues(connection: Redis | Cluster, at: { host: string; port: number }, env: NodeJS.ProcessEnv) {
  expect(await runDemo('redis-ha', env)).toBe(readFileSync('examples/redis-ha/expected.txt', 'utf8'))
  const prefix = '{smile-id}'
  const queue = new Queue('smile-id', { connection, prefix })
  const { callbacks, post } = receiver({ inbox: bullmqInbox(queue, { job: { attempts: 1 } }) })
  callbacks.onAny(() => Promise.reject(new Error('no')))
  const { id } = (await post(v1Delivery())).event!
  const worker = bullmqWorker(callbacks, { connection, prefix })
  worker.on('error', () => undefined)
  await expect.poll(() => queue.getFailedCount()).toBe(1)
  await worker.close()
  const where = `--redis redis://${at.host}:${at.port} --prefix ${prefix}`
  expect(await run(`dead list ${where}`)).toMatchObject({
    code: 0,
    err: '',
    out: expect.stringContaining(id) as string,
  })
  expect(await run(`dead redrive --all ${where}`)).toMatchObject({ code: 0, out: '1 redriven\n' })
  expect(await run(`dead list ${where}`)).toMatchObject({ code: 0, out: 'No event is dead.\n' })
  await queue.close()
  connection.disconnect()
}
const listed = (nodes: { host: string; port: number }[]) => nodes.map(({ host, port }) => `${host}:${port}`).join()

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

  it('keeps a queue of BullMQ, and its dead letters', () =>
    queues(
      new Cluster(cluster.nodes, { redisOptions: { maxRetriesPerRequest: null, socketTimeout: 15_000 } }),
      cluster.nodes[1]!,
      { REDIS_CLUSTER: listed(cluster.nodes) },
    ))

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

  it('keeps a queue of BullMQ, and its dead letters', () =>
    queues(
      new Redis({ sentinels: setUp.sentinels, name: 'mymaster', maxRetriesPerRequest: null, socketTimeout: 15_000 }),
      setUp.sentinels[0]!,
      { REDIS_SENTINELS: listed(setUp.sentinels) },
    ))
})
