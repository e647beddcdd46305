import { outcomes, products, type Outcome, type Product } from '../types/names.ts'
import { productRows } from '../types/products.ts'
import type { Generation } from '../types/event.ts'
import { newSubject } from './payloads/subject.ts'
import { v1Payload } from './payloads/v1.ts'

/** What a sample says: the outcome of a `result`, or one of the other kinds. */
export type SampleOutcome = Outcome | 'id_info' | 'smile_secure' | 'monitoring'

/** One callback that Smile ID can send. */
export interface SampleCase {
  /** For `sample`. */
  readonly product: Product
  /** For `sample`. */
  readonly outcome: SampleOutcome
  /** Of which generation this callback is. */
  readonly generation: Generation
}

const v3Cases = productRows
  .filter(({ sentBy }) => (sentBy as readonly string[]).includes('v3'))
  .flatMap(({ name: product, kinds }): SampleCase[] => [
    ...outcomes.map((outcome) => ({ product, outcome, generation: 'v3' as const })),
    ...((kinds as readonly string[]).includes('monitoring') ? [{ product, outcome: 'monitoring' as const, generation: 'v3' as const }] : []),
  ])

const v1Cases = products.flatMap((product): SampleCase[] =>
  ([...outcomes, 'id_info', 'smile_secure'] as const).flatMap((outcome) => (hasV1(product, outcome) ? [{ product, outcome, generation: 'v1' as const }] : [])),
)

function hasV1(product: Product, outcome: Outcome | 'id_info' | 'smile_secure'): boolean {
  return v1Payload({ product, outcome, idStep: 'passed', suspects: true, reviewed: false, subject: newSubject(), partnerParams: {} }) !== undefined
}

/** Every product, outcome and generation that `sample` can produce, for table-driven tests. */
export const sampleCases: readonly SampleCase[] = Object.freeze([...v3Cases, ...v1Cases])
