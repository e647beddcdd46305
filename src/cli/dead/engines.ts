import { deadLetters as bullmqDeadLetters, type BullmqQueueLike } from '../../inbox/bullmq.ts'
import type { DeadLetters } from '../../inbox/dead-letters.ts'
import { deadLetters as pgBossDeadLetters, type PgBossLike } from '../../inbox/pg-boss.ts'
import { UsageError } from '../shared/usage.ts'

/** The dead letters of a queue, until they are closed. */
export interface Opened {
  letters: DeadLetters
  close: () => Promise<unknown>
}

/** Which queue, and where its engine keeps it. */
export interface Where {
  queue: string
  deadLetter: string | undefined
  prefix: string | undefined
  schema: string | undefined
}

export async function openBullmq(url: URL, { queue, prefix }: Where): Promise<Opened> {
  const { Queue } = await installed('bullmq', () => import('bullmq'))
  const connection = {
    host: url.hostname,
    port: Number(url.port || 6379),
    ...(url.username && { username: decodeURIComponent(url.username) }),
    ...(url.password && { password: decodeURIComponent(url.password) }),
    ...(url.pathname.length > 1 && { db: Number(url.pathname.slice(1)) }),
    ...(url.protocol === 'rediss:' && { tls: {} }),
    maxRetriesPerRequest: 1,
    retryStrategy: (tries: number) => (tries > 2 ? null : 200),
  }
  const opened = new Queue(queue, { connection, skipVersionCheck: true, ...(prefix !== undefined && { prefix }) })
  opened.on('error', () => undefined)
  return { letters: bullmqDeadLetters(opened as BullmqQueueLike), close: () => opened.close().catch(() => undefined) }
}

interface Boss extends PgBossLike {
  on(event: 'error', listener: () => void): unknown
  start(): Promise<unknown>
  stop(options: { graceful: boolean }): Promise<void>
}

export async function openPgBoss(url: string, { queue, deadLetter, schema }: Where): Promise<Opened> {
  const found: unknown = await installed('pg-boss', () => import('pg-boss'))
  // Named from version 12 on.
  const { PgBoss, default: whole } = found as { PgBoss?: new (options: object) => Boss; default?: new (options: object) => Boss }
  const Made = PgBoss ?? whole
  if (!Made) throw new UsageError('This pg-boss is not supported: 10, 11 and 12 are.')
  // It only looks: whoever runs the queue migrates and supervises it.
  const boss = new Made({ connectionString: url, max: 2, supervise: false, schedule: false, migrate: false, ...(schema !== undefined && { schema }) })
  boss.on('error', () => undefined)
  await boss.start()
  return { letters: pgBossDeadLetters(boss, { queue, deadLetter }), close: () => boss.stop({ graceful: false }).catch(() => undefined) }
}

async function installed<T>(name: string, load: () => Promise<T>): Promise<T> {
  try {
    return await load()
  } catch (error) {
    if (!/MODULE_NOT_FOUND/.test(String((error as NodeJS.ErrnoException).code))) throw error
    throw new UsageError(`This needs the package ${name}: npm install ${name}.`)
  }
}
