import type { FinalOutcome } from '../events/wait-for-job.ts'
import { type Check, checkOptions, type ChecksOf, demand, flag, oneOfStrings } from '../lib/check.ts'
import { typeNameOf } from '../lib/values.ts'
import type { Generation } from '../types/delivery.ts'
import type { Product } from '../types/names.ts'
import { generationCheck, idCheck, objectCheck, stringsCheck } from './checks.ts'
import { newSubject } from './payloads/subject.ts'
import { mulberry32 } from './random.ts'
import { defaultGeneration, hasSample, sample, type SampleOutcome, type SampleOverrides } from './sample.ts'
import { type DeliveryToSign, signDelivery, type SignedDelivery } from './sign-delivery.ts'

/** Options of `jobStory`. */
export interface JobStoryOptions {
  /** The job goes to human review: a provisional result comes first. Default: false. */
  readonly review?: boolean | undefined
  /** Outcome of the job. Default: `approved`. */
  readonly outcome?: FinalOutcome | undefined
  /** The duplicate-face signal comes as well, if the product has one. Default: false. */
  readonly smileSecure?: boolean | undefined
  /** Default: v1 for Biometric KYC, whose ID look-up exists only there; for others v3 if possible. */
  readonly generation?: Generation | undefined
  /** Default: a new one. */
  readonly jobId?: string | undefined
  /** Default: a new one. */
  readonly userId?: string | undefined
  /** Your own data, echoed in every callback. Default: none. */
  readonly partnerParams?: Readonly<Record<string, string>> | undefined
}

const checks = {
  review: flag(false),
  outcome: oneOfStrings(['approved', 'rejected', 'attention', 'error'], 'approved', 'sample_unknown'),
  smileSecure: flag(false),
  generation: generationCheck,
  jobId: idCheck,
  userId: idCheck,
  partnerParams: stringsCheck,
} satisfies ChecksOf<JobStoryOptions>

/** One callback of a job, ready for `signDelivery({ ...step, credential })`. */
export interface JobStep extends Omit<DeliveryToSign, 'credential' | 'timestamp'> {
  /** The outcome or kind of the callback. */
  readonly outcome: SampleOutcome
  /** The same for all callbacks of the job. */
  readonly jobId: string
}

/** One callback of a job, signed: ready for `deliver`. */
export type SignedJobStep = JobStep & SignedDelivery

/**
 * All callbacks of one job, in the order in which Smile ID makes them; they may arrive in any order and more than once.
 * With a `credential` they are signed as well, now. contract/v1.md §4; contract/v3.md §5.
 * @example
 * import { deliver, jobStory } from 'express-smile-id/testing'
 *
 * for (const delivery of jobStory('biometric_kyc', { review: true, credential })) {
 *   await deliver(app, delivery)   // the ID look-up, under review, the verdict
 * }
 * @throws SmileIdConfigError `sample_unknown` if the product has no such story
 */
export function jobStory(
  product: Product,
  options: JobStoryOptions & { credential: DeliveryToSign['credential'] },
): SignedJobStep[]
export function jobStory(product: Product, options?: JobStoryOptions): JobStep[]
export function jobStory(
  product: Product,
  wanted: JobStoryOptions & { credential?: DeliveryToSign['credential'] } = {},
): JobStep[] | SignedJobStep[] {
  const { credential, ...options } = checkOptions(wanted, {
    ...checks,
    credential: objectCheck as Check<DeliveryToSign['credential'] | undefined>,
  })
  const { outcome, review, smileSecure, generation = generationOf(product, outcome) } = options
  const exists = (wanted: SampleOutcome) => hasSample(product, wanted, generation)
  const told: SampleOutcome[] = [
    ...(exists('id_info') ? ['id_info' as const] : []),
    ...(smileSecure && exists('smile_secure') ? ['smile_secure' as const] : []),
    ...(review ? ['provisional' as const] : []),
    outcome,
  ]
  const subject = newSubject({ jobId: options.jobId, userId: options.userId })
  const overrides: SampleOverrides = { ...subject, generation, partnerParams: options.partnerParams, suspects: false }
  const steps = told.map((one): JobStep => {
    // Only the final result comes after the review.
    const payload = sample(product, one, { ...overrides, reviewed: review && one === outcome })
    return { outcome: one, generation, payload, jobId: subject.jobId, userId: subject.userId }
  })
  return credential ? steps.map((step) => ({ ...step, ...signDelivery({ ...step, credential }) })) : steps
}

/** The ID look-up of Biometric KYC exists in v1 alone. */
const generationOf = (product: Product, outcome: FinalOutcome): Generation =>
  product === 'biometric_kyc' && outcome !== 'attention' ? 'v1' : defaultGeneration(product, outcome)

/**
 * A copy in another order; the same seed gives the same order. Default: a new one each time.
 * @example
 * import { deliver, jobStory, shuffle } from 'express-smile-id/testing'
 *
 * for (const delivery of shuffle(jobStory('biometric_kyc', { credential }), 7)) await deliver(app, delivery)
 */
export function shuffle<T>(list: readonly T[], seed: number = Math.floor(Math.random() * 2 ** 32)): T[] {
  const isList: boolean = Array.isArray(list)
  demand(
    isList && Number.isFinite(seed),
    'options_invalid',
    `shuffle takes an array, and a number as its seed, not ${typeNameOf(isList ? seed : list)}.`,
  )
  const random = mulberry32(seed)
  const shuffled = [...list]
  for (let last = shuffled.length - 1; last > 0; last -= 1) {
    const other = Math.floor(random() * (last + 1))
    ;[shuffled[last], shuffled[other]] = [shuffled[other] as T, shuffled[last] as T]
  }
  return shuffled
}
