import type { AskFailure } from './ask.ts'
import type { JobToAsk } from './job.ts'

/** Why a job was not settled. `in_progress`: somebody else was at work on it for as long as this run waited. The rest are report codes. */
export type ReconcileFailure = AskFailure | 'invalid_job' | 'unrecognized_payload' | 'invalid_partner_params' | 'no_handlers' | 'handler_failed' | 'handler_timeout' | 'in_progress' | 'store_unavailable' | 'inbox_unavailable' | 'credentials_unavailable' | 'shutting_down' | 'internal_error'

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
  job: { generation: JobToAsk['generation'] | undefined; jobId: string; end: JobEnd | 'failed'; reason?: ReconcileFailure }
}
