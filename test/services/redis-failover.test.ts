import { Cluster, Redis } from 'ioredis'
import { Cluster as Cluster5, Redis as Redis5 } from 'ioredis5'
import { createClient, createCluster, createSentinel } from 'redis'
import { createClient as createClient4, createCluster as createCluster4 } from 'redis4'
import {
  createClient as createClient5,
  createCluster as createCluster5,
  createSentinel as createSentinel5,
} from 'redis5'
import { describe, expect, it } from 'vitest'
import { bullmqInbox, bullmqWorker } from '../../src/engines/bullmq/inbox.ts'
import { redisStore, type NodeRedisLike } from '../../src/engines/redis/store.ts'
import { cuttingProxy } from '../support/cutting-proxy.ts'
import { v1Delivery, v3Delivery } from '../support/deliveries.ts'
import { bullmqs } from '../support/engines.ts'
import { failOver, handOver, ownersOf, survivesFailover, type Way } from '../support/failover.ts'
import { hasRedisServer, ownRedis, ownRedisCluster, ownSentinel } from '../support/own-servers.mjs'
import { receiver } from '../support/receiver.ts'

interface Client {
  on(event: 'error', act: () => void): unknown
  connect?: () => Promise<unknown>
  /** Of node-redis. */
  destroy?: () => void
  /** Of ioredis. */
  disconnect?: () => unknown
}
const heard = <C extends Pick<Client, 'on'>>(one: C): C => {
  one.on('error', () => undefined)
  return one
}

/** A way for each client, by its store, and one for each BullMQ. `close` ends them. */
async function waysOf(
  stores: Record<string, Client>,
  { working, ...queues }: { receiving: Redis | Cluster; working: Redis | Cluster; prefix?: string },
) {
  const { receiving: connection, ...prefix } = queues
  const clients: Client[] = [working, ...Object.values(stores)]
  clients.forEach(heard)
  const ways: Record<string, Way> = {}
  for (const [name, client] of Object.entries(stores)) {
    if (name.startsWith('redis')) await client.connect?.()
    ways[name] = { options: { store: redisStore(client as unknown as NodeRedisLike) } }
  }
  const made = bullmqs.map(({ name, Queue }) => {
    const queue = heard(new Queue(`failing-over-${name.at(-1)}`, { connection, ...prefix }))
    ways[name] = {
      options: { inbox: bullmqInbox(queue, { timeout: 3_000 }) },
      work: (callbacks) => heard(bullmqWorker(callbacks, { connection: working, queue: queue.name, ...prefix })),
    }
    return queue
  })
  const close = async () => {
    for (const queue of made) await queue.close()
    for (const client of clients)
      if (client.destroy) client.destroy()
      else client.disconnect!()
  }
  return { ways, close }
}

const soon = { maxRetriesPerRequest: 1, socketTimeout: 3_000 }
const patient = { maxRetriesPerRequest: null, socketTimeout: 15_000 }

describe.skipIf(!hasRedisServer)('a master dies with traffic, and its replica takes over', () => {
  it('of a Cluster', async () => {
    const cluster = await ownRedisCluster(1)
    const prefix = '{smile-id}'
    const rootNodes = cluster.nodes.map(({ host, port }) => ({ url: `redis://${host}:${port}` }))
    const receiving = new Cluster(cluster.nodes, { redisOptions: soon })
    const { ways, close } = await waysOf(
      {
        'ioredis 5': new Cluster5(cluster.nodes, { redisOptions: soon }),
        'ioredis 6': receiving,
        'redis 4': createCluster4({ rootNodes }),
        'redis 5': createCluster5({ rootNodes }),
        'redis 6': createCluster({ rootNodes }),
      },
      { receiving, working: new Cluster(cluster.nodes, { redisOptions: patient }), prefix },
    )
    try {
      const { master, replica } = await ownersOf(prefix, cluster.nodes[0]!.port)
      // As before maintenance, and then a crash of the one that took over.
      await survivesFailover(ways, async () => {
        await handOver(replica)
        await failOver({ master: replica, replica: master, kill: () => cluster.kill(replica) })
      })
    } finally {
      await close()
      await cluster.remove()
    }
  })

  it('behind a Sentinel', async () => {
    const setUp = await ownSentinel()
    const at = { name: 'mymaster', sentinels: setUp.sentinels }
    const atNode = { name: 'mymaster', sentinelRootNodes: setUp.sentinels }
    const receiving = new Redis({ ...at, ...soon })
    const { ways, close } = await waysOf(
      {
        'ioredis 5': new Redis5({ ...at, ...soon }),
        'ioredis 6': receiving,
        'redis 5': createSentinel5(atNode),
        'redis 6': createSentinel(atNode),
      },
      { receiving, working: new Redis({ ...at, ...patient }) },
    )
    try {
      const sentinel = new Redis(setUp.sentinels[0]!)
      const known = async () => String(await sentinel.call('SENTINEL', 'REPLICAS', 'mymaster'))
      await expect.poll(known).toContain('master-link-status,ok')
      sentinel.disconnect()
      await survivesFailover(ways, () => failOver(setUp))
    } finally {
      await close()
      await setUp.remove()
    }
  })
})

describe.skipIf(!hasRedisServer)('a master becomes a replica, and its name means another server', () => {
  it.each<[string, (url: string) => Client | Promise<Client>]>([
    ['ioredis 5', (url) => new Redis5(url, soon)],
    ['ioredis 6', (url) => new Redis(url, soon)],
    ['redis 4', (url) => heard(createClient4({ url })).connect()],
    ['redis 5', (url) => heard(createClient5({ url })).connect()],
    ['redis 6', (url) => heard(createClient({ url })).connect()],
  ])('%s leaves it', (_, open) =>
    leaves(async (port) => {
      const client = heard(await open(`redis://127.0.0.1:${port}`))
      return {
        options: { store: redisStore(client as unknown as NodeRedisLike) },
        close: () => (client.destroy ? client.destroy() : client.disconnect!()),
      }
    }),
  )

  it.each(bullmqs)('$name leaves it, inbox and worker', ({ Queue }) =>
    leaves((port) => {
      const queue = heard(new Queue('smile-id', { connection: { port, ...soon } }))
      const working = { port, ...patient }
      return {
        options: { inbox: bullmqInbox(queue, { timeout: 3_000 }) },
        work: (callbacks) => heard(bullmqWorker(callbacks, { connection: working, drainDelay: 1 })),
        close: () => queue.close(),
      }
    }),
  )
})

type Opened = Way & { close: () => unknown }

/** Takes a delivery, and another one by the master to be, once the name means that one. */
async function leaves(make: (port: number) => Promise<Opened> | Opened): Promise<void> {
  const [was, is] = [await ownRedis([]), await ownRedis([])]
  const proxy = await cuttingProxy(was.port)
  const { options, work, close } = await make(proxy.port)
  const { callbacks, post, events } = receiver(options)
  const worker = work?.(callbacks)
  try {
    expect((await post(v1Delivery())).status).toBe(200)
    await expect.poll(() => events.length).toBe(1)
    const admin = new Redis(was.port)
    await admin.replicaof('127.0.0.1', is.port)
    admin.disconnect()
    proxy.pointTo(is.port)
    await expect.poll(async () => (await post(v3Delivery())).status).toBe(200)
    await expect.poll(() => events.length).toBe(2)
  } finally {
    await worker?.close()
    await close()
    await proxy.stop()
    await Promise.all([was.remove(), is.remove()])
  }
}
