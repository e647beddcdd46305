import { randomUUID } from 'node:crypto'
import type { OnceStore, Reservation } from './store.ts'
import { withTimeout, failureName } from '../lib/with-timeout.ts'

/** How events are claimed. Times in ms. */
export interface OnceConfig {
  readonly store: OnceStore
  readonly leaseMs: number
  readonly ttlMs: number
  /** Infinity for a store that is never waited for. */
  readonly timeoutMs: number
  readonly onStoreError: 'refuse' | 'proceed'
}

/** What became of the claim on an event; on the report. */
export interface ClaimSummary {
  /** What the store said when asked for the event; `unavailable` if it failed or was too slow. */
  reservation: Reservation | 'unavailable'
  /** `lost`: the lease had ended before the work did. `unavailable`: the store did not take the end. */
  end?: ClaimEnd
}

/** How a claim ended: the event is finished, given back, or the store no longer knew the claim or was out of reach. */
export type ClaimEnd = 'completed' | 'released' | 'lost' | 'unavailable'

const answers: ReadonlySet<unknown> = new Set<Reservation>(['reserved', 'in_progress', 'done'])

/** What came of claiming an event, and of the work where it ran. */
export interface Claimed<T> {
  claim: ClaimSummary
  /** What the work came to; absent where it did not run, and `claim.reservation` says why. */
  end?: T
  /** What the store did wrong. */
  trouble?: string
}

/**
 * Claim, work, then mark done. Once the work has run, no trouble with the store changes its end:
 * "come again" would run it a second time. `isFinished` says whether another delivery is a duplicate.
 */
export async function claimAndRun<T>(id: string, config: OnceConfig, isFinished: (end: T) => boolean, work: () => Promise<T>): Promise<Claimed<T>> {
  const { store, leaseMs, timeoutMs } = config
  const owner = randomUUID()
  const tooLate = (granted: Reservation) => {
    // It would block the next delivery until its lease ends.
    if (granted === 'reserved') void withTimeout(() => store.release(id, { owner }), timeoutMs)
  }
  const boxed = await withTimeout(() => store.reserve(id, { owner, leaseMs }), timeoutMs, tooLate)
  const reservation = 'value' in boxed && answers.has(boxed.value) ? boxed.value : 'unavailable'
  if (reservation === 'done' || reservation === 'in_progress') return { claim: { reservation } }
  if (reservation === 'unavailable') {
    const why = `The store failed: ${'value' in boxed ? 'its answer is none' : failureName(boxed)}.`
    if (config.onStoreError === 'refuse') return { claim: { reservation }, trouble: why }
    return { claim: { reservation }, end: await work(), trouble: `${why} The event is handled unclaimed, as onStoreError says.` }
  }
  let end: T
  try {
    end = await work()
  } catch (error) {
    await settle(false, id, owner, config)
    throw error
  }
  return { end, ...(await settle(isFinished(end), id, owner, config)) }
}

async function settle(isDone: boolean, id: string, owner: string, { store, ttlMs, timeoutMs }: OnceConfig): Promise<Claimed<never>> {
  const boxed = await withTimeout(() => (isDone ? store.complete(id, { owner, ttlMs }) : store.release(id, { owner })), timeoutMs)
  const claim = (end: ClaimEnd): ClaimSummary => ({ reservation: 'reserved', end })
  if ('value' in boxed && boxed.value) return { claim: claim(isDone ? 'completed' : 'released') }
  const why = 'value' in boxed ? 'the lease had ended' : failureName(boxed)
  return {
    claim: claim('value' in boxed ? 'lost' : 'unavailable'),
    ...(isDone && { trouble: `The event was handled, but the store did not note it down: ${why}. Another delivery of it may be handled again.` }),
  }
}
