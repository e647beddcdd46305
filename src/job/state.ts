import type { Kind, Outcome, Product } from '../types/names.ts'
import type { Suspect } from '../types/event.ts'
import type { LoosePayload } from '../types/payload/common.ts'

/** One event of a job, without identity data. */
export interface JobStep {
  /** `event.id`. */
  readonly id: string
  /** As on the event. */
  readonly kind: Kind
  /** As on the event. */
  readonly product: Product
  /** ISO; of a fact delivered more than once, the earliest. */
  readonly signedAt: string
  /** v1 `ResultCode`. */
  readonly code?: string
  /** v3 `status`. */
  readonly status?: string
  /** v3 `reason`. */
  readonly reason?: string
  /** Of a `result`. */
  readonly outcome?: Outcome
  /** Of a `result`. */
  readonly final?: boolean
  /** Of an `id_info`. */
  readonly idStep?: 'passed' | 'failed' | 'error'
}

/** The verdict that stands. */
export interface JobVerdict {
  /** `id` of the event that brought it. */
  readonly eventId: string
  /** As on that event. */
  readonly outcome: Outcome
  /** False until a final result has come. */
  readonly final: boolean
  /** ISO. */
  readonly signedAt: string
}

/** An ID look-up of a biometric job: a step, not the verdict. */
export interface JobIdInfo {
  /** `event.id`. */
  readonly id: string
  /** `passed`: the ID was found. */
  readonly idStep: 'passed' | 'failed' | 'error'
  /** ISO. */
  readonly signedAt: string
  /** As sent. Identity data. */
  readonly payload: LoosePayload
}

/** What a job's events say together. Plain data: it may be stored as JSON and be given to `mergeJob` again. */
export interface JobState {
  /** `event.jobId`. */
  readonly jobId: string
  /** None before the first `result`. */
  readonly verdict?: JobVerdict
  /** The latest ID look-up. */
  readonly idInfo?: JobIdInfo
  /** Every ID look-up once, the oldest first; most jobs have one. */
  readonly idInfos: readonly JobIdInfo[]
  /** Everyone suspected by any event, by user id. */
  readonly suspects: readonly Suspect[]
  /** Every event once, the oldest first. */
  readonly history: readonly JobStep[]
}
