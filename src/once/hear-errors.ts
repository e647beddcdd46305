import { failureName } from '../lib/with-timeout.ts'
import type { StoreUser } from './store.ts'

interface Emitter {
  on(event: 'error', listener: (error: unknown) => void): unknown
  listenerCount(event: 'error'): number
}

/**
 * Listens to the errors of a client to which nobody listens: without that, Node ends the process when a connection is cut
 * once. `name` is what the client is called in the log.
 */
export function hearErrors(client: unknown, name: string, users: ReadonlySet<StoreUser>): void {
  const { on, listenerCount } = client as Partial<Emitter>
  if (typeof on !== 'function' || typeof listenerCount !== 'function' || listenerCount.call(client, 'error') > 0) return
  on.call(client, 'error', (error: unknown) => {
    const why = failureName({ failed: 'error', error })
    for (const user of users) user.warn('store_connection', `The store's ${name} lost a connection: ${why}. It connects again by itself; listen to its 'error' event to hear of each time.`)
  })
}
