import type { Kind, Outcome, Product } from '../types/names.ts'
import type { Suspect } from '../types/event.ts'
import type { LoosePayload } from '../types/payload/common.ts'

/** One event of a job, without identity data. */
export interface JobStep {
  /** `event.id`. */
  id: string
  /** As on the event. */
  kind: Kind
  /** As on the event. */
  product: Product
  /** ISO; of a fact delivered more than once, the earliest. */
  signedAt: string
  /** v1 `ResultCode`. */
  code?: string
  /** v3 `status`. */
  status?: string
  /** v3 `reason`. */
  reason?: string
  /** Of a `result`. */
  outcome?: Outcome
  /** Of a `result`. */
  final?: boolean
  /** Of an `id_info`. */
  idStep?: 'passed' | 'failed' | 'error'
}

/** The verdict that stands. */
export interface JobVerdict {
  /** `id` of the event that brought it. */
  eventId: string
  /** As on that event. */
  outcome: Outcome
  /** False until a final result has come. */
  final: boolean
  /** ISO. */
  signedAt: string
}

/** An ID look-up of a biometric job: a step, not the verdict. */
export interface JobIdInfo {
  /** `event.id`. */
  id: string
  /** `passed`: the ID was found. */
  idStep: 'passed' | 'failed' | 'error'
  /** ISO. */
  signedAt: string
  /** As sent. Identity data. */
  payload: LoosePayload
}

/** What a job's events say together. Plain data: it may be stored as JSON and be given to `mergeJob` again. */
export interface JobState {
  /** `event.jobId`. */
  jobId: string
  /** None before the first `result`. */
  verdict?: JobVerdict
  /** The latest ID look-up. */
  idInfo?: JobIdInfo
  /** Every ID look-up once, the oldest first; most jobs have one. */
  idInfos: JobIdInfo[]
  /** Everyone suspected by any event, by user id. */
  suspects: Suspect[]
  /** Every event once, the oldest first. */
  history: JobStep[]
}
