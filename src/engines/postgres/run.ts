import { createHash } from 'node:crypto'
import {
  countOf,
  hasState,
  inOneTransaction,
  isLending,
  isRetryable,
  onConnection,
  type PoolLike,
  retried,
} from './client.ts'

/** Runs one statement, and resolves to the number of rows it changed. */
export type Run = (text: string, values: unknown[]) => Promise<number>

const mostRetries = 5

/**
 * Each statement is one transaction, whatever isolation the session has: once Postgres has refused one for that, they
 * name their own. With `prepare` Postgres plans each once per connection; a pooler that mixes connections causes an
 * error at once, after which it is turned off. After `limitMs()` without an answer a connection counts as silent.
 */
export function runner(pool: PoolLike, prepare: boolean, limitMs: () => number): Run {
  let isOwnLevel = false
  // Only after an answer in the form of pg's: other clients take no objects.
  let isPrepared = false
  let mayPrepare = prepare
  const query = async (on: PoolLike, text: string, values: unknown[]): Promise<number> => {
    if (!isPrepared) {
      const count = countOf(await on.query(text, values))
      isPrepared = mayPrepare && isLending(pool)
      return count
    }
    try {
      // pg accepts an object too, which the type omits: other clients need not.
      return countOf(await on.query({ name: nameOf(text), text, values } as never))
    } catch (error) {
      if (!isLostStatement(error)) throw error
      isPrepared = mayPrepare = false
      return query(on, text, values)
    }
  }
  return (text, values) =>
    retried(mostRetries, async () => {
      if (isOwnLevel && isLending(pool))
        return inOneTransaction(pool, 'BEGIN ISOLATION LEVEL READ COMMITTED', (client) => query(client, text, values))
      return onConnection(pool, limitMs(), (on) => query(on, text, values)).catch((error: unknown) => {
        isOwnLevel ||= isRetryable(error)
        throw error
      })
    })
}

// A statement that is not there, or there already: another session than the one that it was made in.
const isLostStatement = (error: unknown): boolean => hasState(error, '26000', '42P05')

const names = new Map<string, string>()

function nameOf(text: string): string {
  const name = names.get(text) ?? `smile-id-${createHash('sha1').update(text).digest('hex')}`
  names.set(text, name)
  return name
}
