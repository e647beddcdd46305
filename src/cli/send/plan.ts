import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { SmileIdConfigError } from '../../errors.ts'
import type { FinalOutcome } from '../../events/wait-for-job.ts'
import { isRecord, type Json, parseJson } from '../../lib/json.ts'
import type { Credential } from '../../options/types.ts'
import { type JobStep, jobStory, type JobStoryOptions } from '../../testing/job-story.ts'
import { identityOf } from '../../testing/payloads/subject.ts'
import { defaultGeneration, sample, type SampleOutcome, type SampleOverrides } from '../../testing/sample.ts'
import { signDelivery, type SignedDelivery } from '../../testing/sign-delivery.ts'
import type { Generation } from '../../types/delivery.ts'
import { finalOutcomes, type Product } from '../../types/names.ts'
import { readCapture } from '../inspect/read/input.ts'
import { asDelivery, bodyText, type Capture, type Sendable, without } from '../shared/body.ts'
import { readText, UsageError } from '../shared/usage.ts'

/** One delivery to send; signed when it is sent, so that its signature is fresh. */
export interface Planned {
  about: string
  jobId?: string | undefined
  make: () => Sendable
  /** The reason why it cannot be sent. */
  mistake?: UsageError
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
export function plan({ product, outcome, generation, overrides, story, size, credential }: Wish): Planned[] {
  const { jobId, partnerParams } = overrides
  if (story && !isFinal(outcome))
    throw new UsageError('With --story, --outcome must be final: approved, rejected, attention or error.')
  const steps =
    story && isFinal(outcome)
      ? storyOf(product, outcome, { generation, jobId, partnerParams })
      : [singleStep(product, outcome, generation ?? defaultGeneration(product, outcome), overrides)]
  const code = overrides['ResultCode']
  return steps.map((step) => ({
    // A code of the user's decides the outcome, whatever the sample was.
    about: `${product} ${typeof code === 'string' && !story ? `code ${code}` : step.outcome} (${step.generation})`,
    jobId: step.jobId,
    make: () => padded((payload) => signDelivery({ ...step, payload, credential }), step.payload, size),
  }))
}

/** A whole job, with its review if the product has one. @throws SmileIdConfigError if there is no such story */
export function storyOf(
  product: Product,
  outcome: FinalOutcome,
  more: Omit<JobStoryOptions, 'outcome' | 'review'> = {},
): JobStep[] {
  const options = { ...more, outcome }
  try {
    // `processing` is excluded for screenings. contract/v3.md §5.
    return jobStory(product, { ...options, review: product !== 'one_time_aml' })
  } catch (error) {
    if (!(error instanceof SmileIdConfigError)) throw error
    // Some products are never reviewed.
    return jobStory(product, options)
  }
}

function singleStep(
  product: Product,
  outcome: SampleOutcome,
  generation: Generation,
  overrides: SampleOverrides,
): JobStep {
  const payload = sample(product, outcome, { ...overrides, generation })
  const { job_id: inParams = '' } = (payload as { PartnerParams?: { job_id?: string } }).PartnerParams ?? {}
  // A padded copy of the payload is no longer the sample, so its ids are passed explicitly.
  const { jobId = inParams, userId } = identityOf(payload) ?? {}
  return { outcome, generation, payload, jobId, userId }
}

const isFinal = (outcome: SampleOutcome): outcome is FinalOutcome => finalOutcomes.some((one) => one === outcome)

/** Creates a delivery whose body has exactly `size` bytes, padded as a picture would be. */
function padded(make: (payload: Json) => SignedDelivery, payload: Json, size: number | undefined): SignedDelivery {
  if (size === undefined) return make(payload)
  const key = 'ResultCode' in payload ? 'Photo' : 'padding'
  const room = size - Buffer.byteLength(make({ ...payload, [key]: '' }).body)
  if (room < 0) throw new UsageError(`--size is smaller than the callback itself, which has ${size - room} bytes.`)
  return make({ ...payload, [key]: 'A'.repeat(room) })
}

/**
 * Captures of a file or of all `.json` files of a folder, by name. Without `credential` they are sent exactly as
 * captured.
 */
export async function fromCaptures(path: string, credential: Credential | undefined): Promise<Planned[]> {
  const files = await filesOf(path)
  if (files.length === 0) throw new UsageError(`${path} holds no .json files.`)
  return Promise.all(
    files.map(async (file): Promise<Planned> => {
      const text = await readText(file)
      const make = () => {
        const capture = readCapture(text)
        return credential ? signedAnew(capture, credential, file) : asDelivery(capture)
      }
      try {
        make()
        return { about: file, make }
      } catch (mistake) {
        if (!(mistake instanceof UsageError)) throw mistake
        return { about: file, make, mistake }
      }
    }),
  )
}

async function filesOf(path: string): Promise<string[]> {
  const folder = await stat(path).catch(() => {
    throw new UsageError(`${path} cannot be read.`)
  })
  if (!folder.isDirectory()) return [path]
  const names = await readdir(path)
  return names
    .filter((name) => name.endsWith('.json'))
    .sort()
    .map((name) => join(path, name))
}

/** Signs a captured callback again, now and with our key, where its first signature was. */
export function signedAnew(capture: Capture, credential: Credential, file: string): Sendable {
  const { headers, body } = asDelivery(capture)
  const kept = without(/^response-(signature|timestamp)$/i, headers)
  if (Object.keys(kept).length < Object.keys(headers).length) {
    const signed = signDelivery({ generation: 'v3', credential, payload: {} })
    return { headers: { ...signed.headers, ...kept }, body }
  }
  const payload = parseJson(bodyText(capture))
  if (!isRecord(payload))
    throw new UsageError(`The body of ${file} is not a JSON object, so it cannot be signed again: add --as-is.`)
  const signed = signDelivery({ generation: 'v1', credential, payload })
  // A signature in the body changes it, so the new body is not compressed.
  return { headers: { ...signed.headers, ...without(/^content-encoding$/i, kept) }, body: signed.body }
}
