import { setTimeout as wait } from 'node:timers/promises'
import { untilDone } from '../lib/until-done.ts'
import { endTurn, takeTurn, type SqlLike } from './pg-boss-turn.ts'

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

export interface QueueMakerLike {
  getQueue(name: string): Promise<object | null>
  createQueue(name: string, options: PgBossQueueOptions & { name: string }): Promise<unknown>
  getDb?(): SqlLike
}

const queueDefaults = { retryLimit: 12, retryDelay: 5, retryBackoff: true, expireInSeconds: 900 } satisfies PgBossQueueOptions

/** Makes a queue and its dead-letter queue before first use, unless they are there. */
export function queueMaker(boss: QueueMakerLike, queue: string, options: PgBossQueueOptions | false): () => Promise<void> {
  if (options === false) return () => Promise.resolve()
  const { deadLetter = `${queue}-dead`, ...rest } = options
  return untilDone(async () => {
    await makeQueue(boss, deadLetter, {})
    await makeQueue(boss, queue, { ...queueDefaults, ...rest, deadLetter })
  })
}

const tries = 10
/** How long others are given to make a queue before this process tries it, too, ms. */
const patience = 3_000

const underWay = new WeakMap<QueueMakerLike, Map<string, Promise<void>>>()

/** Inboxes and workers of one process share a try. */
function makeQueue(boss: QueueMakerLike, name: string, options: PgBossQueueOptions): Promise<void> {
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
async function makeOrAwait(boss: QueueMakerLike, name: string, options: PgBossQueueOptions): Promise<void> {
  const db = boss.getDb?.()
  const until = performance.now() + patience
  for (let attempt = 1; ; ) {
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
