import { shownError } from '../lib/words.ts'
import type { StoreUser } from '../once/store.ts'

/** The last error of a client's connection, until `forget`. */
export interface ConnectionErrors {
  readonly last: unknown
  forget(): void
}

const heardOf = new WeakMap<object, ConnectionErrors>()

/**
 * Listens to the errors of a client: a client that waits for its connection gives the reason by this event alone. If
 * there is no other listener, the error is logged, and Node does not exit when a connection is cut once. `name` is the
 * client's name in the log.
 */
export function trackConnectionErrors(
  client: object,
  name: string,
  users: Iterable<Pick<StoreUser, 'warn'>>,
): ConnectionErrors | undefined {
  const { on, listenerCount } = client as Partial<NodeJS.EventEmitter>
  const former = heardOf.get(client)
  if (former || typeof on !== 'function' || typeof listenerCount !== 'function') return former
  const isOurs = listenerCount.call(client, 'error') === 0
  const heard = {
    last: undefined as unknown,
    forget() {
      heard.last = undefined
    },
  }
  heardOf.set(client, heard)
  on.call(client, 'error', (error: unknown) => {
    heard.last = error
    if (!isOurs) return
    const why = shownError(error)
    for (const user of users)
      user.warn(
        'store_connection',
        `The ${name} lost a connection: ${why}. It reconnects by itself; listen to its 'error' event to see each error.`,
      )
  })
  return heard
}

/** Tells `warn` that a client has no time-outs, with the options to add. */
export function warnOfSilence(name: string, options: string, warn: (message: string) => void): void {
  warn(
    `The ${name} has no time-outs: where a connection dies in silence, as when a host is gone, its calls wait for a quarter of an hour. Make it with ${options}.`,
  )
}
