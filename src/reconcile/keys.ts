import { randomUUID } from 'node:crypto'
import { withTimeout } from '../lib/with-timeout.ts'
import type { OnceConfig } from '../once/claim.ts'

/** A claim that this run holds; ended as done for so many ms, or given back. */
export interface Hold {
  done(ttlMs: number): Promise<void>
  giveBack(): Promise<void>
}

/** What the store says to a claim. */
export type Claimed = Hold | 'done' | 'in_progress' | 'store_unavailable'

/** Claims a key for at most `leaseMs` ms. */
export async function claimKey(key: string, leaseMs: number, { store, timeoutMs }: OnceConfig): Promise<Claimed> {
  const owner = randomUUID()
  const within = async (act: () => boolean | Promise<boolean>): Promise<void> => {
    await withTimeout(act, timeoutMs)
  }
  const giveBack = () => within(() => store.release(key, { owner }))
  const boxed = await withTimeout(() => store.reserve(key, { owner, leaseMs }), timeoutMs)
  if (!('value' in boxed)) {
    // It may have been made, with its reply lost.
    await giveBack()
    return 'store_unavailable'
  }
  if (boxed.value !== 'reserved') return boxed.value
  return { done: (ttlMs) => within(() => store.complete(key, { owner, ttlMs })), giveBack }
}

/** Whether a key is done; claimed for a moment where nobody holds it. */
export async function isDone(key: string, once: OnceConfig): Promise<boolean | 'store_unavailable'> {
  const claimed = await claimKey(key, 10_000, once)
  if (typeof claimed !== 'string') {
    await claimed.giveBack()
    return false
  }
  return claimed === 'store_unavailable' ? claimed : claimed === 'done'
}
