import { randomBytes } from 'node:crypto'
import { Redis } from 'ioredis'
import pg from 'pg'

export const redisUrl = process.env['REDIS_URL'] ?? 'redis://127.0.0.1:6379'
export const databaseUrl = process.env['DATABASE_URL'] ?? 'postgres://postgres@127.0.0.1:5432/test'

/** Names of this run's keys, queues and tables, so that runs at the same time never meet. */
export const runId = `t${process.pid}_${randomBytes(4).toString('hex')}`

/** Whether a service answers. Where it does not: a notice here, a failure in CI. */
async function answers(name: string, url: string, ask: () => Promise<unknown>): Promise<boolean> {
  try {
    await ask()
    return true
  } catch (error) {
    const notice = `${name} does not answer at ${new URL(url).host}`
    if (process.env['CI'] === 'true') throw new Error(`${notice}; in CI its tests have to run.`, { cause: error })
    process.stderr.write(`\nNOTICE: ${notice}: its tests are SKIPPED.\n`)
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
