import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { write, type Facts } from '../../src/events/canonical.ts'
import { smileIdCallbacks, type Credential } from '../../src/index.ts'
import type { DeliveryToSign } from '../../src/testing/index.ts'
import { credential, now, testOptions, v1Delivery, v1Payload, v3Delivery, v3Payload } from '../support/deliveries.ts'
import { receiver } from '../support/receiver.ts'

type Payload = Record<string, unknown>

const sandbox = { ...credential, apiKey: 'key-of-the-sandbox', environment: 'sandbox' }
const idOf = async (
  delivery: ReturnType<typeof v1Delivery>,
  credentials: Credential | Credential[] = credential,
): Promise<string> => {
  const report = await receiver({ credentials }).post(delivery)
  expect(report.code).toBe('accepted')
  return report.event!.id
}
const v1 = (change: Payload = {}, more: Partial<DeliveryToSign> = {}) =>
  idOf(v1Delivery({ payload: { ...v1Payload, ...change }, ...more }))
const v3 = (change: Payload = {}, more: Partial<DeliveryToSign> = {}) =>
  idOf(v3Delivery({ payload: { ...v3Payload, ...change }, ...more }))
const minted = (reference: string) =>
  smileIdCallbacks({ ...testOptions, callbackSecret }).urlFor('https://receiver.test/smile-id', reference)
const callbackSecret = 'a secret of some length'
const to = async (where: { url?: string; params?: Record<string, string> }): Promise<string> => {
  const { post } = receiver(where.url === undefined ? {} : { callbackSecret })
  return (await post(v1Delivery(), where)).event!.id
}
const written = (value: unknown): Facts => {
  const facts: Facts = []
  write(facts, value)
  return facts
}
const later = new Date(now + 60_000).toISOString()
const reversed = (payload: Payload): Payload =>
  Object.fromEntries(
    Object.entries(payload)
      .reverse()
      .map(([key, value]) => [key, isObject(value) ? reversed(value) : value]),
  )
const isObject = (value: unknown): value is Payload =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

describe('the same fact has the same id', () => {
  it('is 32 hex digits', async () => {
    expect(await v1()).toMatch(/^[0-9a-f]{32}$/)
  })

  it('v1', async () => {
    const id = await v1()
    expect(await v1({}, { timestamp: later })).toBe(id)
    expect(await idOf(v1Delivery({ payload: reversed(v1Payload) }))).toBe(id)
    expect(await v1({ ImageLinks: { selfie_image: 'https://s3.example/a.png?X-Amz-Signature=1' } })).toBe(id)
    expect(await v1({ Photo: 'aGVsbG8=', KYCReceipt: 'https://portal.example/r?t=2' })).toBe(id)
    // Numbers as text and the other way round.
    expect(await v1({ ConfidenceValue: 99 })).toBe(id)
    expect(await v1({ PartnerParams: { ...v1Payload.PartnerParams, job_type: 1 } })).toBe(id)
  })

  it('v3', async () => {
    const id = await v3()
    expect(await v3({}, { timestamp: later })).toBe(id)
    expect(await idOf(v3Delivery({ payload: reversed(v3Payload) }))).toBe(id)
    expect(await v3({ image_links: { selfie_image: 'https://s3.example/a.png?X-Amz-Signature=1' } })).toBe(id)
    // Left out only where the end of the job could not be read. contract/v3.md §2.1.
    expect(await v3({ completed_at: later })).toBe(id)
  })

  it('however its values are written', async () => {
    const id = await v1()
    const job = v1Payload.PartnerParams
    for (const ResultCode of ['810', 810, ' 0810 ', '810.0', '\t0810\n'])
      expect(await v1({ ResultCode }), JSON.stringify(ResultCode)).toBe(id)
    for (const job_type of ['01', '1.0', ' 1 ', 1])
      expect(await v1({ PartnerParams: { ...job, job_type } }), JSON.stringify(job_type)).toBe(id)
    expect(await v1({ SmileJobID: 56_574 })).toBe(id)
    expect(await v1({ SmileJobID: '56574' })).toBe(id)
    for (const ConfidenceValue of ['99', '99.0', '99.000000', ' 99 ']) expect(await v1({ ConfidenceValue })).toBe(id)
    const numbers = { job_id: '7', user_id: '8', job_type: '1', account: '15', open: 'true', rate: '1.5' }
    const asNumbers = { job_id: 7, user_id: 8, job_type: 1, account: 15, open: true, rate: 1.5 }
    expect(await v1({ PartnerParams: asNumbers })).toBe(await v1({ PartnerParams: numbers }))
    expect(await v3({ partner_params: asNumbers })).toBe(await v3({ partner_params: numbers }))
    // Spelled as in the field, and in the wrapping of 2019.
    const { ResultCode, ResultText, SmileJobID, PartnerParams, ...rest } = v1Payload
    expect(
      await v1({
        ResultCode: undefined,
        ResultText: undefined,
        SmileJobID: undefined,
        PartnerParams: undefined,
        result_code: ResultCode,
        result_text: ResultText,
        smile_job_id: SmileJobID,
        partner_params: PartnerParams,
        ...rest,
      }),
    ).toBe(id)
    for (const more of [
      { IDNumber: '00012345', FullName: 'A' },
      { IDNumber: 12345, FullName: 'A' },
    ])
      expect(await v1(more)).toBe(await v1({ IDNumber: '12345', FullName: 'A' }))
    const suspects = (user_id: unknown) => ({
      ResultCode: '5211',
      Antifraud: { SuspectUsers: [{ user_id, reason: 'same-face' }] },
    })
    expect(await v1(suspects(7))).toBe(await v1(suspects('7')))
  })

  it('however its values are written, also where the body counts', async () => {
    const open = (change: Payload) =>
      v1({ ResultCode: '9999', no_of_persons_found: 1, people: [{ age: 7 }], ...change })
    const id = await open({})
    for (const change of [
      { ResultCode: 9999 },
      { ResultCode: ' 9999 ' },
      { no_of_persons_found: '1' },
      { people: [{ age: '7' }] },
      { SmileJobID: 56_574 },
      { ConfidenceValue: 99 },
      { PartnerParams: { ...v1Payload.PartnerParams, job_type: 1 } },
    ]) {
      expect(await open(change), JSON.stringify(change)).toBe(id)
    }
  })

  it('whichever key of the account signed it', async () => {
    const old = { ...credential, apiKey: 'an older key', label: 'old' }
    const signedByOld = v1Delivery({ credential: old })
    expect(await idOf(signedByOld, [credential, old])).toBe(await v1())
  })

  const update = {
    ...v3Payload,
    product: 'aml_monitoring_update',
    people: [{ name: 'A', image: 'https://x.example/p.png?sig=1', sources: [{ a: 1, b: 2 }] }],
  }
  it('monitoring: signed links and key order do not count', async () => {
    const id = await v3(update)
    expect(await v3(reversed(update))).toBe(id)
    expect(
      await v3(
        { ...update, people: [{ name: 'A', image: 'https://x.example/p.png?sig=2', sources: [{ b: 2, a: 1 }] }] },
        { timestamp: later },
      ),
    ).toBe(id)
  })

  it('for any order of keys and any timestamp', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.shuffledSubarray(Object.keys(update), { minLength: Object.keys(update).length }),
        fc.integer({ min: -3_000_000, max: 200_000 }),
        async (keys, shift) => {
          const payload = Object.fromEntries(keys.map((key) => [key, (update as Payload)[key]]))
          expect(await v3(payload, { timestamp: new Date(now + shift).toISOString() })).toBe(await v3(update))
        },
      ),
      { numRuns: 50 },
    )
  })
})

describe('different facts have different ids', () => {
  it('v1', async () => {
    const job = { ...v1Payload.PartnerParams }
    const ids = await Promise.all([
      v1(),
      v1({ ResultCode: '0814', ResultText: 'Provisional' }),
      v1({ ResultCode: '1012', ResultText: 'ID Number Validated' }),
      v1({ ResultText: 'Enroll User After Human Review' }),
      v1({ Actions: { Liveness_Check: 'Passed', Human_Review_Liveness_Check: 'Passed' } }),
      v1({ Actions: { Liveness_Check: 'Failed' } }),
      v1({ IsFinalResult: 'false' }),
      v1({ PartnerParams: { ...job, job_id: 'job-2' } }),
      v1({ PartnerParams: { ...job, user_id: 'user-2' } }),
      v1({ SmileJobID: '0000056575' }),
      v1({ PartnerParams: { ...job, account_id: 'acc-2' } }),
      v1({ PartnerParams: { ...job, account_id: null } }),
      v1({ PartnerParams: { ...job, account_id: ['acc-1'] } }),
      v1({ PartnerParams: { ...job, account_id: { id: 'acc-1' } } }),
      v1({ PartnerParams: { ...job, account_id: { id: 'acc-2' } } }),
      v1({ PartnerParams: { ...job, more: 'x' } }),
      v1({ PartnerParams: { ...job, back_to: 'https://shop.example/?order=1' } }),
      v1({ PartnerParams: { ...job, back_to: 'https://shop.example/?order=2' } }),
      v1({ PartnerParams: { ...job, back_to: ['https://shop.example/#1'] } }),
      v1({ PartnerParams: { ...job, back_to: ['https://shop.example/#2'] } }),
      v1({ Antifraud: { smile_secure: { SuspectUsers: [{ user_id: 1 }] } } }),
      v1({ Antifraud: { smile_secure: { SuspectUsers: [{ user_id: 2 }] } } }),
      v1({ Antifraud: { summary: { fraud_detected: true } } }),
      v1({ PartnerParams: undefined }),
      v1({ PartnerParams: 'text' }),
      v1({ PartnerParams: ['list'] }),
      v1({ FullName: 'Another Name' }),
      v1({ IDNumber: '00000000001' }),
      v1({ DOB: '1990-01-01' }),
      v1({ ResultCode: '5211', Antifraud: { SuspectUsers: [{ user_id: 1 }] } }),
      v1({ ResultCode: '5211', Antifraud: { SuspectUsers: [{ user_id: 2 }] } }),
      v1({ ResultCode: '5211', Antifraud: { SuspectUsers: [{ unreadable: 1 }] } }),
      v1({ ResultCode: '5211', Antifraud: { SuspectUsers: [{ unreadable: 2 }] } }),
      v1({ ResultCode: '5211', Antifraud: { SuspectUsers: { 'user-a': {} } } }),
      v1({ ResultCode: '5211', Antifraud: { SuspectUsers: { 'user-b': {} } } }),
      to({ url: minted('ref-1') }),
      to({ url: minted('ref-2') }),
      to({ params: { tenant: 'acme' } }),
      to({ params: { tenant: 'other' } }),
      to({ params: { region: 'acme' } }),
      v1({ ResultCode: '5210', Antifraud: { SuspectUsers: [{ user_id: 'u1', reason: 'same-face' }] } }),
      v1({ ResultCode: '5210', Antifraud: { SuspectUsers: [{ user_id: 'u2', reason: 'same-face' }] } }),
      idOf(v1Delivery({ credential: sandbox }), [credential, sandbox]),
      idOf(v1Delivery({ credential: { ...credential, partnerId: '85' } }), { ...credential, partnerId: '85' }),
    ])
    expect(new Set(ids).size).toBe(ids.length)
  })

  it('v3', async () => {
    const update = { product: 'aml_monitoring_update', people: [{ name: 'A' }] }
    const ids = await Promise.all([
      v3(),
      v3({ status: 'processing' }),
      v3({ status: 'block', reason: 'high_risk' }),
      v3({ status: 'block', reason: 'document_check_failed' }),
      v3({ product: 'enhanced_kyc' }),
      v3({ partner_params: { account_id: 'acc-2' } }),
      v3({ partner_params: null }),
      v3({ partner_params: { back_to: 'https://shop.example/?order=1' } }),
      v3({ partner_params: { back_to: 'https://shop.example/?order=2' } }),
      v3({ antifraud: { smile_secure: { suspect_users: [{ user_id: 'a' }] } } }),
      v3({ antifraud: { smile_secure: { suspect_users: [{ user_id: 'b' }] } } }),
      v3({ antifraud: { summary: { fraud_detected: true } } }),
      v3({ id_fields: { full_name: 'Another Name' } }),
      v3({ id_fields: { id_number: '1' } }),
      v3({ id_fields: { date_of_birth: '1990-01-01' } }),
      v3({ user_provided_info: { last_name: 'Other' } }),
      v3({}, { jobId: 'job_other' }),
      v3(update),
      v3({ ...update, people: [{ name: 'B' }] }),
      v3({ ...update, people: [{ name: 'A' }, { name: 'A' }] }),
      v3({ ...update, people: [{ name: 'A', news_summary: ['https://news.example/a'] }] }),
      v3({ ...update, people: [{ name: 'A', news_summary: ['https://news.example/b'] }] }),
      v3({ status: 'later_status', seen: 1 }),
      v3({ status: 'later_status', seen: 2 }),
      v3({ product: 'later_product', seen: 1 }),
      v3({ product: 'later_product', seen: 2 }),
    ])
    expect(new Set(ids).size).toBe(ids.length)
  })

  it('two updates that differ in any one value', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 2 }), { maxKeys: 4 }), { maxLength: 4 }),
        fc.nat(),
        async (people, n) => {
          const update = { product: 'aml_monitoring_update', people }
          expect(await v3({ ...update, no: n })).not.toBe(await v3({ ...update, no: n + 1 }))
        },
      ),
      { numRuns: 50 },
    )
  })
})

describe('what an id is made of', () => {
  // Of few letters, so that values that look alike come together.
  const { value } = fc.letrec((tie) => ({
    value: fc.oneof(
      { depthIdentifier: 'id' },
      fc.constantFrom<unknown>(
        '',
        '0',
        '-1',
        '1',
        'a',
        'null',
        '[]',
        '{}',
        '["a"]',
        0,
        1,
        -1,
        -2,
        1.5,
        true,
        false,
        null,
      ),
      fc.array(tie('value'), { depthIdentifier: 'id', maxLength: 3 }),
      fc.dictionary(fc.constantFrom('', 'a', 'b', '0', '__proto__x', '"'), tie('value'), {
        depthIdentifier: 'id',
        maxKeys: 3,
      }),
    ),
  }))
  /** What is meant to count: not the order of keys, nor whether a number or boolean came as text. */
  const counted = (given: unknown): unknown => {
    if (Array.isArray(given)) return given.map(counted)
    if (isObject(given))
      return Object.entries(given)
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([key, inner]) => ({ [key]: counted(inner) }))
        .concat({})
    return typeof given === 'number' || typeof given === 'boolean' ? String(given) : given
  }

  it('can be read back, so that no two bodies are written alike', () => {
    fc.assert(
      fc.property(fc.array(value, { maxLength: 3 }), fc.array(value, { maxLength: 3 }), (some, others) => {
        expect(isDeepStrictEqual(some.flatMap(written), others.flatMap(written))).toBe(
          some.length === others.length && isDeepStrictEqual(some.map(counted), others.map(counted)),
        )
      }),
      { numRuns: 5_000 },
    )
  })

  it('is a text as it is, and a URL without what is signed anew', () => {
    expect(['https://a.example/?b', 'https://a.example/#b', 'see https://a.example/?b'].map(written)).toEqual([
      ['https://a.example/'],
      ['https://a.example/'],
      ['see https://a.example/?b'],
    ])
  })
})

describe('the work is bounded', () => {
  /** Of this process's time: what the machine does besides is none of it. */
  const msOf = async (work: () => unknown): Promise<number> => {
    const before = process.cpuUsage()
    await work()
    const { user, system } = process.cpuUsage(before)
    return (user + system) / 1_000
  }
  // Against the least that reading such a body costs, best of rounds: now and then there is garbage to collect.
  it('a digest costs no more than a few times what parsing the body costs', async () => {
    const flat = Object.fromEntries(Array.from({ length: 19_000 }, (_, i) => [`k${i}`, i]))
    const wide = Object.fromEntries(Array.from({ length: 1_000 }, (_, i) => [`k${i}`, { c: i, b: i, a: i }]))
    for (const body of [{ photo: 'x'.repeat(1_400_000) }, { flat }, { wide }]) {
      const update = { ...body, product: 'aml_monitoring_update' }
      const text = JSON.stringify(update)
      let [parsed, digested] = [Infinity, Infinity]
      for (let round = 0; round < 8; round += 1) {
        parsed = Math.min(parsed, await msOf(() => JSON.parse(text)))
        digested = Math.min(digested, await msOf(() => v3(update)))
      }
      expect(digested).toBeLessThan(40 * parsed)
    }
  })

  it('depth is no way to bring it down', async () => {
    const deep = JSON.parse(`${'['.repeat(3_000)}1${']'.repeat(3_000)}`) as unknown
    // The router refuses such bodies before; the id does not rely on it.
    expect(written({ deep }).length).toBeLessThan(100)
    expect(written({ list: Array.from({ length: 300_000 }, () => 1) })).toHaveLength(300_003)
    const actions = Object.fromEntries(Array.from({ length: 19_000 }, (_, i) => [`a${i}`, 'x']))
    expect(await v1({ Actions: actions })).toMatch(/^[0-9a-f]{32}$/)
  })
})
