import type { Outcome } from '../../types/names.ts'
import { rowOf, type Product } from '../../types/products.ts'
import { codeTable, type CodeRow, type Grade } from '../../payload/v1/code-table.ts'

// The kit reads the product rows and the code table: what a receiver decodes is held against the contract elsewhere.

/** The job type that Smile ID sends with a product; undefined where it sends none, or v1 has no such product. contract/v1.md §1. */
export const jobTypeOf = (product: Product): number | undefined => (product === 'unknown' ? jobTypeOfTomorrow : rowOf(product).jobTypes[0])

const jobTypeOfTomorrow = 99

/** Where a product's codes are in the table. */
const rowsOf = (product: Product): CodeRow['jobType'] | undefined => jobTypeOf(product) ?? (product === 'phone_number_verification' ? product : undefined)

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

/** The surest code of the product for what is wanted; `reviewed` prefers those of human review. contract/v1.md §3.1. */
export function pickCode(product: Product, want: V1Want, reviewed = false): PickedCode | undefined {
  const rows = rowsOf(product)
  if (rows === undefined) return undefined
  if ('outcome' in want && want.outcome === 'unknown') return product === 'enhanced_kyc' ? undefined : codeOfTomorrow
  const own = codeTable.filter((row) => row.jobType === rows && isCodeOf(product, row.code) && means(row, want))
  const shared = product === 'enhanced_kyc' ? [] : codeTable.filter((row) => row.jobType === 'any' && means(row, want))
  const [best] = [...sorted(own, reviewed), ...sorted(shared, false)]
  if (best) return { code: best.code, text: best.text ?? ('outcome' in want ? genericText[want.outcome] : '') }
  return 'outcome' in want && want.outcome === 'provisional' ? interim(product) : undefined
}

/** What the table says of a code for this product. */
export function codeRow(product: Product, code: string): CodeRow | undefined {
  const rows = codeTable.filter((row) => row.code === code)
  return rows.find((row) => row.jobType === rowsOf(product)) ?? rows.find((row) => row.jobType === 'any')
}

// Documents have no code for "under review": a receiver saw a first callback that says it is not final. contract/v1.md §4.
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

/** Basic and Enhanced KYC share job type 5; the code tells them apart. contract/v1.md §1.3. */
function isCodeOf(product: Product, code: string): boolean {
  const row = rowOf(product)
  return !('codes' in row) || (row.codes as readonly string[]).includes(code)
}
