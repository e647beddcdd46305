import type { InboxConfig } from './enqueue.ts'
import type { OnceConfig } from '../once/claim.ts'
import { verdictKey } from '../once/verdicts.ts'
import { withTimeout, failureName } from '../lib/with-timeout.ts'

/** Drops what is known of an event, or of a verdict: first in the inbox, which would not take it again, then in the store. */
export async function forget(id: string, { store, timeoutMs }: OnceConfig, config: InboxConfig | undefined): Promise<boolean> {
  if (config) await inTime('inbox', async () => config.inbox.forget?.(id), config.timeoutMs)
  const known = await Promise.all([id, verdictKey(id)].map((key) => inTime('store', () => store.forget(key), timeoutMs)))
  return known.includes(true)
}

async function inTime<T>(name: string, act: () => T | Promise<T>, timeoutMs: number): Promise<T> {
  const boxed = await withTimeout(act, timeoutMs)
  if ('value' in boxed) return boxed.value
  throw new Error(`express-smile-id: the ${name} could not forget the event: ${failureName(boxed)}.`)
}
