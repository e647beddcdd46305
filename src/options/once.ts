import type { InboxConfig } from '../inbox/enqueue.ts'
import type { Inbox } from '../inbox/inbox.ts'
import { checkOptions, type ChecksOf, demand, ms, oneOfStrings, timer } from '../lib/check.ts'
import { hasMethods } from '../lib/values.ts'
import { memoryStore } from '../once/memory.ts'
import type { OnceConfig, OnceStore } from '../once/store.ts'
import type { AgeLimits } from '../receive/guards/signature.ts'
import type { OnceOptions } from './types.ts'

const day = 86_400_000

/** Times in ms. Reserve, handlers and complete together stay below the 35 s after which Smile ID gives up. */
export const onceDefaults = Object.freeze({
  ttl: 7 * day,
  /** Added to the time limit of handlers or inbox. */
  leaseMargin: 15_000,
  timeout: 2_000,
  onStoreError: 'refuse' as const,
})

/** Time in ms. */
export const inboxDefaults = Object.freeze({ timeout: 10_000 })

/** `workMs`: longest time of the confirmation plus handlers or inbox. */
export function onceConfig(
  store: OnceStore | undefined,
  once: OnceOptions | undefined,
  workMs: number,
  { maxAge, maxSkew }: AgeLimits,
): OnceConfig {
  // A signature is accepted for that long: an event forgotten earlier could be delivered, and handled, once more.
  const replayMs = maxAge + maxSkew
  const checks = {
    lease: ms(undefined),
    ttl: ms(Math.max(onceDefaults.ttl, replayMs)),
    timeout: timer(onceDefaults.timeout),
    onStoreError: oneOfStrings(['refuse', 'proceed'], onceDefaults.onStoreError, 'on_store_error_invalid'),
  } satisfies ChecksOf<OnceOptions>
  const { lease, ttl, timeout, onStoreError } = checkOptions(once, checks, { what: 'once option', within: 'once.' })
  demand(
    ttl >= replayMs,
    'ttl_too_short',
    `once.ttl must be at least ${replayMs} ms, maxAge and maxSkew together: otherwise a callback could be replayed, and handled again, while its signature is still accepted.`,
  )
  const least = workMs + 2 * timeout
  const leaseMs = lease ?? Math.max(workMs + onceDefaults.leaseMargin, least + 1)
  demand(
    leaseMs > least,
    'lease_too_short',
    `once.lease must be longer than ${least} ms, the time of the confirmation, of the handlers or inbox, and of two store calls: otherwise an event could be handled twice at once.`,
  )
  return Object.freeze<OnceConfig>({ store: onceStore(store), leaseMs, ttlMs: ttl, timeoutMs: timeout, onStoreError })
}

export function inboxConfig(inbox: Inbox | undefined): InboxConfig | undefined {
  if (inbox === undefined) return undefined
  demand(
    hasMethods(inbox, ['add']),
    'inbox_invalid',
    'inbox needs the method add, such as that of bullmqInbox(queue) or pgBossInbox(boss).',
  )
  return Object.freeze({ inbox, timeoutMs: timer(inboxDefaults.timeout)(inbox.timeout, 'inbox.timeout') })
}

function onceStore(store: OnceStore | undefined): OnceStore {
  if (store === undefined) return memoryStore()
  demand(
    hasMethods(store, ['reserve', 'complete', 'release', 'forget']),
    'store_invalid',
    'store needs the methods reserve, complete, release and forget, as memoryStore(), redisStore(client) and postgresStore(pool) have them.',
  )
  return store
}
