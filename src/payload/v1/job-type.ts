import type { Product } from '../../types/names.ts'
import type { CodeIndex } from './code-index.ts'
import type { V1Envelope } from './envelope.ts'

const byJobType: Readonly<Record<number, Product>> = {
  1: 'biometric_kyc',
  2: 'smart_selfie_authentication',
  4: 'smart_selfie_registration',
  6: 'document_verification',
  7: 'business_verification',
  8: 'update_photo',
  9: 'compare_user_info',
  10: 'one_time_aml',
  11: 'enhanced_document_verification',
  12: 'address_verification',
}

const basicKycCodes: ReadonlySet<string> = new Set(['1020', '1021', '1022', '1023'])
const enhancedKycCodes: ReadonlySet<string> = new Set(['1012', '1013', '1014', '1015', '1016'])
const basicKycActions = ['Names', 'DOB', 'ID_Verification'] as const

/**
 * The job type as sent (a number or a text), else what ResultType, Actions or the code prove.
 * A code proves it only where no other job type has that code and it approves nobody: a guess must never approve.
 * Contract v1, sections 1 and 3.
 */
export function readJobType(envelope: V1Envelope, codes: CodeIndex): number | undefined {
  const sent = envelope.PartnerParams?.['job_type']
  if (sent !== undefined && sent !== null && sent !== '') return asJobType(sent)
  const { ResultCode: code, ResultType: type, Actions: actions } = envelope
  if (type === 'Business Verification') return 7
  if (code !== undefined && basicKycCodes.has(code)) return 5
  if (code === '1030' || has(actions, 'Listed')) return 10
  return code === undefined ? undefined : codes.onlyJobTypeOf(code)
}

/** Basic and Enhanced KYC share job type 5: the code tells, else the actions that only Basic KYC has. */
export function productOf(jobType: number | undefined, envelope: V1Envelope): Product {
  if (jobType === undefined) return 'unknown'
  if (jobType !== 5) return byJobType[jobType] ?? 'unknown'
  const code = envelope.ResultCode ?? ''
  if (basicKycCodes.has(code) || basicKycActions.some((name) => has(envelope.Actions, name))) return 'basic_kyc'
  return enhancedKycCodes.has(code) ? 'enhanced_kyc' : 'unknown'
}

function asJobType(sent: unknown): number | undefined {
  if (typeof sent === 'number') return Number.isInteger(sent) && sent > 0 ? sent : undefined
  return typeof sent === 'string' && /^[1-9]\d?$/.test(sent) ? Number(sent) : undefined
}

const has = (actions: Readonly<Record<string, unknown>> | undefined, name: string): boolean =>
  actions !== undefined && Object.hasOwn(actions, name)
