import { productRows, type Product, type ProductRow } from './products.ts'

export type { Product } from './products.ts'

/** Every product, by its v3 name, for both generations. contract/v3.md §3.2, contract/v1.md §1. */
export const products: readonly Product[] = productRows.map(({ name }) => name)

/** Products whose jobs have a Smile Secure check, and `unknown`. contract/v1.md §1.9. */
export type SmileSecureProduct = Extract<ProductRow, { kinds: readonly [...unknown[], 'smile_secure'] }>['name']

/** Outcomes of a `result`. `unknown` never approves and never rejects. */
export const outcomes = ['approved', 'rejected', 'provisional', 'attention', 'error', 'unknown'] as const

/**
 * The verdict of a `result`. `provisional` is "under review", or a review without a conclusion, after which nothing
 * more may come: ask your staff once it is overdue. `attention` needs a person to look. contract/v1.md §3.1.
 */
export type Outcome = (typeof outcomes)[number]

export const kinds = ['result', 'id_info', 'smile_secure', 'monitoring'] as const

/**
 * Kind of an event: a verdict on the job, the ID look-up step of a biometric job, the duplicate-face signal, or an
 * update of ongoing AML monitoring.
 */
export type Kind = (typeof kinds)[number]

/** A name that `on` takes: an outcome, a kind, a product, or `product.outcome`. */
export type EventName = Outcome | Kind | Product | `${Product}.${Outcome}`

export const eventNames: ReadonlySet<string> = new Set<string>([
  ...outcomes,
  ...kinds,
  ...products,
  ...products.flatMap((product) => outcomes.map((outcome) => `${product}.${outcome}`)),
])

export function isEventName(name: unknown): name is EventName {
  return typeof name === 'string' && eventNames.has(name)
}

/** True for outcomes that give the job its verdict; a later final one (human review) may still replace it. */
export function isFinal(outcome: Outcome): outcome is Exclude<Outcome, 'provisional' | 'unknown'> {
  return outcome !== 'provisional' && outcome !== 'unknown'
}

export const finalOutcomes = outcomes.filter(isFinal)
