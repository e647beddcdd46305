import { randomUUID } from 'node:crypto'
import { isRefusal, refuse, type Refusal } from '../receive/refusal.ts'
import type { ReportCode, Trace } from '../receive/report.ts'
import type { OnceStore, Reservation } from './store.ts'
import { timeBox, whyNot } from './time-box.ts'

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

type End = ReportCode | Refusal

/** Ends after which the event is finished: another delivery of it is a duplicate. */
const finished: ReadonlySet<ReportCode> = new Set<ReportCode>(['accepted', 'handler_rejected'])

/**
 * Claim, work, then mark done. Once the work has run, no trouble with the store changes the answer:
 * "come again" would run it a second time.
 */
export async function once(id: string, config: OnceConfig, trace: Trace, work: () => Promise<End>): Promise<End> {
  const { store, leaseMs, timeoutMs } = config
  const owner = randomUUID()
  const tooLate = (granted: Reservation) => {
    // It would block the next delivery until its lease ends.
    if (granted === 'reserved') void timeBox(() => store.release(id, { owner }), timeoutMs)
  }
  const boxed = await timeBox(() => store.reserve(id, { owner, leaseMs }), timeoutMs, tooLate)
  const reservation = 'value' in boxed && answers.has(boxed.value) ? boxed.value : 'unavailable'
  const claim: ClaimSummary = { reservation }
  trace.claim = claim

  if (reservation === 'done') return 'duplicate'
  if (reservation === 'in_progress') {
    trace.retryAfter = Math.ceil(leaseMs / 1000)
    return refuse('in_progress')
  }
  if (reservation === 'unavailable') {
    const why = `The store failed: ${'value' in boxed ? 'its answer is none' : whyNot(boxed)}.`
    if (config.onStoreError === 'refuse') return refuse('store_unavailable', why)
    trace.hint = `${why} The event is handled unclaimed, as onStoreError says.`
    return work()
  }

  let end: End = 'internal_error'
  try {
    end = await work()
    return end
  } finally {
    claim.end = await settle(end, id, owner, config, trace)
  }
}

async function settle(end: End, id: string, owner: string, { store, ttlMs, timeoutMs }: OnceConfig, trace: Trace): Promise<ClaimEnd> {
  const isDone = !isRefusal(end) && finished.has(end)
  const boxed = await timeBox(() => (isDone ? store.complete(id, { owner, ttlMs }) : store.release(id, { owner })), timeoutMs)
  if ('value' in boxed && boxed.value) return isDone ? 'completed' : 'released'
  if (isDone) trace.hint = `The event was handled, but the store did not note it down: ${'value' in boxed ? 'the lease had ended' : whyNot(boxed)}. Another delivery of it may be handled again.`
  return 'value' in boxed ? 'lost' : 'unavailable'
}
