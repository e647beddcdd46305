/** Every product, by its v3 name, for both generations. Contract v3 section 3.2, v1 section 1. */
export const products = [
  'biometric_kyc',
  'smart_selfie_registration',
  'smart_selfie_authentication',
  'smart_selfie_compare',
  'basic_kyc',
  'enhanced_kyc',
  'document_verification',
  'enhanced_document_verification',
  'business_verification',
  'one_time_aml',
  'aml_monitoring',
  'address_verification',
  'residency_document_verification',
  'phone_number_verification',
  'update_photo',
  'compare_user_info',
  'unknown',
] as const

/** What a job was about; `unknown` for one this version cannot name. */
export type Product = (typeof products)[number]

/** Products whose jobs have a Smile Secure check, and `unknown`. Contract v1, section 1.9. */
export const smileSecureProducts = [
  'biometric_kyc',
  'smart_selfie_registration',
  'smart_selfie_authentication',
  'document_verification',
  'enhanced_document_verification',
  'unknown',
] as const satisfies readonly Product[]

export type SmileSecureProduct = (typeof smileSecureProducts)[number]

export const isSmileSecureProduct = (product: Product): product is SmileSecureProduct =>
  (smileSecureProducts as readonly Product[]).includes(product)

/** What a `result` says. `unknown` never approves and never rejects. */
export const outcomes = ['approved', 'rejected', 'provisional', 'attention', 'error', 'unknown'] as const

/** The verdict of a `result`. `provisional` is "under review", `attention` wants a person to look. */
export type Outcome = (typeof outcomes)[number]

export const kinds = ['result', 'id_info', 'smile_secure', 'monitoring'] as const

/**
 * What a delivery is about: a verdict on the job, the ID look-up step of a biometric job,
 * the duplicate-face signal, or an update of ongoing AML monitoring.
 */
export type Kind = (typeof kinds)[number]

/** A name that `on` takes: an outcome, a kind, a product, or `product.outcome`. */
export type EventName = Outcome | Kind | Product | `${Product}.${Outcome}`

const known: ReadonlySet<string> = new Set<string>([
  ...outcomes,
  ...kinds,
  ...products,
  ...products.flatMap((product) => outcomes.map((outcome) => `${product}.${outcome}`)),
])

export function isEventName(name: unknown): name is EventName {
  return typeof name === 'string' && known.has(name)
}

/** Outcomes after which the job has its verdict; a later final one (human review) may still replace it. */
export function isFinal(outcome: Outcome): boolean {
  return outcome !== 'provisional' && outcome !== 'unknown'
}
