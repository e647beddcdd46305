import type { Outcome } from '../../types/names.ts'
import { rowOf, type Product } from '../../types/products.ts'
import type { Json } from '../../lib/json.ts'
import { actionsOf, idInfoActions, type Course } from './v1-actions.ts'
import { businessPart, documentPart, idInfoPart, matchedPart, peoplePart } from './v1-parts.ts'
import { jobTypeOf, pickCode, type PickedCode } from './v1-codes.ts'
import type { Subject } from './subject.ts'

export interface V1Wish {
  product: Product
  outcome: Outcome | 'id_info' | 'smile_secure'
  idStep: 'passed' | 'failed' | 'error'
  /** Whether Smile Secure found somebody. */
  suspects: boolean
  /** Prefer the codes of human review. */
  reviewed: boolean
  subject: Subject
  partnerParams: Readonly<Record<string, string>>
}

const courses: Record<Outcome, Course> = { approved: 'passed', rejected: 'failed', provisional: 'review', attention: 'failed', error: 'none', unknown: 'none' }

/** The body of a v1 callback without its signature, or undefined if v1 has no code for it. contract/v1.md §1. */
export function v1Payload(wish: V1Wish): Json | undefined {
  const picked = codeOf(wish)
  if (!picked) return undefined
  const { product, outcome, subject } = wish
  const jobType = jobTypeOf(product)
  const head = {
    ResultCode: picked.code,
    ResultText: picked.text,
    SmileJobID: subject.smileJobId,
    PartnerParams: { ...wish.partnerParams, job_id: subject.jobId, user_id: subject.userId, ...(jobType !== undefined && { job_type: String(jobType) }) },
    ...(picked.notFinal && { IsFinalResult: 'false' }),
  }
  if (outcome === 'smile_secure') return { ...head, Antifraud: { SuspectUsers: wish.suspects ? [{ user_id: 'user-of-another-job', reason: 'same-person' }] : [] } }
  if (outcome === 'id_info') {
    const course = wish.idStep === 'passed' ? 'passed' : 'failed'
    return { ...head, JSONVersion: '1.0.0', ResultType: 'ID Verification', IsFinalResult: 'true', Actions: idInfoActions(course), ...idInfoPart(wish.idStep === 'passed'), Source: 'ID API' }
  }
  const course = courses[outcome]
  const actions = actionsOf(product, course)
  return { ...head, ...(actions && { Actions: actions }), ...partOf(product, course === 'passed') }
}

function codeOf({ product, outcome, idStep, suspects, reviewed }: V1Wish): PickedCode | undefined {
  if (outcome === 'id_info') return pickCode(product, { idStep })
  if (outcome !== 'smile_secure') return pickCode(product, { outcome }, reviewed)
  if (product === 'unknown' || !(rowOf(product).kinds as readonly string[]).includes(outcome)) return undefined
  return suspects ? { code: '5211', text: 'Suspect Users Found' } : { code: '5210', text: 'No Suspect Users Found' }
}

function partOf(product: Product, passed: boolean): Json {
  switch (product) {
    case 'biometric_kyc':
    case 'smart_selfie_registration':
    case 'smart_selfie_authentication':
      return { ConfidenceValue: passed ? '99' : '0', Source: 'WebAPI' }
    case 'enhanced_kyc':
      return { JSONVersion: '1.0.0', ResultType: 'ID Verification', IsFinalResult: 'true', ...idInfoPart(passed), Source: 'ID API' }
    case 'basic_kyc':
      return { JSONVersion: '1.0.0', ResultType: 'ID Verification', IsFinalResult: 'true', Source: 'ID API' }
    case 'document_verification':
    case 'enhanced_document_verification':
      return documentPart(passed)
    case 'business_verification':
      return businessPart(passed)
    case 'one_time_aml':
    case 'aml_monitoring':
      return peoplePart(!passed)
    case 'phone_number_verification':
      return matchedPart(passed)
    default:
      return {}
  }
}
