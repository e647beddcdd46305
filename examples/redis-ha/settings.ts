// A Redis that outlives its machines: a Cluster (REDIS_CLUSTER=host:port,…) or a master behind Sentinels (REDIS_SENTINELS=host:port,…).
import { Cluster, Redis, type RedisOptions } from 'ioredis'

const nodes = (list: string) =>
  list.split(',').map((node) => ({ host: node.split(':')[0]!, port: Number(node.split(':')[1]) }))
const {
  REDIS_CLUSTER: cluster,
  REDIS_SENTINELS: sentinels = '127.0.0.1:26379',
  REDIS_MASTER: name = 'mymaster',
} = process.env

/** Receivers refuse soon while Redis is down, and wait no quarter of an hour for a connection whose host is gone. */
export const receiving = { maxRetriesPerRequest: 1, socketTimeout: 3_000 }
/** Workers wait for Redis as long as it takes. An idle one hears from it every 5 s. */
export const working = { maxRetriesPerRequest: null, socketTimeout: 15_000 }

export function connect(options: RedisOptions): Redis | Cluster {
  const client = cluster
    ? new Cluster(nodes(cluster), { redisOptions: options })
    : new Redis({ sentinels: nodes(sentinels), name, ...options })
  client.on('error', (error) => console.error('Redis:', error.message))
  return client
}

/** In braces: all keys of a queue have to lie on one node of a cluster. Receiver and workers have the same. */
export const prefix = process.env.QUEUE_PREFIX ?? '{smile-id}'
