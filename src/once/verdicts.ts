import { randomUUID } from 'node:crypto'
import { withTimeout } from '../lib/with-timeout.ts'
import type { OnceConfig } from './claim.ts'

/** What is known of a verdict is kept beside the events, under a key that no event id has. */
export const verdictKey = (verdictId: string): string => `verdict:${verdictId}`

/** Whether this is noted: what has an outcome or a step that is known. Of the rest each one may say something else. */
export const isNoted = (said: { readonly kind: string; readonly outcome?: string }): boolean => said.kind === 'id_info' || (said.kind === 'result' && said.outcome !== 'unknown')

/**
 * Notes that a verdict was acted on, for whoever reconciles; at once where the store answers at once. Never rejects: what is
 * not noted is asked for once more.
 */
export function noteVerdict(verdictId: string, config: OnceConfig): Promise<unknown> | undefined {
  const { store, ttlMs, timeoutMs } = config
  const key = verdictKey(verdictId)
  const noting = store.note ? withTimeout(() => store.note?.(key, { ttlMs }), timeoutMs) : noteByClaim(key, config)
  return noting instanceof Promise ? noting : undefined
}

/** How long the two calls may take, ms. A claim left open would need one, but stores never drop open claims to make room. */
const leaseMs = 10_000

async function noteByClaim(key: string, { store, ttlMs, timeoutMs }: OnceConfig): Promise<void> {
  const owner = randomUUID()
  const reserved = await withTimeout(() => store.reserve(key, { owner, leaseMs }), timeoutMs)
  if ('value' in reserved && reserved.value === 'reserved') await withTimeout(() => store.complete(key, { owner, ttlMs }), timeoutMs)
}
