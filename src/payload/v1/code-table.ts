import type { Outcome } from '../../types/names.ts'

/**
 * How sure a row is. `documented`: Smile ID's pages, SDKs or fixtures. `observed`: third-party receivers agree. `weak`:
 * one third-party source. `inferred`: by analogy only.
 */
export type Grade = 'documented' | 'observed' | 'weak' | 'inferred'

/** `smile_id`: its pages, SDKs or fixtures; `third_party`: receivers in public code; `analogy`: none of them. */
export type CodeSource = 'smile_id' | 'third_party' | 'analogy'

/** The meaning of a v1 `ResultCode` for one job type. contract/v1.md §3.1. */
export interface CodeRow {
  /**
   * v1 job type; `any` if the code means the same for all; a product's name if its callbacks have no job type. A row
   * for the job type wins over `any`.
   */
  jobType: number | 'any' | 'phone_number_verification'
  /** v1 `ResultCode`, four digits as a string. */
  code: string
  /** Smile ID's text if it is known; wording varies, never match on it. */
  text?: string
  /** The meaning of an event with this code: its kind, and the outcome or step that kind has. */
  meaning:
    | { kind: 'result'; outcome: Outcome }
    | { kind: 'id_info'; idStep: 'passed' | 'failed' | 'error' }
    | { kind: 'smile_secure' }
  /** How sure this row is. */
  grade: Grade
  /** Source of the row. */
  source?: CodeSource
  /** Smile ID's word for it; absent if it gives none. */
  category?: 'Approved' | 'Rejected' | 'Provisionally Approved'
  /** Reason for the row, if the sources leave room. */
  note?: string
}

type Cell = [code: string, outcome: Outcome, grade: Grade, text?: string | undefined, note?: string]

// prettier-ignore
const results = (jobTypes: readonly CodeRow['jobType'][], cells: readonly Cell[]): CodeRow[] =>
  jobTypes.flatMap((jobType) =>
    cells.map(([code, outcome, grade, text, note]) => ({
      jobType,
      code,
      ...(text && { text }),
      meaning: { kind: 'result' as const, outcome },
      grade,
      ...(note && { note }),
    })),
  )

/** Why 1013 rejects businesses and documents as well. */
const lookUp = 'Documented for ID look-ups; inferred for this job type.'
/** Why rows of screening say what they say. */
const aml = 'Documented for v3; that v1 callbacks use it alike is inferred.'

/** A look-up that failed is no verdict, whatever the job type. */
const lookUpErrors: [code: string, text: string][] = [
  ['1014', 'Error - Unsupported ID number format'],
  ['1015', 'Error - Queried Database Unavailable'],
  ['1016', 'Error - Need to Activate Product'],
]

/** Requests that failed: contract/v1.md §7. */
// prettier-ignore
const failedRequests = [
  '2201', '2203', '2204', '2205', '2207', '2208', '2209', '2210', '2211', '2212', '2213', '2214', '2215', '2216',
  '2217', '2220', '2221', '2301', '2401', '2405', '2413', '2414',
]
const failedRequest = /^2[234]\d\d$/

/** Meaning of a failed request's code that is in no row; undefined for any other. */
export const failedRequestRow = (code: string): CodeRow | undefined =>
  failedRequest.test(code)
    ? { jobType: 'any', code, meaning: { kind: 'result', outcome: 'error' }, grade: 'inferred' }
    : undefined

// prettier-ignore
const signals: [string, string][] = [
  ['5210', 'No Suspect Users Found'],
  ['5211', 'Suspect Users Found'],
  ['5212', 'System Error'],
]

const sourceOf: Readonly<Record<Grade, CodeSource>> = {
  documented: 'smile_id',
  observed: 'third_party',
  weak: 'third_party',
  inferred: 'analogy',
}

function categoryOf({ meaning }: CodeRow): Pick<CodeRow, 'category'> {
  const word = meaning.kind === 'result' ? meaning.outcome : meaning.kind === 'id_info' ? meaning.idStep : undefined
  if (word === 'approved' || word === 'passed') return { category: 'Approved' }
  if (word === 'rejected' || word === 'failed') return { category: 'Rejected' }
  return word === 'provisional' ? { category: 'Provisionally Approved' } : {}
}

/** Every code of contract/v1.md §3.1, one row per (job type, code). */
// prettier-ignore
export const codeTable: readonly CodeRow[] = Object.freeze<CodeRow[]>([
  ...results(['any'], [
    ['0001', 'error', 'documented', 'Data Invalid', 'Rejected in the old table, no category in the new: an unusable picture is not a verdict on a person.'],
    ['0903', 'rejected', 'documented', 'Zip Corrupt'],
    ['0907', 'rejected', 'documented', 'FAIL - Possible Spoof - Strict Setting'],
    ...lookUpErrors.map(([code, text]): Cell => [code, 'error', 'documented', text]),
    ...failedRequests.map((code): Cell => [code, 'error', 'documented', 'Request failed']),
    ['2202', 'unknown', 'documented', undefined, 'A code of uploads, never a verdict.'],
    ['2302', 'unknown', 'documented', 'Job complete', 'A code of job_status, never a verdict.'],
    ['2314', 'unknown', 'documented', 'No Zip File Received', 'A code of job_status, never a verdict.'],
  ]),
  ...signals.map(([code, text]): CodeRow => ({ jobType: 'any', code, text, meaning: { kind: 'smile_secure' }, grade: 'documented' })),

  // 1, Biometric KYC: 1012 to 1016 are the ID look-up step, not the verdict.
  ...([
    ['1012', 'ID Number Validated', 'passed'],
    ['1013', 'Unable to Validate ID', 'failed'],
    ...lookUpErrors.map(([code, text]) => [code, text, 'error'] as const),
  ] as const).map(([code, text, idStep]): CodeRow => ({ jobType: 1, code, text, meaning: { kind: 'id_info', idStep }, grade: 'documented' })),
  ...results([1], [
    ['0810', 'approved', 'documented', 'Enroll User'],
    ['0811', 'rejected', 'observed', 'Failed Enroll'],
    ['0812', 'provisional', 'observed', undefined, 'Rejected for job types 6 and 11.'],
    ['0813', 'rejected', 'observed'],
    ['0814', 'provisional', 'documented', 'Provisional Enroll - Under Review'],
    ['0815', 'provisional', 'observed'],
    ['0908', 'error', 'observed', undefined, 'A technical error to one source, a failure to another.'],
    ['0911', 'rejected', 'observed', 'Failed Enroll'],
    ['0912', 'rejected', 'observed'],
    ['1011', 'rejected', 'weak'],
    ['1210', 'approved', 'documented', 'Enroll User', 'After human review.'],
    ['1211', 'rejected', 'observed'],
    ['1212', 'rejected', 'observed'],
    ['1213', 'provisional', 'observed'],
  ]),

  // 2, SmartSelfie authentication.
  ...results([2], [
    ['0820', 'approved', 'observed', 'Authenticated'],
    ['0821', 'rejected', 'observed', 'Failed Authentication - Possible Spoof Detected'],
    ['0822', 'provisional', 'weak'],
    ['0824', 'provisional', 'weak'],
    ['0825', 'provisional', 'weak'],
    ['0826', 'rejected', 'weak'],
    ['0827', 'rejected', 'weak'],
    ['0921', 'rejected', 'weak'],
    ['0922', 'rejected', 'weak'],
    ['1220', 'approved', 'documented', 'Authenticated', 'After human review.'],
    ...['1221', '1222', '1223', '1224', '1225', '1226', '1227', '1228'].map(
      (code): Cell => [code, 'unknown', 'inferred', undefined, 'Known by analogy only: no verdict.'],
    ),
  ]),

  // 4, SmartSelfie registration.
  ...results([4], [
    ['0840', 'approved', 'documented', 'Enroll User'],
    ['0841', 'rejected', 'weak'],
    ['0844', 'provisional', 'weak'],
    ['0846', 'provisional', 'weak'],
    ['0941', 'rejected', 'weak'],
    ['0942', 'rejected', 'weak'],
    ['1240', 'approved', 'observed', undefined, 'After human review, to third parties.'],
    ['1241', 'rejected', 'weak'],
    ['1242', 'rejected', 'weak'],
  ]),

  // 5, Enhanced KYC (1012 to 1016) and Basic KYC (1020 to 1023).
  ...results([5], [
    ['1011', 'rejected', 'weak'],
    ['1012', 'approved', 'documented', 'ID Number Validated'],
    ['1013', 'rejected', 'documented', 'Unable to Validate ID'],
    ['1020', 'approved', 'documented', 'Exact Match'],
    ['1021', 'approved', 'documented', 'Partial Match'],
    ['1022', 'rejected', 'documented', 'No Match'],
    ['1023', 'rejected', 'documented', 'Not Found'],
  ]),

  // 6, Document Verification, and 11, Enhanced Document Verification.
  ...results([6, 11], [
    ['0811', 'rejected', 'observed', 'Unable to verify document'],
    ['0812', 'rejected', 'observed', 'Unable to verify document', 'Provisional for job type 1.'],
    ['0816', 'rejected', 'observed', 'Unable to verify document'],
  ]),
  ...results([6], [
    ['0810', 'approved', 'documented', 'Document Verified After Human Review'],
    ['0817', 'unknown', 'weak', undefined, 'Approved to one third party alone: too little to open an account on.'],
  ]),
  ...results([11], [
    ['0810', 'approved', 'documented', 'Document Verified'],
    ['1013', 'rejected', 'inferred', 'Unable to Validate ID', lookUp],
  ]),

  // 7, Business Verification.
  ...results([7], [
    ['1012', 'approved', 'documented', 'Business Verified'],
    ['1013', 'rejected', 'inferred', 'Unable to Validate ID', lookUp],
  ]),

  // 10, AML with ongoing monitoring, and 15, One-Time AML.
  // A match is a suspicion: v1 gives it no category, so a person has to look.
  ...results([10, 15], [
    ['1017', 'attention', 'documented', 'News media only', aml],
    ['1023', 'attention', 'documented', 'Potential match', aml],
    ['1030', 'attention', 'documented', 'Found on list', aml],
    ['1031', 'approved', 'documented', 'No matches found', aml],
  ]),

  // 12, Address Verification. The code for success is not published.
  ...results([12], [
    ['1013', 'rejected', 'documented', 'Verification failed'],
    ['1022', 'rejected', 'documented', 'Addresses too far apart'],
  ]),

  // Phone number verification has no job type.
  // The code for success is not published; 1020 to 1022 were seen, and prove nothing.
  ...results(['phone_number_verification'], [
    ['1023', 'rejected', 'documented', 'Not Found'],
  ]),
].map((row) => Object.freeze({ source: sourceOf[row.grade], ...categoryOf(row), ...row })))
