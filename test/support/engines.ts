import PgBoss10 from 'pg-boss'
import PgBoss11 from 'pgboss11'
import { PgBoss as PgBoss12 } from 'pgboss12'
import * as bullmq6 from 'bullmq'
import * as bullmq5 from 'bullmq5'
import type { PgBossLike } from '../../src/engines/pg-boss/inbox.ts'
import { databaseUrl, redisUrl } from './services.ts'

/** What the tests use of a PgBoss beside what the library does. */
export interface TestBoss extends PgBossLike {
  on(event: 'error', listener: (error: Error) => void): unknown
  start(): Promise<unknown>
  stop(options: { graceful: boolean }): Promise<void>
  getDb(): { executeSql(text: string, values?: unknown[]): Promise<{ rows: unknown[] }> }
}

export interface TestJob {
  state: string
  data: unknown
  output: unknown
  retryCount: number
}

interface BossOptions {
  schema: string
  connectionString?: string
  max?: number
  maintenanceIntervalSeconds?: number
}

/** Every pg-boss that is supported. */
export const bosses = [
  {
    name: 'pg-boss 10',
    make: (options: BossOptions) =>
      new PgBoss10({ connectionString: databaseUrl, max: 5, ...options }) as unknown as TestBoss,
  },
  {
    name: 'pg-boss 11',
    make: (options: BossOptions) =>
      new PgBoss11({
        connectionString: databaseUrl,
        max: 5,
        superviseIntervalSeconds: 1,
        ...options,
      }) as unknown as TestBoss,
  },
  {
    name: 'pg-boss 12',
    make: (options: BossOptions) =>
      new PgBoss12({
        connectionString: databaseUrl,
        max: 5,
        superviseIntervalSeconds: 1,
        ...options,
      }) as unknown as TestBoss,
  },
]

/** Every BullMQ that is supported; the types of the newest. */
export const bullmqs = [
  {
    name: 'BullMQ 5',
    Queue: bullmq5.Queue as unknown as typeof bullmq6.Queue,
    Worker: bullmq5.Worker as unknown as typeof bullmq6.Worker,
  },
  { name: 'BullMQ 6', Queue: bullmq6.Queue, Worker: bullmq6.Worker },
]

const url = new URL(redisUrl)
export const redisConnection = {
  host: url.hostname,
  port: Number(url.port || 6379),
  db: Number(url.pathname.slice(1)),
  maxRetriesPerRequest: null,
}
