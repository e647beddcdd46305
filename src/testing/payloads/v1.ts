import type { Json } from '../../lib/json.ts'
import { type CodeRow, codeTable, type Grade } from '../../payload/v1/code-table.ts'
import type { Outcome } from '../../types/names.ts'
import { type Product, rowOf } from '../../types/products.ts'
import type { Subject } from './subject.ts'
import { actionsOf, type Course, idInfoActions, idInfoPart, parts } from './v1-parts.ts'

interface V1Wish {
  product: Product
  outcome: Outcome | 'id_info' | 'smile_secure'
  idStep: 'passed' | 'failed' | 'error'
  /** If true, Smile Secure found suspects. */
  suspects: boolean
  /** Prefer the codes of human review. */
  reviewed: boolean
  subject: Subject
  partnerParams: Readonly<Record<string, string>>
}

const courses: Record<Outcome, Course> = {
  approved: 'passed',
  rejected: 'failed',
  provisional: 'review',
  attention: 'failed',
  error: 'none',
  unknown: 'none',
}

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
    PartnerParams: {
      ...wish.partnerParams,
      job_id: subject.jobId,
      user_id: subject.userId,
      ...(jobType !== undefined && { job_type: String(jobType) }),
    },
    ...(picked.notFinal && { IsFinalResult: 'false' }),
  }
  if (outcome === 'smile_secure')
    return {
      ...head,
      Antifraud: { SuspectUsers: wish.suspects ? [{ user_id: 'user-of-another-job', reason: 'same-person' }] : [] },
    }
  if (outcome === 'id_info') {
    const found = wish.idStep === 'passed'
    return { ...head, Actions: idInfoActions(found ? 'passed' : 'failed'), ...idInfoPart(found) }
  }
  const course = courses[outcome]
  const actions = actionsOf(product, course)
  return { ...head, ...(actions && { Actions: actions }), ...parts[product]?.(course === 'passed') }
}

// The kit reads the product rows and the code table: other tests compare the decoders with the contract.

/**
 * The job type that Smile ID sends with a product; undefined if it sends none, or v1 has no such product.
 * contract/v1.md §1.
 */
const jobTypeOf = (product: Product): number | undefined =>
  product === 'unknown' ? jobTypeOfTomorrow : rowOf(product).jobTypes[0]

const jobTypeOfTomorrow = 99

/** The rows of a product in the code table. */
const rowsOf = (product: Product): CodeRow['jobType'] | undefined =>
  jobTypeOf(product) ?? (product === 'phone_number_verification' ? product : undefined)

/** A code as a sample carries it. `notFinal`: the callback says so itself. */
interface PickedCode {
  code: string
  text: string
  notFinal?: boolean
}

/** A code that no table knows. */
const codeOfTomorrow: PickedCode = { code: '9999', text: 'A result of tomorrow' }

const surest: readonly Grade[] = ['documented', 'observed', 'weak', 'inferred']
const genericText: Readonly<Record<string, string>> = {
  approved: 'Approved',
  rejected: 'Failed',
  provisional: 'Under Review',
  attention: 'Attention',
  error: 'Error',
}

/**
 * The surest code of the product for the wanted result; `reviewed` prefers those of human review. Undefined if v1 has
 * no code for it. contract/v1.md §3.1.
 */
export function codeOf(wish: Omit<V1Wish, 'subject' | 'partnerParams'>): PickedCode | undefined {
  const { product, outcome, idStep, suspects } = wish
  if (outcome === 'smile_secure') {
    if (product === 'unknown' || !(rowOf(product).kinds as readonly string[]).includes(outcome)) return undefined
    return suspects ? { code: '5211', text: 'Suspect Users Found' } : { code: '5210', text: 'No Suspect Users Found' }
  }
  const rows = rowsOf(product)
  if (rows === undefined) return undefined
  if (outcome === 'unknown') return product === 'enhanced_kyc' ? undefined : codeOfTomorrow
  const isStep = outcome === 'id_info'
  const reviewed = wish.reviewed && !isStep
  const means = ({ meaning }: CodeRow): boolean =>
    isStep
      ? meaning.kind === 'id_info' && meaning.idStep === idStep
      : meaning.kind === 'result' && meaning.outcome === outcome
  const own = codeTable.filter((row) => row.jobType === rows && isCodeOf(product, row.code) && means(row))
  const isShared = ({ code }: CodeRow): boolean => product !== 'enhanced_kyc' || isCodeOf(product, code)
  const shared = codeTable.filter((row) => row.jobType === 'any' && isShared(row) && means(row))
  const [best] = [...sorted(own, reviewed), ...sorted(shared, false)]
  if (best) return { code: best.code, text: best.text ?? genericText[outcome] ?? '' }
  // Documents have no code for "under review": a receiver saw a first callback that says it is not final.
  // contract/v1.md §4.
  return outcome === 'provisional' && /^(?:enhanced_)?document_verification$/.test(product)
    ? { code: '0810', text: 'Document Verified', notFinal: true }
    : undefined
}

/** The row of a code for this product. */
export function codeRow(product: Product, code: string): CodeRow | undefined {
  const rows = codeTable.filter((row) => row.code === code)
  return rows.find((row) => row.jobType === rowsOf(product)) ?? rows.find((row) => row.jobType === 'any')
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
