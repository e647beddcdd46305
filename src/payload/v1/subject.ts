import { type Product, productRows } from '../../types/products.ts'
import { isAvailable } from '../scalars.ts'
import type { CodeRow } from './code-table.ts'
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

const hasBasicKycActions = (actions: V1Envelope['Actions']): boolean =>
  basicKycActions.some((name) => has(actions, name))

const has = (actions: V1Envelope['Actions'], name: string): boolean =>
  actions !== undefined && Object.hasOwn(actions, name)

/** The code table, indexed for look-ups by (job type, code). */
export interface CodeIndex {
  find(jobType: CodeRow['jobType'] | undefined, code: string): CodeRow | undefined
  /** Every row of this code. */
  all(code: string): readonly CodeRow[]
  /** The job type that has this code, if exactly one has and the code does not approve. */
  onlyJobTypeOf(code: string): number | undefined
}

export function indexCodes(rows: readonly CodeRow[]): CodeIndex {
  const byKey = new Map(rows.map((row) => [`${row.jobType}:${row.code}`, row]))
  const byCode = new Map<string, CodeRow[]>()
  for (const row of byKey.values()) byCode.set(row.code, [...(byCode.get(row.code) ?? []), row])
  const only = new Map<string, number | undefined>()
  for (const { jobType, code, meaning } of byKey.values()) {
    const approves = meaning.kind === 'result' && meaning.outcome === 'approved'
    const alone = typeof jobType === 'number' && !approves && !only.has(code)
    only.set(code, alone ? jobType : undefined)
  }
  return {
    find: (jobType, code) =>
      (jobType === undefined ? undefined : byKey.get(`${jobType}:${code}`)) ?? byKey.get(`any:${code}`),
    all: (code) => byCode.get(code) ?? [],
    onlyJobTypeOf: (code) => only.get(code),
  }
}
