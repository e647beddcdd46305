import { failureName } from '../lib/promises.ts'
import type { StoreUser } from '../once/store.ts'

interface Emitter {
  on(event: 'error', listener: (error: unknown) => void): unknown
  listenerCount(event: 'error'): number
}

/** The last error of a client's connection, until `forget`. */
export interface Heard {
  readonly last: unknown
  forget(): void
}

const heardOf = new WeakMap<object, Heard>()

/**
 * Listens to the errors of a client: clients that wait for their connection tell why by this event alone. Where nobody
 * else
 * listens, users hear of it, and Node does not end the process when a connection is cut once. `name` is what the client
 * is
 * called in the log.
 */
export function hearErrors(client: object, name: string, users: Iterable<Pick<StoreUser, 'warn'>>): Heard | undefined {
  const { on, listenerCount } = client as Partial<Emitter>
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
    const why = failureName({ failed: 'error', error })
    for (const user of users)
      user.warn(
        'store_connection',
        `The ${name} lost a connection: ${why}. It connects again by itself; listen to its 'error' event to hear of each time.`,
      )
  })
  return heard
}
