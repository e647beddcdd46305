import { withTimeout, type Boxed } from '../lib/with-timeout.ts'
import type { OnceConfig } from './claim.ts'
import type { Reservation } from './store.ts'

/** What is known of a verdict is kept beside the events, under a key that no event id has. */
export const verdictKey = (verdictId: string): string => `verdict:${verdictId}`

/** Whether this is noted: what has an outcome or a step that is known. Of the rest each one may say something else. */
export const isNoted = (said: { readonly kind: string; readonly outcome?: string }): boolean => said.kind === 'id_info' || (said.kind === 'result' && said.outcome !== 'unknown')

/** How long a note may take, ms. */
const leaseMs = 10_000

// The same for all: whoever notes a verdict at the same time says the same of it.
const owner = 'note'

/**
 * Notes that a verdict was acted on, for whoever reconciles; at once where the store answers at once. Never rejects: what is
 * not noted is asked for once more. Two calls: a claim left open would need one, but stores never drop open claims to make room.
 */
export function noteVerdict(verdictId: string, { store, ttlMs, timeoutMs }: OnceConfig): Promise<unknown> | undefined {
  const key = verdictKey(verdictId)
  const finish = (reserved: Boxed<Reservation>): unknown =>
    'value' in reserved && reserved.value === 'reserved' ? withTimeout(() => store.complete(key, { owner, ttlMs }), timeoutMs) : undefined
  const reserved = withTimeout(() => store.reserve(key, { owner, leaseMs }), timeoutMs)
  const noting = reserved instanceof Promise ? reserved.then(finish) : finish(reserved)
  return noting instanceof Promise ? noting : undefined
}
