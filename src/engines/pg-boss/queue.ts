import { setTimeout as wait } from 'node:timers/promises'
import { type Check, engineOptions } from '../../lib/check.ts'
import { untilDone } from '../../lib/promises.ts'
import type { PgBossLike, SqlLike } from './like.ts'

/** pg-boss's options of a queue, as far as they have defaults here. Times in seconds. */
export interface PgBossQueueOptions {
  /** Tries after the first one, until the dead-letter queue. Default: 12. */
  retryLimit?: number
  /** Before the first retry, s. Default: 5. */
  retryDelay?: number
  /** Twice as long before each retry. Default: true. */
  retryBackoff?: boolean
  /** After which a job counts as failed, s; longer than your slowest handler. Default: 900. */
  expireInSeconds?: number
  /** Where jobs go that failed every time. Default: `<queue>-dead`. */
  deadLetter?: string
  [option: string]: unknown
}

const queueOptions = engineOptions<PgBossQueueOptions>()
export const createQueueCheck: Check<PgBossQueueOptions | false> = (value, name) =>
  value === false ? value : queueOptions(value, name)

const day = 86_400

/** Each version reads its own: pg-boss 10 keeps a dead letter twice as long as the queue it comes from keeps a job. */
const deadLetterAge = { retentionSeconds: 30 * day }
const queueDefaults = {
  retryLimit: 12,
  retryDelay: 5,
  retryBackoff: true,
  expireInSeconds: 900,
  retentionMinutes: (15 * day) / 60,
} satisfies PgBossQueueOptions

/** The queue of those that failed every time. */
export const deadLetterQueue = (queue: string, options: PgBossQueueOptions | false = {}): string =>
  (options === false ? undefined : options.deadLetter) ?? `${queue}-dead`

/**
 * Makes a queue and its dead-letter queue before first use, unless they are there; `warn` hears of one that is there
 * with other settings.
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
    const others = differences((await boss.getQueue(queue)) ?? {}, wanted)
    if (others.length > 0)
      warn(
        `The pg-boss queue ${queue} was made before with other settings (${others.join(', ')}), and createQueue changes none. Use boss.updateQueue, or give createQueue what is there.`,
      )
  })
}

/** Settings by name, as they are and as they were wanted. */
function differences(found: object, wanted: PgBossQueueOptions): string[] {
  const is = found as Record<string, unknown>
  const differing = Object.keys(wanted).filter((name) => name in is && is[name] !== wanted[name])
  return differing.map((name) => `${name} ${String(is[name])} instead of ${String(wanted[name])}`)
}

const tries = 10
/** How long others are given to make a queue before this process tries it, too, ms. */
const patience = 3_000

const underWay = new WeakMap<PgBossLike, Map<string, Promise<void>>>()

/** Inboxes and workers of one process share a try. */
function makeQueue(boss: PgBossLike, name: string, options: PgBossQueueOptions): Promise<void> {
  const making = underWay.get(boss) ?? new Map<string, Promise<void>>()
  underWay.set(boss, making)
  const shared = making.get(name) ?? makeOrAwait(boss, name, options).finally(() => making.delete(name))
  making.set(name, shared)
  return shared
}

/**
 * pg-boss makes a table per queue, and before its version 11 takes no lock for that: processes that make one queue at
 * once deadlock, for a second or more each time. So one makes it, and the others wait for it.
 */
async function makeOrAwait(boss: PgBossLike, name: string, options: PgBossQueueOptions): Promise<void> {
  const db = boss.getDb?.()
  const until = performance.now() + patience
  for (let attempt = 1; ;) {
    if ((await boss.getQueue(name)) !== null) return
    const isMine = await takeTurn(db, name)
    try {
      if (isMine || performance.now() > until) {
        await boss.createQueue(name, { name, ...options })
        return
      }
    } catch (error) {
      if (attempt === tries) throw error
      attempt += 1
    } finally {
      if (isMine) await endTurn(db, name)
    }
    await wait(10 + attempt * 20 * Math.random())
  }
}

// Any number of ours: it keeps these advisory locks apart from those of others.
const ours = 546_271_040

/**
 * Whether this process is the one that makes a queue. The lock is the session's, so that a process that dies gives it
 * back. Where nobody can be asked everyone may: then they only get into each other's way.
 */
export async function takeTurn(db: SqlLike | undefined, name: string): Promise<boolean> {
  if (!db) return true
  try {
    const answer = await db.executeSql('SELECT pg_try_advisory_lock($1, hashtext($2)) AS mine', [ours, name])
    return (answer?.rows[0] as { mine?: boolean } | undefined)?.mine !== false
  } catch {
    return true
  }
}

/** Gives the turn back, if the pool hands out the same session; otherwise it ends with that session. */
export async function endTurn(db: SqlLike | undefined, name: string): Promise<void> {
  try {
    await db?.executeSql('SELECT pg_advisory_unlock($1, hashtext($2))', [ours, name])
  } catch {
    // As above.
  }
}
