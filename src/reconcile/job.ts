import { isRecord } from '../lib/json.ts'

/** A v1 job that you wait for. Smile ID finds it by both ids together. */
export interface V1Job {
  /** Which generation it was submitted to. */
  generation: 'v1'
  /** `partner_params.job_id`. */
  jobId: string
  /** `partner_params.user_id`. */
  userId: string
  /**
   * The reference of its callback URL, if `urlFor` minted one: `event.id` and `event.delivery.reference` are then those
   * of its callback.
   */
  reference?: string | undefined
  /**
   * Path params of the mount that its callback would have come to, such as `{ tenant }`; the credentials function gets
   * them.
   */
  params?: Readonly<Record<string, string>> | undefined
}

/** A v3 job that you wait for. */
export interface V3Job {
  /** Which generation it was submitted to. */
  generation: 'v3'
  /** Smile ID's own, `job_…`. */
  jobId: string
  /** If given, an answer about another user is not believed. */
  userId?: string | undefined
  /** As for a v1 job. */
  params?: Readonly<Record<string, string>> | undefined
}

/** A job that you wait for. */
export type JobToAsk = V1Job | V3Job

/** Rows of a table, and jobs from JavaScript, have no type that was checked. */
export function isJob(job: unknown): job is JobToAsk {
  if (!isRecord(job) || !isId(job['jobId'])) return false
  return job['generation'] === 'v1' ? isId(job['userId']) : job['generation'] === 'v3'
}

const isId = (id: unknown): id is string => typeof id === 'string' && id !== ''

/** The id of what was given as a job, for the report. */
export const idOfJob = (job: unknown): string =>
  isRecord(job) && (typeof job['jobId'] === 'string' || typeof job['jobId'] === 'number') ? String(job['jobId']) : ''

/** Why there is no answer. */
export type Silence = 'timeout' | 'unreachable' | 'rate_limited' | 'server_error'

/** Why an answer was not believed, or none came. */
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
 * Why a job was not settled. `in_progress`: somebody else was at work on it for as long as this run waited. The rest
 * are report codes.
 */
export type ReconcileFailure =
  | AskFailure
  | 'invalid_job'
  | 'unrecognized_payload'
  | 'invalid_partner_params'
  | 'no_handlers'
  | 'handler_failed'
  | 'handler_timeout'
  | 'in_progress'
  | 'store_unavailable'
  | 'inbox_unavailable'
  | 'credentials_unavailable'
  | 'shutting_down'
  | 'internal_error'

/** A job that was not settled, and why. */
export interface FailedJob {
  /** As given. */
  jobId: string
  /** In one word; the page of reconcile says what to do about each. */
  reason: ReconcileFailure
}

/** What one run came to. Each job that was asked about is in exactly one of the other fields. */
export interface ReconcileReport {
  /** Jobs that were taken from the list. */
  asked: number
  /** Something that no callback had brought was handled. */
  handled: number
  /** All that Smile ID says was handled before. */
  known: number
  /** Not done yet at Smile ID, or its replay was asked for lately and has not come. */
  processing: number
  /** v3: Smile ID was asked to deliver the callback again. */
  replayed: number
  /** Smile ID knows no such job of yours. */
  notFound: number
  /** The others. */
  failed: FailedJob[]
}

/** Where a job ends. */
export type JobEnd = 'handled' | 'known' | 'processing' | 'replayed' | 'notFound'

/** What became of one job. */
export type Settled = JobEnd | { failed: ReconcileFailure }

/** Given to `onProgress` after each job. */
export interface ReconcileProgress extends Omit<ReconcileReport, 'failed'> {
  /** How many failed so far. */
  failed: number
  /** The job just settled, its end, and why it failed if it did. */
  job: {
    generation: JobToAsk['generation'] | undefined
    jobId: string
    end: JobEnd | 'failed'
    reason?: ReconcileFailure
  }
}
