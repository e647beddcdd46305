import type { Outcome, Product } from '../../types/names.ts'
import { codeTable, type CodeRow, type Grade } from '../../payload/v1/code-table.ts'

/** Products that v1 has a job type for. Contract v1, section 1. */
export const jobTypes: ReadonlyMap<Product, number> = new Map<Product, number>([
  ['biometric_kyc', 1],
  ['smart_selfie_authentication', 2],
  ['smart_selfie_registration', 4],
  ['basic_kyc', 5],
  ['enhanced_kyc', 5],
  ['document_verification', 6],
  ['business_verification', 7],
  ['update_photo', 8],
  ['compare_user_info', 9],
  ['one_time_aml', 10],
  ['enhanced_document_verification', 11],
  ['address_verification', 12],
  ['unknown', 99],
])

export type V1Want = { outcome: Outcome } | { idStep: 'passed' | 'failed' | 'error' }

/** A code as a sample carries it. `notFinal`: the callback says so itself. */
export interface PickedCode {
  code: string
  text: string
  notFinal?: boolean
}

/** A code that no table knows. */
const codeOfTomorrow: PickedCode = { code: '9999', text: 'A result of tomorrow' }

const surest: readonly Grade[] = ['documented', 'observed', 'weak', 'inferred']
const genericText: Record<Outcome, string> = { approved: 'Approved', rejected: 'Failed', provisional: 'Under Review', attention: 'Attention', error: 'Error', unknown: 'Unknown' }

/** The surest code of the product for what is wanted; `reviewed` prefers those of human review. Contract v1, section 3.1. */
export function pickCode(product: Product, want: V1Want, reviewed = false): PickedCode | undefined {
  const jobType = jobTypes.get(product)
  if (jobType === undefined) return undefined
  if ('outcome' in want && want.outcome === 'unknown') return product === 'enhanced_kyc' ? undefined : codeOfTomorrow
  const own = codeTable.filter((row) => row.jobType === jobType && ofProduct(product, row.code) && means(row, want))
  const shared = product === 'enhanced_kyc' ? [] : codeTable.filter((row) => row.jobType === 'any' && means(row, want))
  const [best] = [...sorted(own, reviewed), ...sorted(shared, false)]
  if (best) return { code: best.code, text: best.text ?? ('outcome' in want ? genericText[want.outcome] : '') }
  return 'outcome' in want && want.outcome === 'provisional' ? interim(product) : undefined
}

/** What the table says of a code for this product. */
export function codeRow(product: Product, code: string): CodeRow | undefined {
  const rows = codeTable.filter((row) => row.code === code)
  return rows.find((row) => row.jobType === jobTypes.get(product)) ?? rows.find((row) => row.jobType === 'any')
}

// Documents have no code for "under review": a receiver saw a first callback that says it is not final. Contract v1, section 4.
const interim = (product: Product): PickedCode | undefined =>
  product === 'document_verification' || product === 'enhanced_document_verification'
    ? { code: '0810', text: 'Document Verified', notFinal: true }
    : undefined

function means({ meaning }: CodeRow, want: V1Want): boolean {
  if ('outcome' in want) return meaning.kind === 'result' && meaning.outcome === want.outcome
  return meaning.kind === 'id_info' && meaning.idStep === want.idStep
}

const sorted = (rows: readonly CodeRow[], reviewed: boolean): CodeRow[] =>
  [...rows].sort((a, b) => rank(a, reviewed) - rank(b, reviewed))

const rank = ({ code, grade }: CodeRow, reviewed: boolean): number =>
  surest.indexOf(grade) + (code.startsWith('12') === reviewed ? 0 : 10)

/** Basic and Enhanced KYC share job type 5; the code tells them apart. Contract v1, section 1.3. */
const ofProduct = (product: Product, code: string): boolean =>
  product === 'basic_kyc' ? code.startsWith('102') : product === 'enhanced_kyc' ? code.startsWith('101') : true
