import { type Boxed, withTimeout } from '../lib/promises.ts'
import { claimAndRun, type OnceConfig } from './claim.ts'

/** Verdicts are kept beside the events, under a key that no event id can have. */
export const verdictKey = (verdictId: string): string => `verdict:${verdictId}`

/** The store's key for a worker's claim: under the event's own id stands that it was stored. */
export const dispatchKey = (eventId: string): string => `dispatch:${eventId}`

/** True for a known outcome or step; of the others, each may say something else. */
export const isNoted = (said: { readonly kind: string; readonly outcome?: string }): boolean =>
  said.kind === 'id_info' || (said.kind === 'result' && said.outcome !== 'unknown')

/**
 * Records that a verdict was acted on, for `reconcile`; synchronously if the store answers so. Never rejects: an
 * unrecorded verdict is asked for once more.
 */
export function noteVerdict(verdictId: string, config: OnceConfig): Boxed<unknown> | Promise<Boxed<unknown>> {
  const { store, ttlMs, timeoutMs } = config
  const key = verdictKey(verdictId)
  return store.note ? withTimeout(() => store.note?.(key, { ttlMs }), timeoutMs) : claimBriefly(key, config, true)
}

/** Tells if a key is done; claims it for a moment if it is free. */
export const isDone = (key: string, once: OnceConfig): Promise<Boxed<boolean>> => claimBriefly(key, once, false)

/**
 * Time limit for the two calls, ms. A claim left open would need a lease, but stores never drop open claims to make
 * room.
 */
const leaseMs = 10_000

/** Claims a key, and marks it done if `marks`; the value is true if it was done before. */
async function claimBriefly(key: string, once: OnceConfig, marks: boolean): Promise<Boxed<boolean>> {
  const { claim, trouble } = await claimAndRun(
    key,
    { ...once, leaseMs, onStoreError: 'refuse' },
    () => marks,
    () => Promise.resolve(),
  )
  const { reservation } = claim
  return trouble && (marks || reservation === 'unavailable')
    ? { failed: 'error', error: trouble.error }
    : { value: reservation === 'done' }
}
