import { createHash } from 'node:crypto'
import { countOf, inOneTransaction, isClient, isRetryable, retried, type ClientLike, type LendingPoolLike, type PoolLike } from './postgres-client.ts'

/** Runs one statement by itself, and resolves to how many rows it changed. */
export type Run = (text: string, values: unknown[]) => Promise<number>

const mostRetries = 5
const readCommitted = { begin: 'BEGIN ISOLATION LEVEL READ COMMITTED', commit: 'COMMIT' }

/**
 * Each statement is one transaction, whatever isolation the session asks for: once Postgres has refused one for that, they
 * name their own. With `prepare` Postgres plans each once a connection; where a pooler in between mixes connections up, that
 * shows at once, and is given up.
 */
export function runner(pool: PoolLike, prepare: boolean): Run {
  let isOwnLevel = false
  // Only once a plain answer was one of pg's: others take no objects.
  let isPrepared = false
  let mayPrepare = prepare
  const query = async (on: PoolLike, text: string, values: unknown[]): Promise<number> => {
    if (!isPrepared) {
      const count = countOf(await on.query(text, values))
      isPrepared = mayPrepare && isLending(pool)
      return count
    }
    try {
      // pg takes an object, too, which is not in the type: other clients need not.
      return countOf(await on.query({ name: nameOf(text), text, values } as never))
    } catch (error) {
      if (!isLostStatement(error)) throw error
      isPrepared = mayPrepare = false
      return query(on, text, values)
    }
  }
  return (text, values) =>
    retried(mostRetries, async () => {
      if (isOwnLevel && isLending(pool)) return inOneTransaction(pool, readCommitted, (client: ClientLike) => query(client, text, values))
      return query(pool, text, values).catch((error: unknown) => {
        isOwnLevel ||= isRetryable(error)
        throw error
      })
    })
}

const isLending = (pool: PoolLike): pool is LendingPoolLike => typeof (pool as Partial<LendingPoolLike>).connect === 'function' && !isClient(pool)

// A statement that is not there, or there already: another session than the one that it was made in.
const isLostStatement = (error: unknown): boolean => ['26000', '42P05'].includes(String((error as { code?: unknown } | null | undefined)?.code))

const names = new Map<string, string>()

function nameOf(text: string): string {
  const name = names.get(text) ?? `smile-id-${createHash('sha1').update(text).digest('hex')}`
  names.set(text, name)
  return name
}
