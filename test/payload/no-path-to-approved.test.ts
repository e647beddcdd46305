import { expect, test } from 'vitest'
import { codeTable } from '../../src/index.ts'
import { decode } from '../../src/payload/decode.ts'
import { indexCodes } from '../../src/payload/v1/subject.ts'
import { productRows } from '../../src/types/products.ts'

// Every job type, present, missing and odd, with every code and every set of what could prove a product: what approves
// is written out here from the contract, not taken from the table. contract/v1.md §3.1.

const codes = indexCodes(codeTable)
const outcomeOf = (body: Record<string, unknown>): string | undefined => {
  const meaning = decode({ SmileJobID: '0000000001', ...body }, {}, codes, 'v1')?.meaning
  return meaning?.kind === 'result' ? meaning.outcome : undefined
}

const approving: Record<string, string[]> = {
  1: ['0810', '1210'],
  2: ['0820', '1220'],
  4: ['0840', '1240'],
  5: ['1012', '1020', '1021'],
  6: ['0810'],
  7: ['1012'],
  10: ['1031'],
  11: ['0810'],
  15: ['1031'],
}

const digits = Array.from({ length: 10_000 }, (_, i) => String(i).padStart(4, '0'))
const everyCode = [...new Set(codeTable.map(({ code }) => code)), '9999', '0000', 'clear', 'approved', '__proto__']
const jobTypes = [...Array.from({ length: 30 }, (_, i) => i), 99, 100, 1012]
const readAs = (jobType: number): unknown[] => [jobType, String(jobType), `0${jobType}`, ` ${jobType} `, `${jobType}.0`]
const odd: unknown[] = [
  0,
  -1,
  1.5,
  '0',
  '-1',
  '1.5',
  '1x',
  'x1',
  '1e0',
  '0x1',
  '１',
  true,
  false,
  [],
  [1],
  {},
  { valueOf: 1 },
  'biometric_kyc',
  'constructor',
  2 ** 53,
]
const missing: unknown[] = [undefined, null, '', ' ', 'null', 'Not Available', 'N/A']

/** What could prove a product, alone, in combination, and all but a few; every combination with `EVERY_SET`. */
const proofs: Record<string, unknown>[] = [
  { Actions: { Names: 'Exact Match' } },
  { Actions: { DOB: 'Exact Match' } },
  { Actions: { ID_Verification: 'Exact Match' } },
  { Actions: { Gender: 'Exact Match' } },
  { Actions: { Listed: 'Not Listed' } },
  { people: [] },
  { ResultType: 'Business Verification' },
  { ResultType: 'ID Verification' },
  { ResultType: 'Document Verification' },
  {
    Actions: {
      Verify_ID_Number: 'Verified',
      Verify_Document: 'Passed',
      Register_Selfie: 'Approved',
      Verify_Business: 'Verified',
    },
  },
  { MatchedFields: { first_name: 'Exact Match' } },
]

const merged = (parts: Record<string, unknown>[]): Record<string, unknown> => {
  const actions = Object.assign({}, ...parts.map(({ Actions }) => Actions ?? {})) as object
  return { ...Object.assign({}, ...parts), ...(Object.keys(actions).length > 0 && { Actions: actions }) } as Record<
    string,
    unknown
  >
}
const sets = Array.from({ length: 2 ** proofs.length }, (_, mask) => proofs.filter((_proof, at) => mask & (1 << at)))
  .filter(({ length }) => process.env['EVERY_SET'] !== undefined || length <= 3 || length >= proofs.length - 1)
  .map(merged)

/** What a body without a job type may approve by: a proof that one product alone has. */
function approvesWithout(set: Record<string, unknown>): string[] {
  const { Actions = {}, ResultType: type } = set
  const has = (...names: string[]) => names.some((name) => name in (Actions as object))
  if (has('Listed') || 'people' in set) return ['1031']
  const isBasicKyc = has('Names', 'DOB', 'ID_Verification')
  const isBusiness = type === 'Business Verification'
  if (Number(isBasicKyc) + Number(isBusiness) + Number('MatchedFields' in set) !== 1) return []
  return isBasicKyc ? ['1020', '1021'] : isBusiness ? ['1012'] : []
}

test('a job type that was sent approves by its own codes alone, whatever else is there', { timeout: 120_000 }, () => {
  const few = [{}, ...proofs, merged(proofs), merged(proofs.slice(0, 4)), merged(proofs.slice(4, 6))]
  for (const jobType of jobTypes)
    for (const sent of readAs(jobType))
      for (const code of everyCode)
        for (const set of few) {
          const isApproved = outcomeOf({ ...set, ResultCode: code, PartnerParams: { job_type: sent } }) === 'approved'
          if (isApproved !== (approving[jobType]?.includes(code) ?? false))
            expect.fail(`${JSON.stringify(sent)}:${code} ${JSON.stringify(set)}`)
        }
})

test('an odd job type approves nothing', { timeout: 120_000 }, () => {
  for (const sent of odd)
    for (const code of everyCode)
      for (const set of [{}, ...proofs, merged(proofs)]) {
        if (outcomeOf({ ...set, ResultCode: code, PartnerParams: { job_type: sent } }) === 'approved')
          expect.fail(`${JSON.stringify(sent)}:${code} ${JSON.stringify(set)}`)
      }
})

// What each job type reads alike is tried above; here every set of proofs is.
const oneOfEach: unknown[] = [...Object.keys(approving), 3, 8, 9, 12, 99, '0', '1x', true, [1]]

test.each(oneOfEach)(
  'job type %j approves by its own codes alone in every set of proofs',
  { timeout: 120_000 },
  (sent) => {
    const own = typeof sent === 'string' ? (approving[sent] ?? []) : []
    for (const set of sets)
      for (const code of everyCode) {
        const isApproved = outcomeOf({ ...set, ResultCode: code, PartnerParams: { job_type: sent } }) === 'approved'
        if (isApproved !== own.includes(code))
          expect.fail(`${code} ${JSON.stringify(set)}: ${isApproved ? 'approved' : 'not approved'}`)
      }
  },
)

test('without a job type only a proof of the product approves, in every set of proofs', { timeout: 120_000 }, () => {
  for (const set of sets)
    for (const code of everyCode) {
      const isApproved = outcomeOf({ ...set, ResultCode: code, PartnerParams: {} }) === 'approved'
      if (isApproved !== approvesWithout(set).includes(code))
        expect.fail(`${code} ${JSON.stringify(set)}: ${isApproved ? 'approved' : 'not approved'}`)
    }
  for (const sent of missing)
    for (const code of everyCode)
      for (const set of [{}, ...proofs]) {
        const isApproved = outcomeOf({ ...set, ResultCode: code, PartnerParams: { job_type: sent } }) === 'approved'
        expect(isApproved, `${JSON.stringify(sent)}:${code}`).toBe(approvesWithout(set).includes(code))
      }
})

test('of all codes there can be, those of the contract alone approve', { timeout: 120_000 }, () => {
  for (const [jobType, known] of Object.entries(approving)) {
    const found = digits.filter(
      (code) => outcomeOf({ ResultCode: code, PartnerParams: { job_type: jobType } }) === 'approved',
    )
    expect(found, jobType).toEqual(known)
  }
  expect(digits.filter((code) => outcomeOf({ ResultCode: code }) === 'approved')).toEqual([])
})

// The golden list for v3: one status approves, whatever the product, and nothing that a body can add does.
test('of all v3 statuses and products clear alone approves', () => {
  const statuses = [
    'clear',
    'block',
    'attention',
    'error',
    'processing',
    'approved',
    'CLEAR',
    'pass',
    '',
    null,
    1,
    true,
  ]
  const products = [...productRows.flatMap(({ v3Names }) => v3Names), 'a_new_product', undefined]
  const beside = [
    {},
    { antifraud: { summary: { fraud_detected: false } } },
    { antifraud: { smile_secure: { status: 'clear', suspect_users: [] } } },
    { people: [], no_of_persons_found: 0 },
    { code: '0810', message: 'Enroll User', job_id: 'job-1', job_type: 1 },
    { match: 'exact', outcome: 'approved', final: true },
  ]
  for (const status of statuses)
    for (const product of products)
      for (const more of beside) {
        const meaning = decode({ status, product, ...more }, { jobId: 'job-1' }, codes, 'v3')?.meaning
        const outcome = meaning?.kind === 'result' ? meaning.outcome : undefined
        const isApproving = status === 'clear' && product !== 'aml_monitoring_update'
        expect(outcome === 'approved', JSON.stringify({ status, product, ...more })).toBe(isApproving)
      }
})

test('no policy approves what the contract does not', () => {
  const lenient = indexCodes(codeTable, { approvedWithFraud: 'approved', partialMatch: 'approved' })
  for (const jobType of jobTypes)
    for (const code of everyCode)
      for (const more of [
        {},
        { Antifraud: { summary: { fraud_detected: true } } },
        { Actions: { Names: 'No Match' } },
      ]) {
        const body = { SmileJobID: '1', ResultCode: code, PartnerParams: { job_type: jobType }, ...more }
        const read = [lenient, codes].map((index) => decode(body, {}, index, 'v1')?.meaning)
        const [mild, strict] = read.map((one) => one?.kind === 'result' && one.outcome === 'approved')
        expect(mild, JSON.stringify(body)).toBe(approving[jobType]?.includes(code) ?? false)
        if (strict) expect(mild).toBe(true)
      }
})
