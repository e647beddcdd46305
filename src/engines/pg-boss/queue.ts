import { setTimeout as wait } from 'node:timers/promises'
import { type Check, engineOptions } from '../../lib/check.ts'
import { untilDone } from '../../lib/promises.ts'
import type { PgBossLike, SqlLike } from './like.ts'

/** pg-boss's options of a queue that have defaults here. Times in seconds. */
export interface PgBossQueueOptions {
  /** Retries before the dead-letter queue. Default: 12. */
  retryLimit?: number
  /** Delay before the first retry, s. Default: 5. */
  retryDelay?: number
  /** If true, the delay doubles with each retry. Default: true. */
  retryBackoff?: boolean
  /** Time after which a job counts as failed, s; longer than your slowest handler. Default: 900. */
  expireInSeconds?: number
  /** Queue of the jobs that failed on every attempt. Default: `<queue>-dead`. */
  deadLetter?: string
  [option: string]: unknown
}

const queueOptions = engineOptions<PgBossQueueOptions>()
export const createQueueCheck: Check<PgBossQueueOptions | false> = (value, name) =>
  value === false ? value : queueOptions(value, name)

const day = 86_400

/** Each version reads its own: pg-boss 10 keeps a dead letter twice as long as its queue keeps a job. */
const deadLetterAge = { retentionSeconds: 30 * day }
const queueDefaults = {
  retryLimit: 12,
  retryDelay: 5,
  retryBackoff: true,
  expireInSeconds: 900,
  retentionMinutes: (15 * day) / 60,
} satisfies PgBossQueueOptions

/** Name of the dead-letter queue. */
export const deadLetterQueue = (queue: string, options: PgBossQueueOptions | false = {}): string =>
  (options === false ? undefined : options.deadLetter) ?? `${queue}-dead`

/**
 * Creates a queue and its dead-letter queue before first use, unless they exist; calls `warn` if one exists with other
 * settings.
 */
export function queueMaker(
  boss: PgBossLike,
  queue: string,
  options: PgBossQueueOptions | false,
  warn: (message: string) => void,
): () => Promise<void> {
  if (options === false) return () => Promise.resolve()
  const deadLetter = deadLetterQueue(queue, options)
  const wanted = { ...queueDefaults, ...options, deadLetter }
  return untilDone(async () => {
    await makeQueue(boss, deadLetter, deadLetterAge)
    await makeQueue(boss, queue, wanted)
    const others = differences((await boss.getQueue(queue)) ?? {}, { ...options, deadLetter })
    if (others.length > 0)
      warn(
        `The pg-boss queue ${queue} exists with other settings (${others.join(', ')}), which createQueue does not change. Use boss.updateQueue, or give createQueue the existing settings.`,
      )
  })
}

/** Names the settings that differ, with both values. */
function differences(found: object, wanted: PgBossQueueOptions): string[] {
  const is = found as Record<string, unknown>
  const differing = Object.keys(wanted).filter((name) => name in is && is[name] !== wanted[name])
  return differing.map((name) => `${name} ${String(is[name])} instead of ${String(wanted[name])}`)
}

const tries = 10
/** How long another process is given to create a queue before this one tries too, ms. */
const patience = 3_000

const underWay = new WeakMap<PgBossLike, Map<string, Promise<void>>>()

/** Shared by the inboxes and workers of one process. */
function makeQueue(boss: PgBossLike, name: string, options: PgBossQueueOptions): Promise<void> {
  const making = underWay.get(boss) ?? new Map<string, Promise<void>>()
  underWay.set(boss, making)
  const shared = making.get(name) ?? makeOrAwait(boss, name, options).finally(() => making.delete(name))
  making.set(name, shared)
  return shared
}

/**
 * pg-boss creates a table per queue, and before version 11 takes no lock for that: processes that create one queue at
 * once deadlock, for a second or more each time. So one creates it, and the others wait for it.
 */
async function makeOrAwait(boss: PgBossLike, name: string, options: PgBossQueueOptions): Promise<void> {
  const db = boss.getDb?.()
  const until = performance.now() + patience
  for (let attempt = 1; ;) {
    if ((await boss.getQueue(name)) !== null) return
    const isMine = await acquireCreateLock(db, name)
    try {
      if (isMine || performance.now() > until) {
        await boss.createQueue(name, { name, ...options })
        return
      }
    } catch (error) {
      if (attempt === tries) throw error
      attempt += 1
    } finally {
      if (isMine) await releaseCreateLock(db, name)
    }
    await wait(10 + attempt * 20 * Math.random())
  }
}

// An arbitrary number that keeps these advisory locks apart from those of others.
const ours = 546_271_040

/**
 * True if this process is to create the queue. The lock belongs to the session, so that it is released if the process
 * dies. Without SQL access every process may try: they only slow each other down.
 */
export async function acquireCreateLock(db: SqlLike | undefined, name: string): Promise<boolean> {
  if (!db) return true
  try {
    const answer = await db.executeSql('SELECT pg_try_advisory_lock($1, hashtext($2)) AS acquired', [ours, name])
    return (answer?.rows[0] as { acquired?: boolean } | undefined)?.acquired !== false
  } catch {
    // Where the database cannot be asked, every process may.
    return true
  }
}

/** Releases the lock, if the pool returns the same session; otherwise it ends with that session. */
export async function releaseCreateLock(db: SqlLike | undefined, name: string): Promise<void> {
  try {
    await db?.executeSql('SELECT pg_advisory_unlock($1, hashtext($2))', [ours, name])
  } catch {
    // The lock ends with its session.
  }
}
