import { describe, expect, test } from 'vitest'
import { available, codeTable, isAvailable, isV1Payload, isV3Payload } from '../../src/index.ts'
import { decode } from '../../src/payload/decode.ts'
import { indexCodes } from '../../src/payload/v1/subject.ts'
import type { CodeRow } from '../../src/payload/v1/code-table.ts'
import { unwrap } from '../../src/payload/v1/envelope.ts'
import { decodeV3 } from '../../src/payload/v3/decode.ts'

type Body = Record<string, unknown>

const codes = indexCodes(codeTable)
const v1 = (change: Body = {}) =>
  decode(
    {
      ResultCode: '0810',
      ResultText: 'Enroll User',
      SmileJobID: '0000000001',
      PartnerParams: { job_id: 'job-1', user_id: 'user-1', job_type: 1 },
      ...change,
    },
    {},
    codes,
    'v1',
  )
const v3 = (change: Body = {}, headers = {}) =>
  decode({ status: 'clear', message: 'ok', product: 'basic_kyc', job_id: 'job-3', ...change }, headers, codes, 'v3')
const withParams = (change: Body) =>
  v1({ PartnerParams: { job_id: 'job-1', user_id: 'user-1', job_type: 1, ...change } })

describe('v1, what an event says', () => {
  test('all of it', () => {
    const body = {
      ResultCode: '0810',
      ResultText: 'Enroll User',
      SmileJobID: '0000000001',
      PartnerParams: { job_id: 'job-1', user_id: 'user-1', job_type: '1' },
      Actions: { Liveness_Check: 'Passed' },
      ConfidenceValue: '99.5',
      IsFinalResult: 'true',
    }
    expect(v1(body)).toEqual({
      shape: 'v1',
      meaning: { kind: 'result', outcome: 'approved' },
      facts: { meaning: 'documented', suspects: [] },
      product: 'biometric_kyc',
      jobId: 'job-1',
      smileJobId: '0000000001',
      userId: 'user-1',
      partnerParams: body.PartnerParams,
      result: {
        code: '0810',
        message: 'Enroll User',
        jobType: 1,
        actions: { Liveness_Check: 'Passed' },
        confidence: 99.5,
        isFinalResult: true,
      },
      payload: body,
      notes: [],
      news: [],
    })
  })

  test('what is not there is absent', () => {
    expect(decode({ ResultCode: '9999', SmileJobID: '7' }, {}, codes, 'v1')).toMatchObject({
      jobId: '7',
      userId: undefined,
      partnerParams: {},
      product: 'unknown',
      result: { code: '9999', message: '' },
    })
    expect(Object.keys(decode({ ResultCode: '9999', SmileJobID: '7' }, {}, codes, 'v1')!.result)).toEqual([
      'code',
      'message',
    ])
  })

  test('ids are texts, and an empty one names nothing', () => {
    expect(withParams({ job_id: 7, user_id: 8 })).toMatchObject({ jobId: '7', userId: '8' })
    expect(withParams({ job_id: '', user_id: '' })).toMatchObject({ jobId: '0000000001', userId: undefined })
    expect(v1({ SmileJobID: 56_574 })).toMatchObject({ smileJobId: '0000056574' })
    // Digits that JSON has lost cannot be guessed: another id has to name the job.
    expect(withParams({ job_id: 2 ** 53, user_id: 2 ** 60 })).toMatchObject({ jobId: '0000000001', userId: undefined })
    expect(v1({ SmileJobID: '', PartnerParams: {} })).toBeUndefined()
    expect(v1({ SmileJobID: [], PartnerParams: { job_id: {} } })).toBeUndefined()
  })

  test.each<[unknown, string | undefined]>([
    [810, '0810'],
    ['810', '0810'],
    [' 0810 ', '0810'],
    ['810.0', '0810'],
    [1, '0001'],
    ['00810', '00810'],
    ['81x', '81x'],
    [' ', undefined],
    [10_120, '10120'],
    [1012, '1012'],
    [0, '0000'],
    ['0810', '0810'],
    [8.5, undefined],
    [-1, undefined],
    ['', undefined],
    [true, undefined],
  ])('the code %j is %j', (sent, code) => {
    expect(v1({ ResultCode: sent, Antifraud: { SuspectUsers: [] } })?.result.code).toBe(code)
  })

  test.each<[unknown, number | undefined]>([
    ['99', 99],
    [' 99 ', 99],
    ['99.99', 99.99],
    ['97.000000', 97],
    [-1, -1],
    ['-0.5', -0.5],
    ['9x', undefined],
    ['x9', undefined],
    ['9.', undefined],
    ['', undefined],
    [null, undefined],
  ])('the confidence %j is %j', (sent, confidence) => {
    expect(v1({ ConfidenceValue: sent })?.result.confidence).toBe(confidence)
  })

  test.each<[unknown, boolean | undefined]>([
    [true, true],
    ['true', true],
    [false, false],
    ['false', false],
    ['True', true],
    [' true ', true],
    ['FALSE', false],
    ['falsey', undefined],
    [0, false],
    ['0', false],
    [1, undefined],
    ['no', undefined],
    [null, undefined],
  ])('IsFinalResult %j is %j', (sent, isFinal) => {
    expect(v1({ IsFinalResult: sent })?.result.isFinalResult).toBe(isFinal)
    expect(v1({ IsFinalResult: sent })?.meaning).toEqual({
      kind: 'result',
      outcome: isFinal === false ? 'provisional' : 'approved',
    })
  })

  test('"not final" makes no verdict of an unknown code, and none of a look-up', () => {
    expect(v1({ ResultCode: '9999', IsFinalResult: false })?.meaning).toEqual({ kind: 'result', outcome: 'unknown' })
    expect(v1({ ResultCode: '1012', IsFinalResult: false })?.meaning).toEqual({ kind: 'id_info', idStep: 'passed' })
    expect(v1({ ResultCode: '0811', IsFinalResult: false })?.meaning).toEqual({
      kind: 'result',
      outcome: 'provisional',
    })
  })

  test('the names of the field are read where the published ones are absent', () => {
    const body = { result_code: '0810', result_text: 'words', smile_job_id: '8', partner_params: { job_type: 1 } }
    expect(decode(body, {}, codes, 'v1')).toMatchObject({
      jobId: '8',
      smileJobId: '8',
      result: { code: '0810', message: 'words', jobType: 1 },
      partnerParams: { job_type: 1 },
    })
    const both = { ...body, ResultCode: '0811', ResultText: 'own', SmileJobID: '9', PartnerParams: { job_type: 2 } }
    expect(decode(both, {}, codes, 'v1')).toMatchObject({
      smileJobId: '9',
      result: { code: '0811', message: 'own', jobType: 2 },
    })
  })

  test('the wrapping of 2019 is undone only where the outside has no code', () => {
    const inner = { ResultCode: '0811' }
    expect(unwrap({ result: inner })).toBe(inner)
    for (const body of [
      { ResultCode: '0810', result: inner },
      { result: { code: 1 } },
      { result: [inner] },
      { result: 'No zip file received' },
      { result: null },
    ])
      expect(unwrap(body)).toBe(body)
  })
})

describe('v1, the job type', () => {
  const typeOf = (change: Body, params: Body = {}) =>
    decode({ ResultCode: '9999', SmileJobID: '1', PartnerParams: params, ...change }, {}, codes, 'v1')?.result.jobType

  test.each<[unknown, number | undefined]>([
    [1, 1],
    ['1', 1],
    ['11', 11],
    [12, 12],
    ['01', 1],
    ['1.0', 1],
    [' 1 ', 1],
    ['010', 10],
    ['1.5', undefined],
    ['1e0', undefined],
    ['0', undefined],
    [0, undefined],
    [-1, undefined],
    [1.5, undefined],
    ['111', undefined],
    [true, undefined],
    [[1], undefined],
  ])('sent as %j is %j', (sent, jobType) => {
    expect(typeOf({ ResultType: 'Business Verification' }, { job_type: sent })).toBe(jobType)
  })

  test.each([undefined, null, '', ' ', 'null', 'Not Available'])('%j is none, and then a marker tells', (sent) => {
    expect(typeOf({ ResultType: 'Business Verification' }, { job_type: sent })).toBe(7)
  })

  test.each<[Body, number | undefined]>([
    [{}, undefined],
    [{ ResultType: 'Business Verification ' }, undefined],
    [{ ResultCode: '1020' }, undefined],
    [{ ResultCode: '1021' }, undefined],
    [{ ResultCode: '1022' }, undefined],
    [{ ResultCode: '1023' }, undefined],
    [{ ResultCode: '1024' }, undefined],
    [{ ResultCode: '1030' }, 10],
    [{ ResultCode: '1017' }, 10],
    [{ ResultCode: '1031' }, undefined],
    [{ people: [] }, 10],
    [{ people: {} }, undefined],
    [{ Actions: { Listed: 'Listed' } }, 10],
    [{ Actions: { Unlisted: 'x' } }, undefined],
    [{ Actions: Object.create({ Listed: 1 }) as Body }, undefined],
    [{ ResultCode: '0908' }, 1],
    [{ ResultCode: '0941' }, undefined],
    [{ ResultCode: '0810' }, undefined],
    [{ ResultCode: '0840' }, undefined],
    [{ ResultCode: '0001' }, undefined],
    [{ ResultCode: '1012' }, undefined],
    [{ ResultCode: undefined, Antifraud: { SuspectUsers: [] } }, undefined],
  ])('not sent, beside %j, is %j', (change, jobType) => {
    expect(typeOf(change)).toBe(jobType)
  })

  test.each<[string, Body, string]>([
    ['1012', {}, 'enhanced_kyc'],
    ['1013', {}, 'enhanced_kyc'],
    ['1014', {}, 'enhanced_kyc'],
    ['1015', {}, 'enhanced_kyc'],
    ['1016', {}, 'enhanced_kyc'],
    ['1017', {}, 'unknown'],
    ['1020', {}, 'basic_kyc'],
    ['1021', {}, 'basic_kyc'],
    ['1022', {}, 'basic_kyc'],
    ['1023', {}, 'basic_kyc'],
    ['1014', { Names: 'x' }, 'basic_kyc'],
    ['1014', { DOB: 'x' }, 'basic_kyc'],
    ['1014', { ID_Verification: 'x' }, 'basic_kyc'],
    ['1014', { Verify_ID_Number: 'x' }, 'enhanced_kyc'],
  ])('5 with %s and %j is %s', (code, Actions, product) => {
    expect(v1({ ResultCode: code, Actions, PartnerParams: { job_id: 'j', job_type: 5 } })?.product).toBe(product)
  })

  test('each has its product, and what has none is unknown', () => {
    const products = [0, 1, 2, 3, 4, 6, 7, 8, 9, 10, 11, 12, 13, 15].map(
      (job_type) => withParams({ job_type, job_id: 'j' })?.product,
    )
    expect(products).toEqual([
      'unknown',
      'biometric_kyc',
      'smart_selfie_authentication',
      'unknown',
      'smart_selfie_registration',
      'document_verification',
      'business_verification',
      'update_photo',
      'compare_user_info',
      'aml_monitoring',
      'enhanced_document_verification',
      'address_verification',
      'unknown',
      'one_time_aml',
    ])
  })
})

describe('v1, what is new', () => {
  const params = { job_id: 'job-1', user_id: 'user-1' }
  const known = '0810'
  test.each<[what: string, change: Body, news: object[]]>([
    ['a known code', {}, []],
    ['a code that no table has', { ResultCode: '7654' }, [{ kind: 'code', path: 'ResultCode', word: '1:7654' }]],
    [
      'such a code, without a job type',
      { ResultCode: '7654', PartnerParams: params },
      [{ kind: 'code', path: 'ResultCode', word: ':7654' }],
    ],
    // Its job may be any: that it is known of one is enough.
    ['a known code, without a job type', { ResultCode: known, PartnerParams: params }, []],
    [
      'a code of another job type',
      { ResultCode: '1017', PartnerParams: { ...params, job_type: 1 } },
      [{ kind: 'code', path: 'ResultCode', word: '1:1017' }],
    ],
    [
      'a job type that no product has',
      { PartnerParams: { ...params, job_type: 77 } },
      [{ kind: 'product', path: 'PartnerParams.job_type', word: '77' }],
    ],
    ['no job type at all', { PartnerParams: { ...params, job_type: null } }, []],
  ])('%s', (_, change, news) => {
    expect(v1(change)?.news).toEqual(news)
  })
})

describe('smile secure', () => {
  const signal = (Antifraud: unknown, more: Body = {}) => v1({ ResultCode: undefined, Antifraud, ...more })
  const list = [
    { user_id: 'a', reasons: ['x', 7, 'y'] },
    { user_id: 'b', reason: 'z' },
    { user_id: 'c' },
    { user_id: 7 },
    'd',
    8,
    null,
    [],
    {},
  ]
  const suspects = [
    { userId: 'a', reasons: ['x', 'y'] },
    { userId: 'b', reasons: ['z'] },
    { userId: 'c', reasons: [] },
    { userId: '7', reasons: [] },
    { userId: 'd', reasons: [] },
    { userId: '8', reasons: [] },
  ]

  test('suspects are found in both places', () => {
    expect(signal({ SuspectUsers: list })?.meaning).toEqual({ kind: 'smile_secure', fraud: 'detected', suspects })
    expect(signal({ smile_secure: { SuspectUsers: list, ResultCode: '5211' } })).toMatchObject({
      meaning: { kind: 'smile_secure', suspects },
      result: { code: '5211' },
    })
    expect(v1({ ResultCode: '5211', Antifraud: { SuspectUsers: list } })?.meaning).toEqual({
      kind: 'smile_secure',
      fraud: 'detected',
      suspects,
    })
    expect(v1({ ResultCode: '5210' })?.meaning).toEqual({ kind: 'smile_secure', fraud: 'none', suspects: [] })
  })

  test.each<[unknown, unknown[]]>([
    [{ user_id: 7, reason: 'x' }, [{ userId: '7', reasons: ['x'] }]],
    [
      { 'user-a': { reasons: ['x'] }, 'user-b': 'y', 'user-c': ['z'] },
      [
        { userId: 'user-a', reasons: ['x'] },
        { userId: 'user-b', reasons: ['y'] },
        { userId: 'user-c', reasons: ['z'] },
      ],
    ],
    [
      { 0: { user_id: 'a' }, 1: { user_id: 'b' } },
      [
        { userId: 'a', reasons: [] },
        { userId: 'b', reasons: [] },
      ],
    ],
    ['a', [{ userId: 'a', reasons: [] }]],
    [7, [{ userId: '7', reasons: [] }]],
  ])('nobody is dropped who is written in another way: %j', (SuspectUsers, suspects) => {
    expect(signal({ SuspectUsers })?.meaning).toEqual({ kind: 'smile_secure', fraud: 'detected', suspects })
  })

  test('a list that is none has nobody in it', () => {
    expect(signal({ SuspectUsers: {} })?.meaning).toEqual({ kind: 'smile_secure', fraud: 'none', suspects: [] })
    // What cannot be read is no clean bill.
    expect(signal({ SuspectUsers: true })?.meaning).toEqual({ kind: 'smile_secure', fraud: 'detected', suspects: [] })
    expect(signal({ smile_secure: {} })?.meaning).toEqual({ kind: 'smile_secure', fraud: 'failed', suspects: [] })
  })

  test('without a code and without its part there is no callback', () => {
    for (const antifraud of [{}, { summary: {} }, { smile_secure: null }, { smile_secure: [] }, null, []])
      expect(signal(antifraud)).toBeUndefined()
  })

  test('it is of no product that has none', () => {
    expect(signal({ SuspectUsers: [] })?.product).toBe('biometric_kyc')
    expect(signal({ SuspectUsers: [] }, { PartnerParams: { job_id: 'j', job_type: 7 } })?.product).toBe('unknown')
    expect(v1({ ResultCode: '5211', PartnerParams: { job_id: 'j', job_type: 10 } })?.product).toBe('unknown')
    expect(v1({ ResultCode: '1012', PartnerParams: { job_id: 'j', job_type: 7 } })?.product).toBe(
      'business_verification',
    )
  })
})

describe('v3, what an event says', () => {
  test('all of it', () => {
    const body = {
      status: 'block',
      message: 'no',
      reason: 'high_risk',
      product: 'one_time_aml',
      job_id: 'job-3',
      user_id: 'user-3',
      partner_params: { a: '1' },
    }
    expect(v3(body)).toEqual({
      shape: 'v3',
      meaning: { kind: 'result', outcome: 'rejected' },
      facts: { meaning: 'documented', suspects: [] },
      product: 'one_time_aml',
      jobId: 'job-3',
      userId: 'user-3',
      partnerParams: { a: '1' },
      result: { status: 'block', reason: 'high_risk', message: 'no' },
      payload: body,
      notes: [],
      news: [],
    })
  })

  test('ids come from the headers, else the body, else the partner params', () => {
    const params = { partner_params: { job_id: 'job-p', user_id: 8 } }
    expect(v3({ user_id: 'u', ...params }, { jobId: 'job-h', userId: 'user-h' })).toMatchObject({
      jobId: 'job-h',
      userId: 'user-h',
    })
    expect(v3({ user_id: 'u', ...params })).toMatchObject({ jobId: 'job-3', userId: 'u' })
    expect(v3({ job_id: '', ...params })).toMatchObject({ jobId: 'job-p', userId: '8' })
    expect(v3({ job_id: undefined })).toBeUndefined()
  })

  test('a status or a product is enough, neither is not', () => {
    expect(v3({ product: undefined })).toMatchObject({ product: 'unknown', meaning: { outcome: 'approved' } })
    expect(v3({ status: undefined })).toMatchObject({
      product: 'basic_kyc',
      meaning: { outcome: 'unknown' },
      partnerParams: {},
    })
    expect(v3({ status: undefined, message: undefined })?.result).toEqual({ message: '' })
    expect(v3({ status: undefined, product: undefined })).toBeUndefined()
    expect(v3({ status: 'clearly', product: undefined })).toBeUndefined()
    expect(v3({ product: 'aml_monitoring_update', status: 'clear' })).toMatchObject({
      product: 'aml_monitoring',
      meaning: { kind: 'monitoring' },
    })
  })

  test('a body of the old shape is read as such, whatever its headers', () => {
    expect(v1({ status: 'clear', product: 'basic_kyc' })?.result.code).toBe('0810')
    for (const body of [null, undefined, [], 'text', 7])
      expect(decode(body, { jobId: 'j' }, codes, 'v3')).toBeUndefined()
    for (const nothing of [{}, { status: 7 }, { message: 'x' }])
      expect([isV1Payload(nothing), isV3Payload(nothing)]).toEqual([false, false])
    expect([
      isV1Payload({ ResultCode: '1', status: 'block' }),
      isV3Payload({ ResultCode: '1', status: 'block' }),
    ]).toEqual([false, true])
    expect([
      isV1Payload({ ResultCode: '1', status: 'ACTIVE' }),
      isV3Payload({ ResultCode: '1', status: 'ACTIVE' }),
    ]).toEqual([true, false])
    expect([
      isV1Payload({ ResultCode: '1' }),
      isV3Payload({ ResultCode: '1' }),
      isV1Payload({ status: 'clear' }),
      isV3Payload({ status: 'clear' }),
    ]).toEqual([true, false, false, true])
    expect(decodeV3({ status: 'clear' }, { jobId: 'j' })?.jobId).toBe('j')
  })
})

test('every row of the table has its source and category', () => {
  const row = (jobType: number | 'any', code: string) =>
    codeTable.find((one) => one.jobType === jobType && one.code === code)
  expect(row(1, '0810')).toEqual({
    jobType: 1,
    code: '0810',
    text: 'Enroll User',
    meaning: { kind: 'result', outcome: 'approved' },
    grade: 'documented',
    source: 'smile_id',
    category: 'Approved',
  })
  expect(row(1, '0812')).toEqual({
    jobType: 1,
    code: '0812',
    meaning: { kind: 'result', outcome: 'provisional' },
    grade: 'observed',
    source: 'third_party',
    category: 'Provisionally Approved',
    note: 'Rejected for job types 6 and 11.',
  })
  expect(row(2, '0826')).toEqual({
    jobType: 2,
    code: '0826',
    meaning: { kind: 'result', outcome: 'rejected' },
    grade: 'weak',
    source: 'third_party',
    category: 'Rejected',
  })
  expect(row(2, '1221')).toMatchObject({ grade: 'inferred', source: 'analogy' })
  expect(row(4, '1240')).toMatchObject({ grade: 'observed', source: 'third_party' })
  expect([row(1, '1012')?.category, row(1, '1013')?.category]).toEqual(['Approved', 'Rejected'])
  for (const one of [row(1, '1014'), row('any', '0001'), row('any', '5211'), row(10, '1030'), row(2, '1221')])
    expect(one).not.toHaveProperty('category')
  expect(codeTable.every((one) => Object.isFrozen(one)) && Object.isFrozen(codeTable)).toBe(true)
})

test('texts that stand for nothing, with blanks around them, and texts that only look like it', () => {
  for (const nothing of [' N/A ', ' '.repeat(32), null, undefined])
    expect([isAvailable(nothing), available(nothing)]).toEqual([false, undefined])
  for (const value of [' '.repeat(33), 'N/A.', 'not  available', 'undefined', Number.NaN, 0, false])
    expect([isAvailable(value), available(value)]).toEqual([true, value])
})

describe('the index of codes', () => {
  const result = (
    jobType: number | 'any',
    code: string,
    outcome: 'approved' | 'rejected' | 'provisional',
  ): CodeRow => ({ jobType, code, meaning: { kind: 'result', outcome }, grade: 'documented' })
  const rows: CodeRow[] = [
    result('any', '0001', 'rejected'),
    result('any', '0002', 'rejected'),
    result(2, '0002', 'approved'),
    result(1, '0003', 'approved'),
    result(4, '0004', 'rejected'),
    result(1, '0005', 'rejected'),
    result(2, '0005', 'rejected'),
    result(4, '0005', 'rejected'),
    result(1, '0006', 'rejected'),
    result(2, '0006', 'approved'),
    result(1, '0007', 'approved'),
    result(2, '0007', 'rejected'),
    { jobType: 1, code: '0008', meaning: { kind: 'id_info', idStep: 'passed' }, grade: 'documented' },
  ]

  test('finds the row of the job type, else that of any', () => {
    const index = indexCodes(rows)
    const find = (jobType: number | undefined, code: string) => index.find(jobType, code)
    expect([find(1, '0001'), find(undefined, '0001')]).toEqual([rows[0], rows[0]])
    expect([find(2, '0002'), find(1, '0002'), find(undefined, '0002')]).toEqual([rows[2], rows[1], rows[1]])
    expect([find(1, '0003'), find(2, '0003'), find(undefined, '0003'), find(1, '0000')]).toEqual([
      rows[3],
      undefined,
      undefined,
      undefined,
    ])
    expect(indexCodes([...rows, result(1, '0003', 'provisional')]).find(1, '0003')).toMatchObject({
      meaning: { outcome: 'provisional' },
    })
  })

  test('knows the one job type of a code, and never of one that approves anywhere', () => {
    const index = indexCodes(rows)
    const only = Object.fromEntries(
      ['0001', '0002', '0003', '0004', '0005', '0006', '0007', '0008', '0000'].map((code) => [
        code,
        index.onlyJobTypeOf(code),
      ]),
    )
    expect(only).toEqual({
      '0001': undefined,
      '0002': undefined,
      '0003': undefined,
      '0004': 4,
      '0005': undefined,
      '0006': undefined,
      '0007': undefined,
      '0008': 1,
      '0000': undefined,
    })
  })

  test('is not needed for the code that only AML has', () => {
    expect(decode({ ResultCode: '1030', SmileJobID: '1' }, {}, indexCodes([]), 'v1')).toMatchObject({
      product: 'aml_monitoring',
      meaning: { kind: 'result', outcome: 'unknown' },
    })
  })
})

test('notes are taken by the schema of the generation', () => {
  expect(v1({ ResultText: 7, Actions: { Names: 7 }, message: 7 })?.notes).toEqual(['ResultText', 'Actions.Names'])
  expect(v3({ ResultText: 7, message: 7 })?.notes).toEqual(['message'])
})
