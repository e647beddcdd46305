import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import type { SmileIdEvent } from '../../src/index.ts'
import { credential, v1Delivery, v3Delivery } from '../support/deliveries.ts'
import { receiver } from '../support/receiver.ts'

// Invented callbacks of what the contract's revision added. contract/v1.md and contract/v3.md, "What changed".

interface Sample {
  expected: string
  generation?: 'v3'
  partnerId?: string
  signAs?: string
  headers?: Record<string, string>
  body: Record<string, unknown>
}

const folder = new URL('../fixtures/revision/', import.meta.url)
const samples = readdirSync(folder).map((file) => ({
  file,
  ...(JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as Sample),
}))

function deliveryOf({ generation, signAs, headers = {}, body }: Sample) {
  if (generation !== 'v3') return v1Delivery({ payload: body })
  const key = { ...credential, partnerId: signAs ?? credential.partnerId }
  const delivery = v3Delivery({ payload: body, credential: key })
  const signed = Object.entries(delivery.headers).filter(([name]) => !['Job-ID', 'User-ID'].includes(name))
  return { ...delivery, headers: { ...Object.fromEntries(signed), ...headers } }
}

async function read(sample: Sample): Promise<SmileIdEvent> {
  const { post, events } = receiver({
    credentials: { ...credential, partnerId: sample.partnerId ?? credential.partnerId },
  })
  const report = await post(deliveryOf(sample))
  expect(report.code, sample.expected).toBe('accepted')
  expect(report.notes, sample.expected).toBeUndefined()
  return events[0]!
}

const job = 'job_01h8x9y2z3a4b5c6d7e8f9g0h1'
// Written out from each file's `expected`.
const wanted: Record<string, Record<string, unknown>> = {
  '02-v1-aml-1017-news-media.json': { product: 'aml_monitoring', outcome: 'attention' },
  '05-v1-aml-1023-no-job-type.json': { product: 'aml_monitoring', outcome: 'attention' },
  '07-v1-one-time-aml-job-type-15-1031.json': { product: 'one_time_aml', outcome: 'approved' },
  '10-v3-product-aml.json': { product: 'aml_monitoring', outcome: 'approved' },
  '11-v3-one-time-aml-smileid-job-id-header.json': { product: 'one_time_aml', outcome: 'approved', jobId: job },
  '13-v3-partner-id-zeros.json': {
    product: 'enhanced_kyc',
    outcome: 'approved',
    delivery: { credential: { partnerId: '085' } },
  },
  '20-v1-enhanced-kyc-1012-no-job-type.json': { product: 'enhanced_kyc', outcome: 'unknown' },
  '22-v1-enhanced-kyc-1015-no-job-type.json': { product: 'enhanced_kyc', outcome: 'error' },
  '31-v2-phone-result-code-1023-no-job-type.json': { product: 'phone_number_verification', outcome: 'rejected' },
  '33-v2-phone-result-code-1020-no-job-type.json': { product: 'phone_number_verification', outcome: 'unknown' },
  '41-v2-address-job-type-12-1013.json': { product: 'address_verification', outcome: 'rejected' },
  '43-v2-address-job-type-12-1022.json': { product: 'address_verification', outcome: 'rejected' },
  '51-v1-aml-1031-with-people.json': { product: 'one_time_aml', outcome: 'unknown', final: false },
  '52-v3-clear-with-fraud.json': {
    outcome: 'attention',
    fraud: 'detected',
    suspects: [{ userId: 'user-other-52', reasons: ['same-face'] }],
  },
  '53-v1-smile-secure-5212.json': { kind: 'smile_secure', fraud: 'failed', suspects: [] },
  '54-v1-2413-without-job-type.json': { outcome: 'error', final: true, retry: 'new_input' },
  '55-v1-document-1015.json': { outcome: 'error', final: true, retry: 'same' },
  '56-v1-basic-kyc-partial-match.json': { outcome: 'approved', match: 'partial', unmatched: ['Names'] },
  '57-v1-weak-code-without-job-type.json': { product: 'unknown', outcome: 'unknown', final: false },
  '58-v2-snake-case.json': { product: 'basic_kyc', outcome: 'rejected', jobId: 'job-kept-58' },
}

test('every file has its row', () => {
  expect(samples.map(({ file }) => file)).toEqual(Object.keys(wanted))
})

test.each(samples)('$file: $expected', async ({ file, ...sample }) => {
  expect(await read(sample)).toMatchObject(wanted[file]!)
})

describe('a status and a code in one body', () => {
  const v1Body = (code: string, more: object = {}) => ({
    ResultCode: code,
    SmileJobID: '0000000001',
    PartnerParams: { job_id: 'job-1', job_type: 1 },
    ...more,
  })
  const v3Body = (status: string, more: object = {}) => ({ status, product: 'biometric_kyc', ...more })
  const v3 = async (body: Record<string, unknown>, headers: Record<string, string> = { 'job-id': 'job-1' }) =>
    read({ expected: 'read', generation: 'v3', headers, body })
  const outcome = (event: SmileIdEvent) => (event as { outcome?: string }).outcome

  test('under v3 headers it is read by its status, if the two agree', async () => {
    for (const code of [{ ResultCode: '0811' }, { result_code: '0811' }, { result_code: 811 }])
      expect(await v3(v3Body('block', code))).toMatchObject({
        product: 'biometric_kyc',
        outcome: 'rejected',
        result: { status: 'block' },
      })
    expect(outcome(await v3(v3Body('block', { ResultCode: '1030' })))).toBe('rejected')
    expect(outcome(await v3(v3Body('clear', { ResultCode: '9999' })))).toBe('approved')
    expect(outcome(await v3(v3Body('processing', { ResultCode: '0810', IsFinalResult: 'false' })))).toBe('provisional')
  })

  test('and says nothing if they do not, with whichever signature', { timeout: 60_000 }, async () => {
    for (const code of ['0810', '0820', '0840', '1012', '1020', '1210', '1220', '1031']) {
      for (const name of ['ResultCode', 'result_code'])
        for (const sent of [code, Number(code), ` ${code} `]) {
          for (const status of ['block', 'attention', 'error', 'processing']) {
            expect(outcome(await v3(v3Body(status, { [name]: sent }))), `${status} ${code}`).toBe('unknown')
            expect(outcome(await v3(v3Body(status, { result: { [name]: sent } }))), `${status} result.${code}`).toBe(
              'unknown',
            )
            // Without a Job-ID the body's own words name the job.
            expect(outcome(await v3({ ...v3Body(status), ...v1Body(code) }, {}))).not.toBe('approved')
            expect(outcome(await read({ expected: 'read', body: { ...v3Body(status), ...v1Body(code) } }))).not.toBe(
              'approved',
            )
          }
        }
    }
    for (const code of ['0811', '1013', '1022', '0814', '0001', '5211'])
      expect(outcome(await v3(v3Body('clear', { ResultCode: code }))), code).toBe('unknown')
    expect(outcome(await v3(v3Body('clear', { ResultCode: '1012', PartnerParams: { job_type: 1 } })))).toBe('unknown')
  })

  test('nor does a body with two codes', async () => {
    expect(outcome(await read({ expected: 'read', body: v1Body('0810', { result_code: '0811' }) }))).toBe('unknown')
    expect(outcome(await read({ expected: 'read', body: v1Body('0810', { result_code: 810 }) }))).toBe('approved')
  })
})
