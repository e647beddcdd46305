import { randomBytes } from 'node:crypto'
import { Redis } from 'ioredis'
import pg from 'pg'
import { missing } from './missing.mjs'

export const redisUrl = process.env['REDIS_URL'] ?? 'redis://127.0.0.1:6379'
export const databaseUrl = process.env['DATABASE_URL'] ?? 'postgres://postgres@127.0.0.1:5432/test'

/** Names of this run's keys, queues and tables, so that runs at the same time never meet. */
export const runId = `t${process.pid}_${randomBytes(4).toString('hex')}`

async function answers(name: string, url: string, ask: () => Promise<unknown>): Promise<boolean> {
  try {
    await ask()
    return true
  } catch (error) {
    missing(`${name} at ${new URL(url).host}`, error)
    return false
  }
}

export const redisAnswers = () =>
  answers('Redis', redisUrl, async () => {
    const redis = new Redis(redisUrl, { lazyConnect: true, retryStrategy: () => null, maxRetriesPerRequest: 0 })
    redis.on('error', () => undefined)
    try {
      await redis.connect()
      await redis.ping()
    } finally {
      redis.disconnect()
    }
  })

export const postgresAnswers = () =>
  answers('Postgres', databaseUrl, async () => {
    const client = new pg.Client({ connectionString: databaseUrl, connectionTimeoutMillis: 3_000 })
    try {
      await client.connect()
      await client.query('SELECT 1')
    } finally {
      await client.end().catch(() => undefined)
    }
  })

/** Deletes the keys of a run. */
export async function deleteKeys(redis: Redis, prefix: string): Promise<void> {
  for await (const keys of redis.scanStream({ match: `${prefix}*`, count: 1000 })) {
    if ((keys as string[]).length > 0) await redis.del(...(keys as string[]))
  }
}
