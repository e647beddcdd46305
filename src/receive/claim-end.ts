import type { Claimed } from '../once/claim.ts'
import { isRefusal, refuse, type Refusal } from '../report/refusal.ts'
import type { ReportCode } from '../report/report.ts'

/** Ends after which the event is finished: another delivery of it is a duplicate. */
export function isFinished(end: ReportCode | Refusal): boolean {
  // No refusal accepts; one may say why handlers rejected the event for good.
  return isRefusal(end) ? end.code === 'handler_rejected' : end === 'accepted' || end === 'handler_rejected'
}

/** What a claim, and the work under it, make of the delivery. */
export interface ClaimEnding {
  end: ReportCode | Refusal
  hint?: string
  /** s */
  retryAfter?: number
}

/** `leaseMs`: how long somebody else may hold the event. */
export function endOfClaim({ claim, end, trouble }: Claimed<ReportCode | Refusal>, leaseMs: number): ClaimEnding {
  if (claim.reservation === 'done') return { end: 'duplicate' }
  if (claim.reservation === 'in_progress') return { end: refuse('in_progress'), retryAfter: Math.ceil(leaseMs / 1000) }
  if (end === undefined) return { end: refuse('store_unavailable', trouble, { cause: 'store_failed' }) }
  return { end, ...(trouble !== undefined && { hint: trouble }) }
}
