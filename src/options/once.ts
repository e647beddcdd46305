import { SmileIdConfigError } from '../errors.ts'
import type { InboxConfig } from '../inbox/enqueue.ts'
import type { OnceConfig } from '../once/claim.ts'
import { memoryStore } from '../once/memory.ts'
import type { OnceStore } from '../once/store.ts'
import { positiveMs, timerMs } from '../lib/check.ts'
import type { SmileIdCallbacksOptions } from './types.ts'

const day = 86_400_000

/** Times in ms. Reserve, handlers and complete together stay below the 35 s after which Smile ID gives up. */
export const onceDefaults = Object.freeze({
  ttl: 7 * day,
  /** On top of `handlerTimeout`. */
  leaseMargin: 15_000,
  storeTimeout: 2_000,
  inboxTimeout: 10_000,
})

type Options = Pick<SmileIdCallbacksOptions, 'store' | 'onStoreError' | 'lease' | 'ttl' | 'storeTimeout' | 'inbox' | 'inboxTimeout'>

/** `workMs`: the longest that the confirmation, and then handlers or inbox, may take. */
export function onceConfig(options: Options, workMs: number): OnceConfig {
  const timeoutMs = timerMs('storeTimeout', options.storeTimeout, onceDefaults.storeTimeout)
  const least = workMs + 2 * timeoutMs
  const leaseMs = positiveMs('lease', options.lease, Math.max(workMs + onceDefaults.leaseMargin, least + 1))
  if (leaseMs <= least) {
    throw new SmileIdConfigError('lease_too_short', `lease has to be longer than ${least} ms, the time of the confirmation, of the handlers or inbox, and of two calls of the store: else an event could be handled twice at once.`)
  }
  return Object.freeze<OnceConfig>({
    store: onceStore(options.store),
    leaseMs,
    ttlMs: positiveMs('ttl', options.ttl, onceDefaults.ttl),
    // The default store answers at once, and nobody else has it: there is no wait to bound.
    timeoutMs: options.store === undefined ? Infinity : timeoutMs,
    onStoreError: onStoreError(options.onStoreError),
  })
}

export function inboxConfig({ inbox, inboxTimeout }: Options): InboxConfig | undefined {
  const timeoutMs = timerMs('inboxTimeout', inboxTimeout, onceDefaults.inboxTimeout)
  if (inbox === undefined) return undefined
  if (hasMethods(inbox, ['add'])) return Object.freeze({ inbox, timeoutMs })
  throw new SmileIdConfigError('inbox_invalid', 'inbox needs the method add, such as that of bullmqInbox(queue) or pgBossInbox(boss).')
}

function onceStore(store: OnceStore | undefined): OnceStore {
  if (store === undefined) return memoryStore()
  if (hasMethods(store, ['reserve', 'complete', 'release', 'forget'])) return store
  throw new SmileIdConfigError('store_invalid', 'store needs the methods reserve, complete, release and forget, as memoryStore(), redisStore(client) and postgresStore(pool) have them.')
}

function onStoreError(value: 'refuse' | 'proceed' | undefined): 'refuse' | 'proceed' {
  if (value === undefined) return 'refuse'
  // JavaScript users are not held by the type.
  if (['refuse', 'proceed'].includes(value)) return value
  throw new SmileIdConfigError('on_store_error_invalid', "onStoreError has to be 'refuse' or 'proceed'.")
}

const hasMethods = (value: unknown, names: readonly string[]): boolean =>
  typeof value === 'object' && value !== null && names.every((name) => typeof (value as Record<string, unknown>)[name] === 'function')
