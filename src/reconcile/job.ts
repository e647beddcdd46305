import { isRecord } from '../lib/json.ts'

/** A v1 job that you wait for. Smile ID finds it by both ids together. */
export interface V1Job {
  /** Which generation it was submitted to. */
  generation: 'v1'
  /** `partner_params.job_id`. */
  jobId: string
  /** `partner_params.user_id`. */
  userId: string
  /** The reference of its callback URL, if `urlFor` minted one: `event.id` and `event.delivery.reference` are then those of its callback. */
  reference?: string | undefined
  /** Path params of the mount that its callback would have come to, such as `{ tenant }`; the credentials function gets them. */
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
export const idOfJob = (job: unknown): string => (isRecord(job) && (typeof job['jobId'] === 'string' || typeof job['jobId'] === 'number') ? String(job['jobId']) : '')
