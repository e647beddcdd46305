import { setTimeout as wait } from 'node:timers/promises'
import { untilDone } from '../once/until-done.ts'

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

async function makeQueue(boss: QueueMakerLike, name: string, options: PgBossQueueOptions): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    if ((await boss.getQueue(name)) !== null) return
    try {
      await boss.createQueue(name, { name, ...options })
      return
    } catch (error) {
      // Processes that start at once get into each other's way here: pg-boss makes a table per queue.
      if (attempt === tries) throw error
      await wait(attempt * 20 * Math.random())
    }
  }
}
