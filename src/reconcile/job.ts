import { isRecord } from '../lib/json.ts'

/** A v1 job to ask about. Smile ID finds it by both ids together. */
export interface V1Job {
  /** The generation to which it was submitted. */
  generation: 'v1'
  /** `partner_params.job_id`. */
  jobId: string
  /** `partner_params.user_id`. */
  userId: string
  /** When you submitted it: from then on counts when it is overdue. Default: the time of its provisional result. */
  submittedAt?: Date | undefined
  /**
   * The reference of its callback URL, if `urlFor` minted one: `event.id` and `event.delivery.reference` are then those
   * of its callback.
   */
  reference?: string | undefined
  /**
   * Path params of the mount to which its callback would have come, such as `{ tenant }`; passed to the credentials
   * function.
   */
  params?: Readonly<Record<string, string>> | undefined
}

/** A v3 job to ask about. */
export interface V3Job {
  /** The generation to which it was submitted. */
  generation: 'v3'
  /** Smile ID's own id, `job_…`. */
  jobId: string
  /** If set, an answer about another user is refused. */
  userId?: string | undefined
  /** When you submitted it: from then on counts when it is overdue. Default: unknown, and it never is. */
  submittedAt?: Date | undefined
  /** As for a v1 job. */
  params?: Readonly<Record<string, string>> | undefined
}

/** A job to ask about. */
export type JobToAsk = V1Job | V3Job

/** Checks a job at run time: table rows and JavaScript have no checked types. */
export function isJob(job: unknown): job is JobToAsk {
  if (!isRecord(job) || !isId(job['jobId'])) return false
  if (job['submittedAt'] !== undefined && !(job['submittedAt'] instanceof Date)) return false
  return job['generation'] === 'v1' ? isId(job['userId']) : job['generation'] === 'v3'
}

const isId = (id: unknown): id is string => typeof id === 'string' && id !== ''

/** The id of a job, valid or not, for the report. */
export const idOfJob = (job: unknown): string =>
  isRecord(job) && (typeof job['jobId'] === 'string' || typeof job['jobId'] === 'number') ? String(job['jobId']) : ''

/** Reason for a missing answer. */
export type Silence = 'timeout' | 'unreachable' | 'rate_limited' | 'server_error'

/** Reason why an answer was not accepted, or is missing. */
export type AskFailure =
  | Silence
  | 'unauthorized'
  | 'forbidden'
  | 'refused'
  | 'answer_unreadable'
  | 'answer_unsigned'
  | 'answer_forged'
  | 'answer_stale'
  | 'other_job'
  | 'unknown_status'

/**
 * Reason why a job was not settled. `in_progress`: another process worked on it for as long as this run waited. The
 * rest are report codes.
 */
export type ReconcileFailure =
  | AskFailure
  | 'invalid_job'
  | 'unrecognized_payload'
  | 'invalid_partner_params'
  | 'no_handlers'
  | 'handler_failed'
  | 'handler_timeout'
  | 'verdict_conflict'
  | 'in_progress'
  | 'store_unavailable'
  | 'inbox_unavailable'
  | 'credentials_unavailable'
  | 'shutting_down'
  | 'internal_error'

/** A job that was not settled, and the reason. */
export interface FailedJob {
  /** As given. */
  jobId: string
  /** Reason, in one word; the page of reconcile says what to do about each. */
  reason: ReconcileFailure
}

/** Result of one run. Each job that was asked about is counted in exactly one of the other fields. */
export interface ReconcileReport {
  /** Jobs taken from the list. */
  asked: number
  /** Jobs with a verdict or step that no callback had brought, now handled. */
  handled: number
  /** Jobs whose whole answer was handled before. */
  known: number
  /** Its handlers failed every time, and it was not handled: see `dead list`, and redrive it. */
  dead: number
  /** Jobs that Smile ID has not finished, or whose replay was requested recently and has not come. */
  processing: number
  /** v3: jobs whose callback Smile ID was asked to deliver again. */
  replayed: number
  /** Jobs that Smile ID does not know. */
  notFound: number
  /** All other jobs. */
  failed: FailedJob[]
  /**
   * Jobs of `processing` that Smile ID has not finished for longer than `overdueAfter`: ask your staff, for a review
   * without a conclusion sends nothing more. Absent if there is none.
   */
  overdue?: OverdueJob[]
}

/** A job whose verdict is overdue. */
export interface OverdueJob {
  /** As given. */
  jobId: string
  /** From when on. */
  since: Date
}

/** Result of a settled job. */
export type JobEnd = 'handled' | 'known' | 'dead' | 'processing' | 'replayed' | 'notFound'

/** Result of one job. */
export type Settled = JobEnd | { failed: ReconcileFailure }

/** Passed to `onProgress` after each job. */
export interface ReconcileProgress extends Omit<ReconcileReport, 'failed' | 'overdue'> {
  /** Number of failures so far. */
  failed: number
  /** The job just settled, its result, and the reason if it failed. */
  job: {
    generation: JobToAsk['generation'] | undefined
    jobId: string
    end: JobEnd | 'failed'
    reason?: ReconcileFailure
  }
}
