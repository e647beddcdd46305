import express, { type Express, type Request, type Response } from 'express'
import { sign, signingKey } from '../../src/signature/sign.ts'
import {
  jobStory,
  signDelivery,
  type JobStep,
  type JobStoryOptions,
  type SignedDelivery,
} from '../../src/testing/index.ts'
import type { Product } from '../../src/types/names.ts'
import { token } from './smile-id.ts'

/** A job at the stand-in: what it has told of it so far, the newest last. */
export interface StandInJob {
  generation: 'v1' | 'v3'
  jobId: string
  userId: string
  steps: JobStep[]
}

/** Answers a request in place of the stand-in, or leaves it to it by returning false. */
export type Trouble = (req: Request, res: Response, count: number) => boolean

const statusByOutcome: Readonly<Record<string, string>> = {
  approved: 'clear',
  rejected: 'block',
  attention: 'attention',
  error: 'error',
  provisional: 'processing',
}

/**
 * Smile ID as far as reconciling goes: jobs, signed job_status with history, tokens, status, replays.
 * It keeps its answers to the contract: v1 section 2, v3 section 6.
 */
export class StandIn {
  readonly jobs = new Map<string, StandInJob>()
  /** Requests so far, by path without the job. */
  readonly counts = new Map<string, number>()
  /** Job ids of the replays that were accepted. */
  readonly replays: string[] = []
  readonly app: Express
  trouble: Trouble = () => false
  /** In which words job_status repeats a callback. */
  reword: (payload: JobStep['payload'], job: StandInJob) => JobStep['payload'] = (payload) => payload
  /** Where replays go. */
  deliver: (delivery: SignedDelivery) => unknown = () => undefined
  readonly #credential: { partnerId: string; apiKey: string }

  constructor(credential: { partnerId: string; apiKey: string }) {
    this.#credential = credential
    this.app = express().use(express.json())
    this.app.post(
      '/v1/job_status',
      this.#route((req, res) => this.#jobStatus(req, res)),
    )
    this.app.post(
      '/v3/token',
      this.#route((req, res) => this.#token(req, res)),
    )
    this.app.get(
      '/v3/status/:jobId',
      this.#route((req, res) => this.#status(req, res)),
    )
    this.app.post(
      '/v3/replay/:jobId',
      this.#route((req, res) => this.#replay(req, res)),
    )
  }

  /** Takes a job; what it tells of it are the steps of its story. */
  add(
    product: Product,
    options: JobStoryOptions & { jobId: string; userId: string; generation: 'v1' | 'v3' },
  ): StandInJob {
    const { generation, jobId, userId } = options
    const job: StandInJob = { generation, jobId, userId, steps: jobStory(product, options) }
    this.jobs.set(jobId, job)
    return job
  }

  /** A callback of a job as it goes out, signed now. */
  callback(step: JobStep): SignedDelivery {
    return signDelivery({ ...step, credential: this.#credential })
  }

  #route(answer: (req: Request, res: Response) => unknown) {
    return (req: Request, res: Response) => {
      const path = req.path.replace(/^(\/v3\/\w+)\/.*$/, '$1')
      const count = (this.counts.get(path) ?? 0) + 1
      this.counts.set(path, count)
      if (!this.trouble(req, res, count)) answer(req, res)
    }
  }

  #jobStatus(req: Request, res: Response): void {
    const { job_id, user_id, partner_id, timestamp, signature } = req.body as Record<string, string>
    const key = signingKey(this.#credential.partnerId, this.#credential.apiKey)
    if (partner_id !== key.partnerId || sign(String(timestamp), key) !== signature)
      return void res.status(400).json({ error: 'You are not authorized to do that.', code: '2205' })
    const job = this.jobs.get(String(job_id))
    if (job?.generation !== 'v1' || job.userId !== user_id)
      return void res.status(404).json({ error: 'Job not found', code: '2304' })
    const told = job.steps.map(({ payload }) => this.reword(payload, job)).reverse()
    const isComplete = job.steps.at(-1)?.outcome !== 'provisional' && job.steps.length > 0
    // Later than the question: an answer that repeats its signature is not believed.
    const now = new Date(Date.parse(String(timestamp)) + 1).toISOString()
    res.json({
      timestamp: now,
      signature: sign(now, key),
      job_complete: isComplete,
      job_success: isComplete,
      code: isComplete ? '2302' : '2314',
      result: told[0] ?? 'No zip uploaded yet',
      history: told,
      image_links: {},
    })
  }

  #token(req: Request, res: Response): void {
    const isKnown =
      req.get('smileid-partner-id') === this.#credential.partnerId.replace(/^0+(?=\d)/, '')
      && req.get('smileid-api-key') === this.#credential.apiKey
    if (isKnown) res.json({ token: token(900) })
    else res.status(401).json({ status: 'Unauthorized', message: 'no' })
  }

  #of(req: Request, res: Response): StandInJob | undefined {
    if (req.get('smileid-token') !== token(900))
      return void res.status(401).json({ status: 'Unauthorized', message: 'no' })
    const job = this.jobs.get(String(req.params['jobId']))
    if (job?.generation === 'v3') return job
    res
      .status(404)
      .json({
        status: 'not_found',
        job_id: req.params['jobId'],
        user_id: 'unknown',
        message: 'Job not found',
        created_at: new Date().toISOString(),
      })
    return undefined
  }

  #status(req: Request, res: Response): void {
    const job = this.#of(req, res)
    if (!job) return
    const status = statusByOutcome[job.steps.at(-1)?.outcome ?? 'provisional'] ?? 'processing'
    res
      .status(status === 'processing' ? 202 : 200)
      .json({
        status,
        job_id: job.jobId,
        user_id: job.userId,
        message: 'Job completed',
        created_at: new Date().toISOString(),
      })
  }

  #replay(req: Request, res: Response): void {
    const job = this.#of(req, res)
    if (!job) return
    const last = job.steps.at(-1)
    if (!last || last.outcome === 'provisional')
      return void res.status(409).json({ status: 'Conflict', message: 'still processing' })
    this.replays.push(job.jobId)
    res
      .status(202)
      .json({
        status: 'accepted',
        job_id: job.jobId,
        user_id: job.userId,
        message: 'Callback replay queued successfully.',
      })
    void this.deliver(this.callback(last))
  }
}
