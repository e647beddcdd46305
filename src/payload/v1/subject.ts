import { type Product, productRows } from '../../types/products.ts'
import type { ResultEvent } from '../../types/event.ts'
import { isAvailable } from '../scalars.ts'
import { type CodeRow, failedRequestRow } from './code-table.ts'
import type { V1Envelope } from './envelope.ts'

/** The product of a v1 callback, and the rows of the code table in which its code is looked up. */
export interface Subject {
  product: Product
  /** As sent, or as proven. */
  jobType?: number | undefined
  rows?: CodeRow['jobType'] | undefined
}

const codesOf = (product: Product): ReadonlySet<string> =>
  new Set(productRows.flatMap((row) => (row.name === product && 'codes' in row ? row.codes : [])))

const basicKycCodes = codesOf('basic_kyc')
const enhancedKycCodes = codesOf('enhanced_kyc')
const basicKycActions = ['Names', 'DOB', 'ID_Verification'] as const
/** Codes that only screening has; neither approves. */
const amlCodes: ReadonlySet<string> = new Set(['1017', '1030'])

const productByJobType = new Map<number, Product>(
  productRows.flatMap(({ name, jobTypes }) => jobTypes.map((jobType): [number, Product] => [jobType, name])),
)

/**
 * By the job type that was sent, if there is one; else by a field that only one product has. Without proof the product
 * is `unknown`, and its code counts only if it means the same for every job type. contract/v1.md §1, §3.1.
 */
export function readSubject(envelope: V1Envelope, codes: CodeIndex): Subject {
  const sent = envelope.PartnerParams?.['job_type']
  if (!isAvailable(sent)) return provenSubject(envelope, codes)
  const jobType = readJobType(sent)
  return { product: productOf(jobType, envelope), jobType, rows: jobType }
}

/** A whole number of one or two digits; a string may also have spaces, leading zeros or `.0`. */
export function readJobType(sent: unknown): number | undefined {
  if (typeof sent === 'number') return Number.isInteger(sent) && sent > 0 ? sent : undefined
  if (typeof sent !== 'string' || sent.length > longestNumber) return undefined
  const [, digits] = /^0*([1-9]\d?)(?:\.0+)?$/.exec(sent.trim()) ?? []
  return digits === undefined ? undefined : Number(digits)
}

const longestNumber = 32

/** Basic and Enhanced KYC share job type 5: the code tells them apart, else the actions that only Basic KYC has. */
function productOf(jobType: number | undefined, { ResultCode: code = '', Actions: actions }: V1Envelope): Product {
  if (jobType !== 5) return productByJobType.get(jobType ?? 0) ?? 'unknown'
  if (basicKycCodes.has(code) || hasBasicKycActions(actions)) return 'basic_kyc'
  return enhancedKycCodes.has(code) ? 'enhanced_kyc' : 'unknown'
}

/** Screening first: it shares codes with Basic KYC, which shares codes with phone and address verification. */
function provenSubject(envelope: V1Envelope, codes: CodeIndex): Subject {
  const { ResultCode: code = '', ResultType: type, Actions: actions } = envelope
  if (has(actions, 'Listed') || envelope.hasPeople || amlCodes.has(code))
    return { product: 'aml_monitoring', jobType: 10, rows: 10 }
  const isBusiness = type === 'Business Verification'
  const isBasicKyc = hasBasicKycActions(actions)
  // Two proofs contradict each other.
  if (Number(isBusiness) + Number(isBasicKyc) + Number(envelope.hasMatchedFields) > 1) return { product: 'unknown' }
  if (isBusiness) return { product: 'business_verification', jobType: 7, rows: 7 }
  if (envelope.hasMatchedFields) return { product: 'phone_number_verification', rows: 'phone_number_verification' }
  // 1012 may be the ID step of a biometric job, which is not a verdict.
  if (isBasicKyc) return { product: 'basic_kyc', jobType: 5, rows: code === '1012' ? undefined : 5 }
  if (type === 'ID Verification' && enhancedKycCodes.has(code))
    return { product: 'enhanced_kyc', jobType: 5, rows: code === '1012' ? undefined : 5 }
  const jobType = codes.onlyJobTypeOf(code)
  return { product: productOf(jobType, envelope), jobType, rows: jobType }
}

/** Details of a person that Basic KYC compares. contract/v1.md §3.2. */
const details = ['Names', 'DOB', 'Gender', 'Phone_Number']
const matching: ReadonlySet<string> = new Set(['exact match', 'partial match', 'transposed'])

/** How far Basic KYC says that a person matches; an action of an unknown word does not match. */
export function readMatch(
  product: Product,
  { ResultCode: code, Actions: actions }: V1Envelope,
): Pick<ResultEvent, 'match' | 'unmatched'> {
  if (product !== 'basic_kyc' || (code !== '1020' && code !== '1021')) return {}
  const isUnmatched = (word: unknown): boolean =>
    isAvailable(word) && !['not provided', 'not applicable'].includes(lower(word)) && !matching.has(lower(word))
  const unmatched = details.filter((name) => isUnmatched(actions?.[name]))
  return code === '1020' && unmatched.length === 0 ? { match: 'exact' } : { match: 'partial', unmatched }
}

const lower = (word: unknown): string => (typeof word === 'string' ? word.slice(0, 32).trim().toLowerCase() : '')

const hasBasicKycActions = (actions: V1Envelope['Actions']): boolean =>
  basicKycActions.some((name) => has(actions, name))

const has = (actions: V1Envelope['Actions'], name: string): boolean =>
  actions !== undefined && Object.hasOwn(actions, name)

/** The code table, indexed for look-ups by (job type, code). */
export type CodeIndex = ReturnType<typeof indexCodes>

/** Approvals of Smile ID that a receiver may want a person to look at. */
export interface Policy {
  readonly approvedWithFraud: 'approved' | 'attention'
  readonly partialMatch: 'approved' | 'attention'
}

export const defaultPolicy: Policy = Object.freeze({ approvedWithFraud: 'attention', partialMatch: 'approved' })

/** How well a row is known, as events say it. */
export const meaningOf = ({ grade }: Pick<CodeRow, 'grade'>): 'documented' | 'inferred' =>
  grade === 'documented' || grade === 'observed' ? 'documented' : 'inferred'

export function indexCodes(rows: readonly CodeRow[], policy = defaultPolicy) {
  const byKey = new Map(rows.map((row) => [`${row.jobType}:${row.code}`, row]))
  const byCode = new Map<string, CodeRow[]>()
  for (const row of byKey.values()) byCode.set(row.code, [...(byCode.get(row.code) ?? []), row])
  const only = new Map<string, number | undefined>()
  for (const row of byKey.values()) {
    const { jobType, code, meaning } = row
    const approves = meaning.kind === 'result' && meaning.outcome === 'approved'
    const isKnown = !approves && meaningOf(row) === 'documented'
    only.set(code, typeof jobType === 'number' && isKnown && !only.has(code) ? jobType : undefined)
  }
  return {
    find: (jobType: CodeRow['jobType'] | undefined, code: string): CodeRow | undefined =>
      (jobType === undefined ? undefined : byKey.get(`${jobType}:${code}`))
      ?? byKey.get(`any:${code}`)
      ?? failedRequestRow(code),
    /** Every row of this code. */
    all: (code: string): readonly CodeRow[] => byCode.get(code) ?? [],
    /** The one job type that has this code, if exactly one has, it is well known and it does not approve. */
    onlyJobTypeOf: (code: string): number | undefined => only.get(code),
    policy,
  }
}
