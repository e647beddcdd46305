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

const sourceOf: Readonly<Record<Grade, CodeSource>> = {
  documented: 'smile_id',
  observed: 'third_party',
  weak: 'third_party',
  inferred: 'analogy',
}

const categories: Readonly<Record<string, CodeRow['category']>> = {
  approved: 'Approved',
  passed: 'Approved',
  rejected: 'Rejected',
  failed: 'Rejected',
  provisional: 'Provisionally Approved',
}

// Literals, which V8 gives one hidden class each: every event reads one.
const meaningOf = (kind: CodeRow['meaning']['kind'], word: string) =>
  (kind === 'result'
    ? { kind, outcome: word }
    : kind === 'id_info'
      ? { kind, idStep: word }
      : { kind }) as CodeRow['meaning']

/**
 * Rows of a text: first their kind and job types, then on each line `word grade codes | text | note`. The word is the
 * outcome or the step, and any for a signal. Text and note may be missing.
 */
function rows(table: string): CodeRow[] {
  const [head = '', ...lines] = table
    .trim()
    .split('\n')
    .map((line) => line.trim())
  const [kind, ...jobTypes] = head.split(' ') as [CodeRow['meaning']['kind'], ...string[]]
  const rowsOf = (jobType: CodeRow['jobType'], line: string): CodeRow[] => {
    const [facts = '', text, note] = line.split('|').map((part) => part.trim())
    const [word, grade, ...codes] = facts.split(' ') as [string, Grade, ...string[]]
    const category = categories[word]
    return codes.map((code) =>
      Object.freeze({
        source: sourceOf[grade],
        ...(category && { category }),
        jobType,
        code,
        ...(text && { text }),
        meaning: meaningOf(kind, word),
        grade,
        ...(note && { note }),
      }),
    )
  }
  return jobTypes.flatMap((one) => lines.flatMap((line) => rowsOf((Number(one) || one) as CodeRow['jobType'], line)))
}

/** Why 1013 rejects businesses and documents as well. */
const lookUp = 'Documented for ID look-ups; inferred for this job type.'
/** Why rows of screening say what they say. */
const aml = 'Documented for v3; that v1 callbacks use it alike is inferred.'

/** Why 0001 does not reject. */
const unusable = 'Rejected in the old table, no category in the new: an unusable picture is not a verdict on a person.'

/** A look-up that failed is no verdict, whatever the job type. */
const lookUpErrors = `
  error documented 1014 | Error - Unsupported ID number format
  error documented 1015 | Error - Queried Database Unavailable
  error documented 1016 | Error - Need to Activate Product`

/** Meaning of a failed request's code that is in no row; undefined for any other. contract/v1.md §7. */
export const failedRequestRow = (code: string): CodeRow | undefined =>
  /^2[234]\d\d$/.test(code)
    ? { jobType: 'any', code, meaning: { kind: 'result', outcome: 'error' }, grade: 'inferred' }
    : undefined

/** Every code of contract/v1.md §3.1, one row per (job type, code). */
export const codeTable: readonly CodeRow[] = Object.freeze([
  ...rows(`
  result any
  error documented 0001 | Data Invalid | ${unusable}
  rejected documented 0903 | Zip Corrupt
  rejected documented 0907 | FAIL - Possible Spoof - Strict Setting
  ${lookUpErrors.trim()}
  error documented 2201 2203 2204 2205 2207 2208 2209 2210 2211 2212 2213 2214 2215 2216 2217 2220 | Request failed
  error documented 2221 2301 2401 2405 2413 2414 | Request failed
  unknown documented 2202 | | A code of uploads, never a verdict.
  unknown documented 2302 | Job complete | A code of job_status, never a verdict.
  unknown documented 2314 | No Zip File Received | A code of job_status, never a verdict.`),
  ...rows(`
  smile_secure any
  signal documented 5210 | No Suspect Users Found
  signal documented 5211 | Suspect Users Found
  signal documented 5212 | System Error`),

  // 1, Biometric KYC: 1012 to 1016 are the ID look-up step, not the verdict.
  ...rows(`
  id_info 1
  passed documented 1012 | ID Number Validated
  failed documented 1013 | Unable to Validate ID${lookUpErrors}`),
  ...rows(`
  result 1
  approved documented 0810 | Enroll User
  rejected observed 0811 | Failed Enroll
  provisional observed 0812 | | Rejected for job types 6 and 11.
  rejected observed 0813
  provisional documented 0814 | Provisional Enroll - Under Review
  provisional observed 0815
  error observed 0908 | | A technical error to one source, a failure to another.
  rejected observed 0911 | Failed Enroll
  rejected observed 0912
  rejected weak 1011
  approved documented 1210 | Enroll User | After human review.
  rejected observed 1211 1212
  provisional observed 1213`),

  // 2, SmartSelfie authentication.
  ...rows(`
  result 2
  approved observed 0820 | Authenticated
  rejected observed 0821 | Failed Authentication - Possible Spoof Detected
  provisional weak 0822 0824 0825
  rejected weak 0826 0827 0921 0922
  approved documented 1220 | Authenticated | After human review.
  unknown inferred 1221 1222 1223 1224 1225 1226 1227 1228 | | Known by analogy only: no verdict.`),

  // 4, SmartSelfie registration.
  ...rows(`
  result 4
  approved documented 0840 | Enroll User
  rejected weak 0841
  provisional weak 0844 0846
  rejected weak 0941 0942
  approved observed 1240 | | After human review, to third parties.
  rejected weak 1241 1242`),

  // 5, Enhanced KYC (1012 to 1016) and Basic KYC (1020 to 1023).
  ...rows(`
  result 5
  rejected weak 1011
  approved documented 1012 | ID Number Validated
  rejected documented 1013 | Unable to Validate ID
  approved documented 1020 | Exact Match
  approved documented 1021 | Partial Match
  rejected documented 1022 | No Match
  rejected documented 1023 | Not Found`),

  // 6, Document Verification, and 11, Enhanced Document Verification.
  ...rows(`
  result 6 11
  rejected observed 0811 | Unable to verify document
  rejected observed 0812 | Unable to verify document | Provisional for job type 1.
  rejected observed 0816 | Unable to verify document`),
  ...rows(`
  result 6
  approved documented 0810 | Document Verified After Human Review
  unknown weak 0817 | | Approved to one third party alone: too little to open an account on.`),
  ...rows(`
  result 11
  approved documented 0810 | Document Verified
  rejected inferred 1013 | Unable to Validate ID | ${lookUp}`),

  // 7, Business Verification.
  ...rows(`
  result 7
  approved documented 1012 | Business Verified
  rejected inferred 1013 | Unable to Validate ID | ${lookUp}`),

  // 10, AML with ongoing monitoring, and 15, One-Time AML.
  // A match is a suspicion: v1 gives it no category, so a person has to look.
  ...rows(`
  result 10 15
  attention documented 1017 | News media only | ${aml}
  attention documented 1023 | Potential match | ${aml}
  attention documented 1030 | Found on list | ${aml}
  approved documented 1031 | No matches found | ${aml}`),

  // 12, Address Verification. The code for success is not published.
  ...rows(`
  result 12
  rejected documented 1013 | Verification failed
  rejected documented 1022 | Addresses too far apart`),

  // Phone number verification has no job type.
  // The code for success is not published; 1020 to 1022 were seen, and prove nothing.
  ...rows(`
  result phone_number_verification
  rejected documented 1023 | Not Found`),
])
