import type { Outcome } from '../../types/names.ts'
import { rowOf, type Product } from '../../types/products.ts'
import { outcomeByStatus } from '../../payload/v3/decode.ts'
import type { Json } from '../../lib/json.ts'
import { sandboxIdentities, type SandboxIdentity } from '../sandbox-identities.ts'
import { amlPart, antifraud, idFields, imageLinks, residencyPart } from './v3-parts.ts'
import type { Subject } from './subject.ts'

/** The name that Smile ID sends: the first of several. contract/v3.md §3.2. */
const wireName = (product: Product): string => rowOf(product).v3Names[0] ?? 'a_product_of_tomorrow'

/** The first of several wins. */
const statusByOutcome = new Map([...outcomeByStatus].reverse().map(([status, outcome]) => [outcome, String(status)]))

const isScreening = (product: Product): boolean => rowOf(product).v3 === 'v3.one_time_aml'

const documentLike: readonly Product[] = [
  'document_verification',
  'enhanced_document_verification',
  'residency_document_verification',
]
const faces: readonly Product[] = [
  'biometric_kyc',
  'smart_selfie_registration',
  'smart_selfie_authentication',
  'smart_selfie_compare',
]
const withIdFields: readonly Product[] = ['biometric_kyc', ...documentLike]

/** The usual reason of a status, if no sandbox identity gives one. contract/v3.md §3.1. */
const usualReasons: Readonly<Record<string, Partial<Record<Product | 'others', string>>>> = {
  block: {
    one_time_aml: 'aml_match_found',
    aml_monitoring: 'aml_match_found',
    address_verification: 'no_address_on_record',
    basic_kyc: 'identifier_not_found',
    phone_number_verification: 'identifier_not_found',
    residency_document_verification: 'document_check_failed',
    others: 'high_risk',
  },
  attention: {
    one_time_aml: 'news_media_match',
    aml_monitoring: 'news_media_match',
    address_verification: 'information_outdated',
    residency_document_verification: 'document_expired',
    others: 'medium_risk',
  },
  error: { residency_document_verification: 'document_unclassifiable', others: 'service_unavailable' },
}

/** By reason, else by status. contract/v3.md §3.6. */
const messages: Readonly<Record<string, string>> = {
  identifier_not_found: 'Verification failed: Unable to validate ID - Not Found',
  age_requirement_not_met: 'Verification failed: Customer must be above 18',
  invalid_id_number: 'Verification failed: invalid id number',
  service_unavailable: 'Error: external service unavailable.',
  image_unavailable_or_invalid: 'Error: selfie image(s) are unusable.',
  document_unclassifiable: 'Error: document could not be classified.',
  aml_match_found: 'Screening completed: potential matches identified.',
  news_media_match: 'Screening completed: news media identified only.',
  adverse_media_match: 'Screening completed: news media identified only.',
  clear: 'Verification successful',
  attention: 'Verification successful',
  block: 'Verification failed',
  error: 'Error: verification could not be completed at this time.',
  processing: 'Job is still processing',
}

interface V3Wish {
  product: Product
  outcome: Outcome | 'monitoring'
  subject: Subject
  partnerParams: Readonly<Record<string, string>>
  /** Undefined: the usual one. */
  reason?: string | null | undefined
  /** Epoch ms. */
  now: number
}

/** The body of a v3 callback, with every field that the contract knows. contract/v3.md §2 to §4. */
export function v3Payload(wish: V3Wish): Json {
  const { product, outcome, now } = wish
  if (outcome === 'monitoring') return monitoringUpdate(wish)
  const status = statusByOutcome.get(outcome) ?? 'a_status_of_tomorrow'
  const reason = wish.reason === undefined ? reasonOf(product, status) : wish.reason
  const head = { status, message: messageOf(product, status, reason), reason, product: wireName(product) }
  if (status === 'processing') return { ...head, partner_params: partnerParamsOf(wish) }
  const found = status === 'clear' || status === 'attention'
  return {
    ...head,
    created_at: new Date(now - 8_000).toISOString(),
    completed_at: new Date(now - 1_000).toISOString(),
    partner_params: partnerParamsOf(wish),
    ...bodyOf(product, found, status, subjectIdentity(product, status, reason)),
  }
}

function bodyOf(product: Product, found: boolean, status: string, who: SandboxIdentity): Json {
  const names = {
    given_names: who.givenNames ?? null,
    last_name: who.lastName,
    email: who.email ?? null,
    phone_number: null,
  }
  if (isScreening(product))
    return { ...amlPart(status, `${who.givenNames ?? ''} ${who.lastName}`.trim()), user_provided_info: names }
  const images = documentLike.includes(product) || faces.includes(product)
  return {
    ...(images && { kyc_receipt: found ? 'https://receipts.example.com/kyc/0000000000?sig=invented' : null }),
    ...(images && { image_links: imageLinks(documentLike.includes(product)) }),
    ...(withIdFields.includes(product) && { id_fields: found ? idFields(who, documentLike.includes(product)) : null }),
    ...(images && { antifraud: antifraud(status) }),
    ...(product === 'residency_document_verification' && residencyPart(found)),
    user_provided_info: names,
    device_signals: null,
    consent: {},
  }
}

/** "Sent to the partner's default callback; nothing else published": the envelope alone. contract/v3.md §2.4. */
function monitoringUpdate({ partnerParams, now }: V3Wish): Json {
  return {
    status: 'attention',
    message: 'Monitoring update',
    reason: null,
    product: 'aml_monitoring_update',
    created_at: new Date(now).toISOString(),
    partner_params: { ...partnerParams },
  }
}

// AML strips the reserved keys, and is null when nothing is left. contract/v3.md §2.3.
function partnerParamsOf({ product, subject, partnerParams }: V3Wish): Json | null {
  if (isScreening(product)) return Object.keys(partnerParams).length > 0 ? { ...partnerParams } : null
  return { ...partnerParams, job_id: subject.jobId, user_id: subject.userId }
}

function reasonOf(product: Product, status: string): string | null {
  const usual = usualReasons[status]
  return usual?.[product] ?? (usual && identityFor(product, status)?.reason) ?? usual?.others ?? null
}

function messageOf(product: Product, status: string, reason: string | null): string {
  if (isScreening(product) && status === 'clear') return 'Screening completed: no matches found.'
  return messages[reason ?? ''] ?? messages[status] ?? 'A message of tomorrow'
}

const identityFor = (product: Product, status: string, reason?: string | null): SandboxIdentity | undefined =>
  sandboxIdentities.find(
    (one) => one.status === status && one.products.includes(product) && (reason === undefined || one.reason === reason),
  )

/** The sandbox identity that causes this result, else the one that is always clear. */
function subjectIdentity(product: Product, status: string, reason: string | null): SandboxIdentity {
  const clear = sandboxIdentities[0] as SandboxIdentity
  return identityFor(product, status, reason) ?? clear
}
