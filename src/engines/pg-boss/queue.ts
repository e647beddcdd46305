import { setTimeout as wait } from 'node:timers/promises'
import { type Check, engineOptions } from '../../lib/check.ts'
import { perKey } from '../../lib/values.ts'
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
    const is = ((await boss.getQueue(queue)) ?? {}) as Record<string, unknown>
    const others = Object.entries<unknown>({ ...options, deadLetter })
      .filter(([name, value]) => name in is && is[name] !== value)
      .map(([name, value]) => `${name} ${String(is[name])} instead of ${String(value)}`)
    if (others.length > 0)
      warn(
        `The pg-boss queue ${queue} exists with other settings (${others.join(', ')}), which createQueue does not change. Use boss.updateQueue, or give createQueue the existing settings.`,
      )
  })
}

const tries = 10
/** How long another process is given to create a queue before this one tries too, ms. */
const patience = 3_000

/** Shared by the inboxes and workers of one process. */
const underWay = perKey<PgBossLike, Map<string, Promise<void>>>(() => new Map())

function makeQueue(boss: PgBossLike, name: string, options: PgBossQueueOptions): Promise<void> {
  const making = underWay(boss)
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
    // The lock belongs to the session: it is released if the process dies, and if the pool returns the same session.
    const isMine = await hasLock(db, 'SELECT pg_try_advisory_lock($1, hashtext($2)) AS acquired', name)
    try {
      if (isMine || performance.now() > until) {
        await boss.createQueue(name, { name, ...options })
        return
      }
    } catch (error) {
      if (attempt === tries) throw error
      attempt += 1
    } finally {
      if (isMine) await hasLock(db, 'SELECT pg_advisory_unlock($1, hashtext($2))', name)
    }
    await wait(10 + attempt * 20 * Math.random())
  }
}

// An arbitrary number that keeps these advisory locks apart from those of others.
const ours = 546_271_040

/** True unless another process has the lock. */
async function hasLock(db: SqlLike | undefined, text: string, name: string): Promise<boolean> {
  try {
    const answer = await db?.executeSql(text, [ours, name])
    return (answer?.rows[0] as { acquired?: boolean } | undefined)?.acquired !== false
  } catch {
    // Where the database cannot be asked, every process may create the queue: they only slow each other down.
    return true
  }
}
