import { describe, expect, test } from 'vitest'
import { codeTable } from '../../src/index.ts'
import { decode } from '../../src/payload/decode.ts'
import { indexCodes } from '../../src/payload/v1/subject.ts'

// A body that says two things of its job is believed in neither, and what is said not to be final closes nothing.

type Body = Record<string, unknown>

const codes = indexCodes(codeTable)
const v1Body = (change: Body = {}): Body => ({
  ResultCode: '0810',
  SmileJobID: '0000000001',
  PartnerParams: { job_id: 'job-1', job_type: 1 },
  ...change,
})
const outcome = (body: Body, signedBy: 'v1' | 'v3' = 'v1'): string | undefined => {
  const meaning = decode(body, signedBy === 'v3' ? { jobId: 'job-1' } : {}, codes, signedBy)?.meaning
  return meaning?.kind === 'result' ? meaning.outcome : meaning?.kind
}

describe('a status beside a code', () => {
  test('is what counts under v3 headers, also a word that nobody knows', () => {
    for (const status of ['BLOCK', 'Processing', 'pending', 'complete', 'clear ', 'CLEAR'])
      for (const product of [undefined, 'biometric_kyc']) {
        expect(outcome({ ...v1Body(), status, product }, 'v3'), `${status} ${product}`).toBe('unknown')
      }
    expect(outcome({ ...v1Body(), status: 'clear' }, 'v3')).toBe('approved')
    // No word at all.
    for (const status of ['', ' ', null, undefined, 7]) expect(outcome({ ...v1Body(), status }, 'v3')).toBe('approved')
  })

  test('is held against the code in whichever case it is written', () => {
    for (const status of ['block', 'BLOCK', ' Block ', 'attention', 'Processing', 'ERROR'])
      expect(outcome({ ...v1Body(), status }), status).toBe('unknown')
    for (const status of ['clear', 'CLEAR', 'whatever else'])
      expect(outcome({ ...v1Body(), status }), status).toBe('approved')
  })
})

test('two codes, outside and in the wrapping of 2019', () => {
  for (const [outer, inner] of [
    ['0810', '0811'],
    ['0811', '0810'],
    ['0810', '1012'],
  ]) {
    for (const name of ['ResultCode', 'result_code'])
      expect(outcome(v1Body({ ResultCode: undefined, [name]: outer, result: { ResultCode: inner } }))).toBe('unknown')
  }
  expect(outcome(v1Body({ result: { ResultCode: 810 } }))).toBe('approved')
})

describe('beside the wrapping of 2019', () => {
  const wrapped = (beside: Body, change: Body = {}) => outcome({ ...beside, result: v1Body(change) })

  test('a job that is not complete has no final verdict', () => {
    for (const job_complete of [false, 'false', 'False', 0]) expect(wrapped({ job_complete })).toBe('provisional')
    expect(wrapped({ job_complete: false }, { ResultCode: '0811' })).toBe('provisional')
    expect(wrapped({ job_complete: false }, { ResultCode: '1012' })).toBe('id_info')
    for (const job_complete of [true, 'true', undefined]) expect(wrapped({ job_complete })).toBe('approved')
  })

  test('a job without success approves nobody', () => {
    for (const job_success of [false, 'false']) expect(wrapped({ job_success, job_complete: true })).toBe('unknown')
    expect(wrapped({ job_success: false, job_complete: true }, { ResultCode: '0811' })).toBe('rejected')
    expect(wrapped({ job_success: true, job_complete: true })).toBe('approved')
  })
})

test('a person who is listed is not cleared', () => {
  const aml = (job_type: number, Listed: unknown, ResultCode = '1031') =>
    outcome(v1Body({ ResultCode, PartnerParams: { job_id: 'job-1', job_type }, Actions: { Listed }, people: [] }))
  for (const jobType of [10, 15]) {
    for (const listed of ['Listed', ' listed ', 'LISTED']) expect(aml(jobType, listed), listed).toBe('unknown')
    for (const listed of ['Not Listed', 'Not Applicable', undefined, null])
      expect(aml(jobType, listed)).toBe('approved')
    for (const code of ['1017', '1023', '1030']) expect(aml(jobType, 'Listed', code)).toBe('attention')
  }
})

test('"not final" may be written as 0', () => {
  for (const IsFinalResult of [0, '0', ' 0 ', false, 'false'])
    expect(outcome(v1Body({ IsFinalResult }))).toBe('provisional')
  for (const IsFinalResult of [1, '1', true]) expect(outcome(v1Body({ IsFinalResult }))).toBe('approved')
})
