import { EffectError } from '../../errors.ts'
import { isRecord } from '../../lib/json.ts'
import type { ClientLike } from './client.ts'

const begin = /^(?:begin|start\s+transaction)\b([^;]*);?$/i
const commit = /^(?:commit|end)(?:\s+(?:work|transaction))?;?$/i
const rollback = /^(?:rollback|abort)(?:\s+(?:work|transaction))?;?$/i

/** Characters; none of the above is longer. */
const longestControl = 200

/**
 * Lends the client of an open transaction to code that may begin and end transactions itself, as ORMs do: theirs become
 * savepoints, so that all of it stays or nothing does.
 */
export function innerTransactions(client: ClientLike) {
  let open = 0
  let isOver = false

  /** Undefined: as it is. */
  function replaced(text: string): string | Error | undefined {
    if (text.length > longestControl) return undefined
    const plain = text.replace(/\/\*[^*]*\*\/|--[^\n]*/g, '').trim()
    const begun = begin.exec(plain)
    if (begun) {
      if (/isolation|read\s+only|deferrable/i.test(begun[1] ?? ''))
        return broken(
          'a transaction that the handler began asks for an isolation level or mode of its own. It runs inside the one that was begun before: set that of the session instead.',
        )
      open += 1
      return `SAVEPOINT smile_id_${open}`
    }
    const isCommit = commit.test(plain)
    if (!isCommit && !rollback.test(plain)) return undefined
    if (open === 0)
      return broken(
        'the handler tried to end a transaction that it had not begun. inTransaction commits it after the handler, or rolls back what a handler threw in.',
      )
    open -= 1
    return `${isCommit ? 'RELEASE' : 'ROLLBACK TO'} SAVEPOINT smile_id_${open + 1}`
  }

  const query = (first: unknown, ...rest: unknown[]): unknown => {
    const text = isRecord(first) && typeof first['submit'] !== 'function' ? first['text'] : first
    const other = isOver
      ? broken('a query came after the handler had ended: wait for each of them.')
      : typeof text === 'string'
        ? replaced(text)
        : undefined
    if (other instanceof Error) return refused(other, rest.at(-1))
    const send = client.query.bind(client) as (...args: unknown[]) => unknown
    if (other === undefined) return send(first, ...rest)
    return send(isRecord(first) ? { ...first, text: other } : other, ...rest)
  }

  return {
    client: new Proxy(client, {
      get(target, key) {
        if (key === 'query') return query
        // An ORM that takes it for one of its own pool gives it back.
        if (key === 'release') return () => undefined
        const value: unknown = Reflect.get(target, key, target)
        return typeof value === 'function' && key !== 'constructor' ? (value.bind(target) as unknown) : value
      },
    }),
    /** How many transactions were begun on it and not ended. */
    get open() {
      return open
    },
    /** Refuses every further query: the client belongs to another by now. */
    end() {
      isOver = true
    },
  }
}

/** As pg does: by the callback where there is one. */
function refused(error: Error, done: unknown): Promise<never> | undefined {
  if (typeof done !== 'function') return Promise.reject(error)
  queueMicrotask(done.bind(undefined, error) as () => void)
  return undefined
}

export const broken = (why: string, cause?: unknown): EffectError =>
  new EffectError('transaction_broken', `The effect did not happen, and no key is kept: ${why}`, undefined, { cause })
