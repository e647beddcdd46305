import { checkOptions, demand, flag, nonEmptyString, oneOfStrings } from '../lib/check.ts'
import { misuse, readPlain, shortString, typeNameOf } from '../lib/values.ts'
import type { Json } from '../lib/json.ts'
import type { Generation } from '../types/delivery.ts'
import type { IdInfoEvent, MonitoringEvent, ResultEvent, SmileSecureEvent } from '../types/event.ts'
import { type Outcome, outcomes, type Product, products } from '../types/names.ts'
import type { V1Payload } from '../types/payload/v1.ts'
import type { V3Payload } from '../types/payload/index.ts'
import { type ProductRow, productRows } from '../types/products.ts'
import { idCheck, stringsCheck } from './checks.ts'
import { newSubject, rememberIdentity } from './payloads/subject.ts'
import { codeOf, codeRow, v1Payload } from './payloads/v1.ts'
import { v3Payload } from './payloads/v3.ts'

/** The result of a sample: the outcome of a `result`, or one of the other kinds. */
export type SampleOutcome = Outcome | 'id_info' | 'smile_secure' | 'monitoring'

/** One callback that Smile ID can send. */
export interface SampleCase {
  /** Argument of `sample`. */
  readonly product: Product
  /** Argument of `sample`. */
  readonly outcome: SampleOutcome
  /** The generation of this callback. */
  readonly generation: Generation
}

export const sampleOutcomes: readonly SampleOutcome[] = [...outcomes, 'id_info', 'smile_secure', 'monitoring']

const casesOf = (generation: Generation, exists: (row: ProductRow, outcome: SampleOutcome) => boolean): SampleCase[] =>
  productRows.flatMap((row) =>
    sampleOutcomes
      .filter((outcome) => exists(row, outcome))
      .map((outcome) => ({ product: row.name, outcome, generation })),
  )

const isOutcome = (outcome: SampleOutcome): outcome is Outcome => (outcomes as readonly string[]).includes(outcome)
const v3Cases = casesOf('v3', ({ sentBy, kinds }, outcome) => {
  const isKnown = isOutcome(outcome) || (outcome === 'monitoring' && (kinds as readonly string[]).includes(outcome))
  return isKnown && (sentBy as readonly string[]).includes('v3')
})
const v1Cases = casesOf(
  'v1',
  ({ name: product }, outcome) =>
    outcome !== 'monitoring'
    && codeOf({ product, outcome, idStep: 'passed', suspects: true, reviewed: false }) !== undefined,
)

/** Every product, outcome and generation that `sample` can produce, for table-driven tests. */
export const sampleCases: readonly SampleCase[] = Object.freeze([...v3Cases, ...v1Cases])

type Shape = { v1: V1Payload; v3: V3Payload }

/** The payload of a sample, as handlers of its event get it; of both generations unless one was requested. */
export type SamplePayload<
  P extends Product = Product,
  O extends SampleOutcome = SampleOutcome,
  G extends Generation = Generation,
> = Extract<PayloadFor<P, O>, Shape[G]>

type PayloadFor<P extends Product, O extends SampleOutcome> = O extends 'id_info'
  ? IdInfoEvent['payload']
  : O extends 'smile_secure'
    ? SmileSecureEvent['payload']
    : O extends 'monitoring'
      ? MonitoringEvent['payload']
      : ResultEvent<P>['payload']

/**
 * Changes to a sample. Keys in the spelling of the wire (`ResultCode`, `reason`, `people` …) replace those of the
 * payload.
 */
export interface SampleOverrides {
  /** Default: v3 if the product has it there, else v1. */
  readonly generation?: Generation | undefined
  /** Default: a new one. */
  readonly jobId?: string | undefined
  /** Default: a new one. */
  readonly userId?: string | undefined
  /** v1 `SmileJobID`. Default: a new one. */
  readonly smileJobId?: string | undefined
  /** Your own data, echoed. Default: none. */
  readonly partnerParams?: Readonly<Record<string, string>> | undefined
  /** For an `id_info`. Default: `passed`. */
  readonly idStep?: 'passed' | 'failed' | 'error' | undefined
  /**
   * For a `smile_secure`: true if it found suspects. Default: true. For a `result`: true adds signs of fraud that name
   * one, which makes `attention` of an approval. Default: false.
   */
  readonly suspects?: boolean | undefined
  /** Uses the v1 code that comes after human review. Default: false. */
  readonly reviewed?: boolean | undefined
  readonly [wireKey: string]: unknown
}

const checks = {
  generation: nonEmptyString(undefined),
  jobId: idCheck,
  userId: idCheck,
  smileJobId: idCheck,
  partnerParams: stringsCheck,
  idStep: oneOfStrings(['passed', 'failed', 'error'], 'passed'),
  suspects: flag(true),
  reviewed: flag(false),
}

/**
 * A payload as Smile ID sends it, with invented data: for every product, outcome and kind of both generations. Sign it
 * with `signDelivery`. If v3's sandbox has an identity that causes the outcome, the sample is about that one.
 * contract/v1.md §1 and §3, contract/v3.md §2, §3 and §7.
 * @example
 * import { sample } from 'express-smile-id/testing'
 *
 * const partnerParams = { account_id: 'acc-1' }
 * const payload = sample('biometric_kyc', 'approved', { generation: 'v1', jobId: 'job-1', partnerParams })
 * @throws SmileIdConfigError `sample_unknown` if Smile ID has no such callback; the message lists those it has
 */
export function sample<P extends Product, O extends SampleOutcome, G extends Generation = Generation>(
  product: P,
  outcome: O,
  overrides: SampleOverrides & { generation?: G | undefined } & Partial<SamplePayload<P, O, G>> = {},
): SamplePayload<P, O, G> {
  const values = readPlain(overrides, 'The overrides')
  const isOurs = ([name]: [string, unknown]) => Object.hasOwn(checks, name)
  const {
    generation: asked,
    jobId,
    userId,
    smileJobId,
    partnerParams = {},
    idStep,
    suspects,
    reviewed,
  } = checkOptions(Object.fromEntries(Object.entries(values).filter(isOurs)), checks)
  const wire = Object.fromEntries(Object.entries(values).filter((one) => !isOurs(one)))
  const generation = (asked as Generation | undefined) ?? defaultGeneration(product, outcome)
  check(product, outcome, generation)
  const subject = newSubject({ jobId, userId, smileJobId })
  const wish = { product, outcome: outcome as Outcome, subject, partnerParams }
  const base =
    generation === 'v1'
      ? v1Payload({ ...wish, idStep, suspects, reviewed })
      : v3Payload({ ...wish, reason: wire['reason'] as string | null | undefined, now: Date.now() })
  const hasFraud = values['suspects'] === true && isOutcome(outcome)
  const payload = {
    ...base,
    ...(hasFraud && fraudPart(generation)),
    ...resultTextOf(product, wire),
    ...wire,
  } as unknown as SamplePayload<P, O, G>
  if (generation === 'v3') rememberIdentity(payload, { jobId: subject.jobId, userId: subject.userId })
  return payload
}

/** contract/v1.md §1.9; contract/v3.md §3.3. */
function fraudPart(generation: Generation): Json {
  const suspects = [{ user_id: 'user-of-another-job', reasons: ['same-face'] }]
  const summary = { fraud_detected: true, fraud_sources: ['smile_secure'] }
  return generation === 'v1'
    ? { Antifraud: { summary, smile_secure: { ResultCode: '5211', SuspectUsers: suspects } } }
    : { antifraud: { summary, smile_secure: { status: 'attention', suspect_users: suspects } } }
}

/** v3 if the product has the outcome there, else v1. */
export const defaultGeneration = (product: Product, outcome: SampleOutcome): Generation =>
  hasSample(product, outcome, 'v1') && !hasSample(product, outcome, 'v3') ? 'v1' : 'v3'

export const hasSample = (product: Product, outcome: SampleOutcome, generation: Generation): boolean =>
  sampleCases.some((one) => one.product === product && one.outcome === outcome && one.generation === generation)

function check(product: Product, outcome: SampleOutcome, generation: Generation): void {
  if (hasSample(product, outcome, generation)) return
  demand(
    products.includes(product),
    'sample_unknown',
    `There is no product ${shortString(product)}. There are: ${products.join(', ')}.`,
  )
  const known = sampleCases.filter((one) => one.product === product).map((one) => `${one.outcome} (${one.generation})`)
  misuse(
    'sample_unknown',
    `Smile ID sends no ${plain(outcome)} callback of ${product} in ${plain(generation)}. It sends: ${known.join(', ')}.`,
  )
}

const plain = (value: unknown): string => (typeof value === 'string' ? value.slice(0, 64) : typeNameOf(value))

/** Another code has a text of its own. */
function resultTextOf(product: Product, { ResultCode: code }: Json): Json {
  const text = typeof code === 'string' ? codeRow(product, code)?.text : undefined
  return text === undefined ? {} : { ResultText: text }
}
