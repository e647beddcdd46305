import { randomUUID } from 'node:crypto'
import { SmileIdError } from '../errors.ts'
import { type Boxed, type Failed, withTimeout } from '../lib/promises.ts'
import type { OnceConfig } from './claim.ts'

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
  return store.note ? withTimeout(() => store.note?.(key, { ttlMs }), timeoutMs) : noteByClaim(key, config)
}

/**
 * Time limit for the two calls, ms. A claim left open would need a lease, but stores never drop open claims to make
 * room.
 */
const leaseMs = 10_000

async function noteByClaim(key: string, config: OnceConfig): Promise<Boxed<unknown>> {
  const claimed = await claimKey(key, leaseMs, config)
  if (typeof claimed === 'string') return { value: claimed }
  return 'failed' in claimed ? claimed : claimed.done(config.ttlMs)
}

/** A claim held by this run; it ends as done for `ttlMs`, or is released. */
export interface Hold {
  done(ttlMs: number): Promise<Boxed<boolean>>
  giveBack(): Promise<Boxed<boolean>>
}

/** The store's answer to a claim. */
export type Claimed = Hold | 'done' | 'in_progress' | Failed

/** Claims a key for at most `leaseMs` ms. */
export async function claimKey(key: string, leaseMs: number, { store, timeoutMs }: OnceConfig): Promise<Claimed> {
  const owner = randomUUID()
  const within = async (act: () => boolean | Promise<boolean>) => withTimeout(act, timeoutMs)
  const giveBack = () => within(() => store.release(key, { owner }))
  const boxed = await withTimeout(() => store.reserve(key, { owner, leaseMs }), timeoutMs)
  if (!('value' in boxed)) {
    // The claim may have been made, with its reply lost.
    await giveBack()
    return boxed
  }
  if (boxed.value === 'done' || boxed.value === 'in_progress') return boxed.value
  if ((boxed.value as unknown) !== 'reserved')
    return { failed: 'error', error: new SmileIdError('reserve gave an unknown answer') }
  return { done: (ttlMs) => within(() => store.complete(key, { owner, ttlMs })), giveBack }
}

/** Tells if a key is done; claims it for a moment if it is free. */
export async function isDone(key: string, once: OnceConfig): Promise<boolean | Failed> {
  const claimed = await claimKey(key, leaseMs, once)
  if (typeof claimed === 'string') return claimed === 'done'
  if ('failed' in claimed) return claimed
  await claimed.giveBack()
  return false
}
