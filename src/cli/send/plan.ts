import { SmileIdConfigError } from '../../errors.ts'
import type { FinalOutcome } from '../../events/wait-for-job.ts'
import type { Credential } from '../../options/types.ts'
import { type JobStep, jobStory, type JobStoryOptions } from '../../testing/job-story.ts'
import { identityOf } from '../../testing/payloads/subject.ts'
import { defaultGeneration, sample, type SampleOutcome, type SampleOverrides } from '../../testing/sample.ts'
import { signDelivery, type SignedDelivery } from '../../testing/sign-delivery.ts'
import type { Generation } from '../../types/event.ts'
import type { Outcome, Product } from '../../types/names.ts'
import type { Sendable } from '../shared/body.ts'
import { UsageError } from '../shared/usage.ts'

/** One delivery to send; signed when it is sent, so that its signature is fresh. */
export interface Planned {
  about: string
  jobId?: string | undefined
  make: () => Sendable
}

export interface Wish {
  product: Product
  outcome: SampleOutcome
  generation?: Generation | undefined
  overrides: SampleOverrides
  story: boolean
  /** Size of the body, bytes. */
  size?: number | undefined
  credential: Credential
}

/** The deliveries of one job, in order. @throws SmileIdConfigError for a callback that Smile ID never sends */
export function plan(wish: Wish): Planned[] {
  const { product, credential, size } = wish
  const steps: Step[] = wish.story ? storySteps(wish) : [singleStep(wish)]
  return steps.map(({ about, ...step }) => ({
    about: `${product} ${about ?? step.outcome} (${step.generation})`,
    jobId: step.jobId,
    make: () => padded((payload) => signDelivery({ ...step, payload, credential }), step.payload, size),
  }))
}

/** A code of the user's decides the outcome, whatever the sample was. */
type Step = JobStep & { about?: string }

function storySteps({ product, outcome, generation, overrides }: Wish): JobStep[] {
  if (!isFinal(outcome))
    throw new UsageError('With --story, --outcome must be final: approved, rejected, attention or error.')
  const { jobId, partnerParams } = overrides
  return storyOf(product, outcome, { generation, jobId, partnerParams })
}

/** A whole job, with its review if the product has one. @throws SmileIdConfigError if there is no such story */
export function storyOf(
  product: Product,
  outcome: FinalOutcome,
  more: Omit<JobStoryOptions, 'outcome' | 'review'> = {},
): JobStep[] {
  const options = { ...more, outcome }
  try {
    return jobStory(product, { ...options, review: !screenedAtOnce.has(product) })
  } catch (error) {
    if (!(error instanceof SmileIdConfigError)) throw error
    // Some products are never reviewed.
    return jobStory(product, options)
  }
}

/** `processing` is excluded for them. contract/v3.md §5. */
const screenedAtOnce: ReadonlySet<Product> = new Set<Product>(['one_time_aml'])

function singleStep({ product, outcome, generation = defaultGeneration(product, outcome), overrides }: Wish): Step {
  const payload = sample(product, outcome, { ...overrides, generation })
  // A padded copy of the payload is no longer the sample, so its ids are passed explicitly.
  const { jobId = jobIdOf(payload), userId } = identityOf(payload) ?? {}
  const code = overrides['ResultCode']
  return { outcome, generation, payload, jobId, userId, ...(typeof code === 'string' && { about: `code ${code}` }) }
}

const jobIdOf = (payload: object): string =>
  (payload as { PartnerParams?: { job_id?: string } }).PartnerParams?.job_id ?? ''

const isFinal = (outcome: SampleOutcome): outcome is FinalOutcome =>
  (['approved', 'rejected', 'attention', 'error'] as Outcome[]).some((one) => one === outcome)

type Payload = Readonly<Record<string, unknown>>

/** Creates a delivery whose body has exactly `size` bytes, padded as a picture would be. */
export function padded(
  make: (payload: Payload) => SignedDelivery,
  payload: Payload,
  size: number | undefined,
): SignedDelivery {
  if (size === undefined) return make(payload)
  const key = 'ResultCode' in payload ? 'Photo' : 'padding'
  const room = size - Buffer.byteLength(make({ ...payload, [key]: '' }).body)
  if (room < 0) throw new UsageError(`--size is smaller than the callback itself, which has ${size - room} bytes.`)
  return make({ ...payload, [key]: 'A'.repeat(room) })
}
