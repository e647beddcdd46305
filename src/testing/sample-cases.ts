import { outcomes, products, type Outcome, type Product } from '../types/names.ts'
import type { Generation } from '../types/event.ts'
import { newSubject } from './payloads/subject.ts'
import { v1Payload } from './payloads/v1.ts'

/** What a sample says: the outcome of a `result`, or one of the other kinds. */
export type SampleOutcome = Outcome | 'id_info' | 'smile_secure' | 'monitoring'

/** One callback that Smile ID can send. */
export interface SampleCase {
  /** For `sample`. */
  product: Product
  /** For `sample`. */
  outcome: SampleOutcome
  /** Of which generation this callback is. */
  generation: Generation
}

/** v3 has no callback of these. Contract v3, section 2.4. */
const v1Only: readonly Product[] = ['business_verification', 'update_photo', 'compare_user_info']

const v3Cases = products
  .filter((product) => !v1Only.includes(product))
  .flatMap((product): SampleCase[] =>
    product === 'aml_monitoring'
      ? [{ product, outcome: 'monitoring', generation: 'v3' }]
      : outcomes.map((outcome) => ({ product, outcome, generation: 'v3' })),
  )

const v1Cases = products.flatMap((product): SampleCase[] =>
  ([...outcomes, 'id_info', 'smile_secure'] as const).flatMap((outcome) => (hasV1(product, outcome) ? [{ product, outcome, generation: 'v1' as const }] : [])),
)

function hasV1(product: Product, outcome: Outcome | 'id_info' | 'smile_secure'): boolean {
  return v1Payload({ product, outcome, idStep: 'passed', suspects: true, reviewed: false, subject: newSubject(), partnerParams: {} }) !== undefined
}

/** Every product, outcome and generation that `sample` can produce, for table-driven tests. */
export const sampleCases: readonly SampleCase[] = Object.freeze([...v3Cases, ...v1Cases])
