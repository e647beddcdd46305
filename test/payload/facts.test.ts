import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import {
  codeTable,
  endUserMessage,
  endUserMessages,
  type Drift,
  type SmileIdCallbacksOptions,
  type SmileIdEvent,
} from '../../src/index.ts'
import { forgetful, now, v1Delivery, v3Delivery } from '../support/deliveries.ts'
import { receiver } from '../support/receiver.ts'
import { meaningOf } from '../../src/payload/v1/subject.ts'
import { productRows } from '../../src/types/products.ts'

// What an event says beside its outcome, and which outcome an approval has that a person should see.

type Body = Record<string, unknown>
type Fact = 'fraud' | 'retry'

const reader = (options: Partial<SmileIdCallbacksOptions> = {}) => {
  const { post, events } = receiver(options)
  return async (delivery: Parameters<typeof post>[0]) => {
    const { code } = await post(delivery)
    expect(code).toBe('accepted')
    return events.pop() as SmileIdEvent & Partial<Record<Fact, unknown>>
  }
}
const v1Body = (change: Body = {}, params: Body = {}): Body => ({
  ResultCode: '0810',
  SmileJobID: '0000000001',
  PartnerParams: { job_id: 'job-1', user_id: 'user-1', job_type: 1, ...params },
  ...change,
})
const v3Body = (change: Body = {}): Body => ({ status: 'clear', product: 'document_verification', ...change })
const v1 = (change?: Body, params?: Body, options?: Partial<SmileIdCallbacksOptions>) =>
  reader(options)(v1Delivery({ payload: v1Body(change, params) }))
const v3 = (change?: Body, options?: Partial<SmileIdCallbacksOptions>) =>
  reader(options)(v3Delivery({ payload: v3Body(change) }))
const secure = (change: Body) => ({ Antifraud: { smile_secure: change } })
const summary = (fraud_detected: unknown) => ({ antifraud: { summary: { fraud_detected } } })

describe('fraud inside an approval', () => {
  const named = [{ user_id: 'user-2', reasons: ['same-face'] }]
  const suspects = [{ userId: 'user-2', reasons: ['same-face'] }]
  const detected: [Body, readonly object[]][] = [
    [{ Antifraud: { summary: { fraud_detected: true } } }, []],
    [{ Antifraud: { summary: { fraud_detected: 'true' } } }, []],
    [{ Antifraud: { SuspectUsers: named } }, suspects],
    [secure({ SuspectUsers: named }), suspects],
    [{ Antifraud: { SuspectUsers: [], smile_secure: { SuspectUsers: named } } }, suspects],
    [secure({ ResultCode: '5211' }), []],
    [secure({ ResultCode: 5211, SuspectUsers: [] }), []],
    [{ Antifraud: { SuspectUsers: 'somebody' } }, [{ userId: 'somebody', reasons: [] }]],
    [{ Antifraud: { SuspectUsers: [{ name: 'no id' }] } }, []],
    // One sign outweighs what says otherwise.
    [{ Antifraud: { summary: { fraud_detected: false }, smile_secure: { ResultCode: '5211' } } }, []],
  ]

  test.each(detected)('v1 0810 beside %j is for a person', async (change, suspects) => {
    expect(await v1(change)).toMatchObject({ outcome: 'attention', final: true, fraud: 'detected', suspects })
    expect(await v1(change, {}, { approvedWithFraud: 'approved' })).toMatchObject({
      outcome: 'approved',
      fraud: 'detected',
      suspects,
    })
    // A wrapped body hides nothing.
    expect(await reader()(v1Delivery({ payload: { result: v1Body(change), job_complete: true } }))).toMatchObject({
      outcome: 'attention',
      fraud: 'detected',
    })
  })

  test.each<[Body, readonly object[]]>([
    [summary(true), []],
    [summary('true'), []],
    [summary(1), []],
    [{ antifraud: { smile_secure: { status: 'attention' } } }, []],
    [{ antifraud: { smile_secure: { status: 'clear', suspect_users: named } } }, suspects],
    [{ antifraud: { suspect_users: named } }, suspects],
  ])('v3 clear beside %j is for a person', async (change, suspects) => {
    for (const product of ['document_verification', 'biometric_kyc', 'smart_selfie_registration', 'a_new_product'])
      expect(await v3({ ...change, product })).toMatchObject({ outcome: 'attention', fraud: 'detected', suspects })
    expect(await v3(change, { approvedWithFraud: 'approved' })).toMatchObject({ outcome: 'approved', suspects })
  })

  test.each<[Body, string | undefined]>([
    [{ Antifraud: { summary: { fraud_detected: false } } }, 'none'],
    [{ Antifraud: { SuspectUsers: [] } }, 'none'],
    [secure({ ResultCode: '5210' }), 'none'],
    [secure({ ResultCode: '5212' }), 'failed'],
    [{ Antifraud: { SuspectUsers: [], smile_secure: { ResultCode: '5212' } } }, 'failed'],
    [{ Antifraud: {} }, undefined],
    [{ Antifraud: null }, undefined],
    [{}, undefined],
  ])('v1 0810 beside %j stays approved', async (change, fraud) => {
    const event = await v1(change)
    expect(event).toMatchObject({ outcome: 'approved', suspects: [] })
    expect(event.fraud).toBe(fraud)
  })

  test.each<[Body, string | undefined]>([
    [summary(false), 'none'],
    [{ antifraud: { smile_secure: { status: 'clear', suspect_users: [] } } }, 'none'],
    [{ antifraud: { smile_secure: { status: 'error', suspect_users: [] } } }, 'failed'],
    [{ antifraud: { summary: null, smile_secure: null } }, undefined],
    [{ antifraud: null }, undefined],
  ])('v3 clear beside %j stays approved', async (change, fraud) => {
    const event = await v3(change)
    expect(event).toMatchObject({ outcome: 'approved', suspects: [] })
    expect(event.fraud).toBe(fraud)
  })

  test('makes no other outcome milder', async () => {
    for (const [ResultCode, outcome] of [
      ['0811', 'rejected'],
      ['0814', 'provisional'],
      ['0001', 'error'],
      ['9999', 'unknown'],
    ])
      expect(await v1({ ResultCode, Antifraud: { SuspectUsers: named } })).toMatchObject({ outcome, suspects })
    expect(await v3({ status: 'block', ...summary(true) })).toMatchObject({ outcome: 'rejected', fraud: 'detected' })
  })

  test('another suspect is another event', async () => {
    for (const key of ['suspect_users', 'SuspectUsers']) {
      const ids = ['user-2', 'user-3'].map(async (user_id) => (await v3({ antifraud: { [key]: [{ user_id }] } })).id)
      expect(new Set(await Promise.all(ids)).size).toBe(2)
    }
  })
})

test.each([
  ['5210', 'none'],
  ['5211', 'detected'],
  ['5212', 'failed'],
])('Smile Secure %s: %s', async (ResultCode, fraud) => {
  expect(await v1({ ResultCode })).toMatchObject({ kind: 'smile_secure', fraud, suspects: [] })
  expect(await v1({ ResultCode: undefined, ...secure({ ResultCode, SuspectUsers: [] }) })).toMatchObject({
    kind: 'smile_secure',
    fraud,
  })
})

describe('a partial match of Basic KYC', () => {
  const basic = (ResultCode: string, Actions: Body, options?: Partial<SmileIdCallbacksOptions>) =>
    v1({ ResultCode, Actions }, { job_type: 5 }, options)

  test('is approved, and says what did not match', async () => {
    const actions = { Names: 'No Match', DOB: 'Exact Match', Gender: 'Not Provided', ID_Verification: 'Completed' }
    const event = { outcome: 'approved', match: 'partial', unmatched: ['Names'] }
    expect(await basic('1021', actions)).toMatchObject(event)
    expect(await basic('1021', actions, { partialMatch: 'attention' })).toMatchObject({
      ...event,
      outcome: 'attention',
    })
  })

  test.each<[Body, string[]]>([
    [{}, []],
    [{ Names: 'Partial Match', DOB: ' transposed ', Gender: 'EXACT MATCH' }, []],
    [{ Names: 'Exact Match', Phone_Number: 'No Match', DOB: 'A new word' }, ['DOB', 'Phone_Number']],
    [{ Names: 'Not Available', DOB: null, Gender: 'Not Applicable', Phone_Number: 7 }, ['Phone_Number']],
  ])('%j', async (actions, unmatched) => {
    expect(await basic('1021', actions)).toMatchObject({ match: 'partial', unmatched })
  })

  test('an exact one is exact, unless its own actions say otherwise', async () => {
    const exact = await basic('1020', { Names: 'Exact Match' }, { partialMatch: 'attention' })
    expect(exact).toMatchObject({ outcome: 'approved', match: 'exact' })
    expect(exact).not.toHaveProperty('unmatched')
    const odd = await basic('1020', { Names: 'No Match' }, { partialMatch: 'attention' })
    expect(odd).toMatchObject({ outcome: 'attention', match: 'partial', unmatched: ['Names'] })
  })

  test('only Basic KYC has one', async () => {
    for (const event of [await v1(), await v3({ product: 'basic_kyc' }), await basic('1022', { Names: 'No Match' })])
      expect(event).not.toHaveProperty('match')
  })
})

describe('an AML clear that people contradict', () => {
  test.each<Body>([
    { people: [{ name: 'Ada Example' }] },
    { people: { 0: { name: 'Ada Example' } } },
    { no_of_persons_found: 1 },
    { no_of_persons_found: '2', people: [] },
  ])('%j', async (found) => {
    for (const job_type of [10, 15])
      expect(await v1({ ResultCode: '1031', ...found }, { job_type })).toMatchObject({
        outcome: 'unknown',
        final: false,
      })
    for (const product of ['one_time_aml', 'aml'])
      expect(await v3({ product, ...found })).toMatchObject({ outcome: 'unknown', final: false })
    expect(await v3({ product: 'one_time_aml', status: 'block', ...found })).toMatchObject({ outcome: 'rejected' })
  })

  test.each<Body>([{ people: [] }, { people: null }, { no_of_persons_found: 0 }, { no_of_persons_found: '0' }, {}])(
    '%j contradicts nothing',
    async (found) => {
      expect(await v1({ ResultCode: '1031', ...found }, { job_type: 15 })).toMatchObject({ outcome: 'approved' })
      expect(await v3({ product: 'one_time_aml', ...found })).toMatchObject({ outcome: 'approved' })
    },
  )
})

describe('how well a meaning is known', () => {
  test.each<[string, number | undefined, string, string]>([
    ['0810', 1, 'approved', 'documented'],
    ['0811', 1, 'rejected', 'documented'],
    ['0841', 4, 'rejected', 'inferred'],
    ['0942', 4, 'rejected', 'inferred'],
    ['1241', 4, 'rejected', 'inferred'],
    ['1242', 4, 'rejected', 'inferred'],
    ['0844', 4, 'provisional', 'inferred'],
    ['0846', 4, 'provisional', 'inferred'],
    ['1013', 11, 'rejected', 'inferred'],
    ['0841', undefined, 'unknown', 'inferred'],
    ['0844', undefined, 'unknown', 'inferred'],
    ['0915', 1, 'unknown', 'inferred'],
    ['2413', undefined, 'error', 'documented'],
    ['2299', undefined, 'error', 'inferred'],
  ])('%s of job type %s is %s, %s', async (ResultCode, job_type, outcome, meaning) => {
    expect(await v1({ ResultCode }, { job_type })).toMatchObject({ outcome, meaning })
  })

  test('of v3 and of other kinds', async () => {
    expect(await v3()).toMatchObject({ meaning: 'documented' })
    expect(await v3({ status: 'a new word' })).toMatchObject({ outcome: 'unknown', meaning: 'inferred' })
    expect(await v3({ product: 'aml_monitoring_update' })).toMatchObject({ kind: 'monitoring', meaning: 'documented' })
    expect(await v1({ ResultCode: '1012' })).toMatchObject({ kind: 'id_info', meaning: 'documented' })
  })

  test('drift names a code whose meaning is inferred, once', async () => {
    const drifts: Drift[] = []
    const read = reader({ onDrift: (drift) => void drifts.push(drift) })
    for (const [ResultCode, job_type] of [
      ['0841', 4],
      ['0841', '4'],
      ['0810', 1],
      ['2413', 1],
      ['0841', undefined],
    ])
      await read(v1Delivery({ payload: v1Body({ ResultCode }, { job_type, job_id: `${ResultCode} ${job_type}` }) }))
    expect(drifts).toEqual([
      { kind: 'meaning', path: 'ResultCode', product: 'smart_selfie_registration', generation: 'v1' },
    ])
  })
})

describe('what is worth submitting again', () => {
  test.each<[string, string | undefined]>([
    ['1014', 'new_input'],
    ['1015', 'same'],
    ['1016', 'no'],
    ['0001', 'new_input'],
    ['2215', 'no'],
    ['2401', 'same'],
    ['2299', undefined],
  ])('v1 %s: %s', async (ResultCode, retry) => {
    expect((await v1({ ResultCode }, { job_type: 6 })).retry).toBe(retry)
  })

  test('of the look-up step of a biometric job as well', async () => {
    expect(await v1({ ResultCode: '1015' })).toMatchObject({ kind: 'id_info', idStep: 'error', retry: 'same' })
    expect(await v1({ ResultCode: '1012' })).not.toHaveProperty('retry')
  })

  test.each<[string | null, string | undefined]>([
    ['service_unavailable', 'same'],
    ['image_unavailable_or_invalid', 'new_input'],
    ['invalid_id_number', 'new_input'],
    ['a_new_reason', undefined],
    [null, undefined],
  ])('v3 %s: %s', async (reason, retry) => {
    expect((await v3({ status: 'error', reason })).retry).toBe(retry)
    expect(await v3({ status: 'block', reason })).not.toHaveProperty('retry')
  })
})

describe('the snake case of v2', () => {
  const body = { code: '1023', message: 'No match', job_id: 'job-8', partner_params: { user_id: 'user-8', ref: 'a' } }
  const read = (change: Body, options?: Partial<SmileIdCallbacksOptions>) =>
    reader(options)(v1Delivery({ payload: { ...body, ...change } }))

  test('is read as v1 is', async () => {
    expect(await read({})).toMatchObject({
      kind: 'result',
      outcome: 'unknown',
      jobId: 'job-8',
      userId: 'user-8',
      partnerParams: { ref: 'a' },
      result: { code: '1023', message: 'No match' },
    })
    for (const job_type of [5, '5'])
      expect(await read({ partner_params: { job_type } })).toMatchObject({ product: 'basic_kyc', outcome: 'rejected' })
    expect(await read({ job_type: 5, code: 1022 })).toMatchObject({ product: 'basic_kyc', outcome: 'rejected' })
    expect(await read({ job_type: 'smart_selfie_authentication', code: '0821' })).toMatchObject({
      product: 'smart_selfie_authentication',
      outcome: 'rejected',
    })
  })

  test('a status that says otherwise makes it unknown', async () => {
    const enrolled = { code: '0840', job_type: 'smart_selfie_enrollment' }
    expect(await read({ ...enrolled, status: 'approved' })).toMatchObject({ outcome: 'approved' })
    for (const status of ['rejected', 'pending', 'REJECTED', 'block'])
      expect(await read({ ...enrolled, status })).toMatchObject({ outcome: 'unknown' })
    expect(await read({ ...enrolled, Antifraud: { SuspectUsers: ['a'] } })).toMatchObject({ outcome: 'attention' })
  })

  test('raises no drift', async () => {
    const drifts: Drift[] = []
    const times = { created_at: 'x', updated_at: 'x', partner_id: '085' }
    await read({ ...times, job_type: 5 }, { onDrift: (drift) => void drifts.push(drift) })
    expect(drifts).toEqual([])
  })

  test.each<Body>([
    { code: 'error' },
    { code: '12345' },
    { code: null },
    { job_id: undefined, partner_params: {} },
    { product: 7 },
    { result: 'No zip uploaded yet' },
  ])('%j is no callback', async (change) => {
    const { post } = receiver()
    expect((await post(v1Delivery({ payload: { ...body, ...change } }))).code).toBe('unrecognized_payload')
  })
})

describe('links to pictures end', () => {
  const signedAt = Date.parse('2026-11-22T10:00:00.000Z')
  const at = (minutes: number) => new Date(signedAt + minutes * 60_000)
  const plain = 'https://files.example.test/selfie.jpg?sig=invented'
  const amz = (date: string, seconds: string) =>
    `https://files.example.test/x.jpg?X-Amz-Date=${date}&X-Amz-Expires=${seconds}&X-Amz-Signature=00`
  const end = async (links: unknown) => {
    const timestamp = new Date(signedAt).toISOString()
    const read = reader({ now: () => signedAt })
    const v1Event = await read(v1Delivery({ payload: v1Body({ ImageLinks: links }), timestamp }))
    const v3Event = await read(v3Delivery({ payload: v3Body({ image_links: links }), timestamp }))
    expect(v3Event.imageLinksExpireAt).toEqual(v1Event.imageLinksExpireAt)
    return v1Event.imageLinksExpireAt
  }

  test('after the time that they were signed for, else after fifteen minutes', async () => {
    expect(await end({ selfie_image: plain })).toEqual(at(15))
    expect(await end({ selfie_image: amz('20261122T100000Z', '600') })).toEqual(at(10))
    expect(await end({ selfie_image: plain, id_card_image: amz('20261122T095900Z', '300') })).toEqual(at(4))
    expect(await end({ selfie_image: `https://x.test/?Expires=${signedAt / 1000 + 120}` })).toEqual(at(2))
  })

  test('and what is no time is not believed', async () => {
    for (const url of [
      amz('99999999T999999Z', '999999'),
      amz('20361122T100000Z', '1'),
      'https://x.test/?Expires=9999999999',
    ])
      expect(await end({ selfie_image: url })).toEqual(at(15))
  })

  test('nothing where there are none', async () => {
    for (const links of [undefined, null, {}, { selfie_image: null }, { selfie_image: 'Not Available' }, [], 'x'])
      expect(await end(links)).toBeUndefined()
  })
})

describe('a sentence for the person', () => {
  test('by reason, by code, else by outcome', async () => {
    const expired = await v3({ status: 'block', reason: 'document_expired' })
    expect(endUserMessage(expired)).toBe(endUserMessages['document_expired'])
    expect(endUserMessage(expired, { document_expired: 'Expiré.' })).toBe('Expiré.')
    expect(endUserMessage(await v1({ ResultCode: '1015' }, { job_type: 6 }))).toBe(endUserMessages['1015'])
    expect(endUserMessage(await v3({ status: 'block', reason: 'a_new_reason' }))).toBe(endUserMessages['rejected'])
    expect(endUserMessage(await v3({ status: 'block', reason: 'constructor' }))).toBe(endUserMessages['rejected'])
    expect(endUserMessage(await v1())).toBe(endUserMessages['approved'])
    expect(endUserMessage(await v1({ ResultCode: '9999' }))).toBe(endUserMessages['unknown'])
    // A step, and a code that is under review, say nothing yet.
    expect(endUserMessage(await v1({ ResultCode: '1013' }))).toBe(endUserMessages['provisional'])
    expect(endUserMessage(await v1({ ResultCode: '0811', IsFinalResult: 'false' }))).toBe(
      endUserMessages['provisional'],
    )
  })

  test('tells nobody of a suspicion', async () => {
    for (const reason of ['account_locked_fraud', 'account_locked', 'spoof_detected', 'high_risk', 'aml_match_found'])
      expect(endUserMessage(await v3({ status: 'block', reason }))).toBe(endUserMessages['rejected'])
    for (const reason of ['news_media_match', 'medium_risk', null])
      expect(endUserMessage(await v3({ status: 'attention', reason }))).toBe(endUserMessages['attention'])
    expect(endUserMessage(await v3(summary(true)))).toBe(endUserMessages['attention'])
    expect(Object.values(endUserMessages).join(' ')).not.toMatch(/fraud|suspect|risk|spoof|listed|sanction/i)
  })
})

describe('the answer of a /sync request', () => {
  const options = { allowedIps: false, store: forgetful } as const
  const body = v3Body({ product: 'one_time_aml', people: [], no_of_persons_found: 0, strict_match: true })
  const answer = v3Delivery({ payload: body })
  // As Smile ID names them there.
  const headers = {
    'Content-Type': 'application/json',
    'Response-Signature': answer.headers['Response-Signature'] ?? '',
    'Response-Timestamp': answer.headers['Response-Timestamp'] ?? '',
    'SmileID-Job-ID': 'job-sync',
    'User-ID': 'user-sync',
  }

  test('is received as a callback is, with the address check off', async () => {
    const { callbacks, events } = receiver(options)
    expect(await callbacks.receive({ method: 'POST', headers, body: answer.body })).toMatchObject({ code: 'accepted' })
    expect(await callbacks.receive({ method: 'POST', headers: new Headers(headers), body })).toMatchObject({
      code: 'accepted',
    })
    expect(events).toHaveLength(2)
    for (const event of events)
      expect(event).toMatchObject({
        product: 'one_time_aml',
        outcome: 'approved',
        jobId: 'job-sync',
        userId: 'user-sync',
      })
  })

  test('is refused with another signature, and where the address check is on', async () => {
    const { callbacks } = receiver(options)
    const forged = { ...headers, 'Response-Timestamp': new Date(now + 1).toISOString() }
    expect(await callbacks.receive({ method: 'POST', headers: forged, body })).toMatchObject({
      code: 'signature_mismatch',
      status: 401,
    })
    expect(await receiver().callbacks.receive({ method: 'POST', headers, body })).toMatchObject({
      code: 'ip_not_allowed',
      status: 403,
    })
  })
})

test('no documented path of a screening, a company or an address raises drift', async () => {
  const drifts: Drift[] = []
  const read = reader({ onDrift: (drift) => void drifts.push(drift) })
  const person = {
    name: 'Bola Invented',
    addresses: ['Example Town'],
    adverse_media: [{ date_published: '2026-01-01', publisher: 'News', source_link: 'https://x.test', title: 'x' }],
    aliases: ['B. Invented'],
    associations: [{ association_type: 'PEP', name: 'Ada', relationship: 'x' }],
    dates_of_birth: ['1990-01-01'],
    nationalities: ['x'],
    pep: {
      pep_level: 1,
      political_positions: [{ country: 'x', from: '2020', position: 'x', to: null }],
      sources: [{ source_link: 'https://x.test', source_name: 'x' }],
    },
    sanctions: [
      {
        date_of_birth: '',
        nationality: 'x',
        source_details: { listed_date: '2020', source_link: ['https://x.test'], source_name: 'x', source_type: 'x' },
      },
    ],
  }
  await read(v1Delivery({ payload: v1Body({ ResultCode: '1030', people: [person] }, { job_type: 10 }) }))
  const party = { name: 'Ada', shareholdings: '100', id_number: 'A0', gender: 'x', fiduciary_type: 'x' }
  const business = {
    company_information: { legal_name: 'Invented Ltd', tax_id: 'N/A', authorized_shared_capital: '1' },
    directors: [party],
    beneficial_owners: [party],
    fiduciaries: [party],
  }
  await read(v1Delivery({ payload: v1Body({ ResultCode: '1012', ...business }, { job_type: 7 }) }))
  await read(v1Delivery({ payload: v1Body({ Secondary_ID_Number: '7' }) }))
  const address = { product: 'address_verification', consent: { schema_version: 'ISO27560-v1' } }
  await read(v3Delivery({ payload: v3Body({ ...address, antifraud: { summary: { fraud_detected: false } } }) }))
  expect(drifts).toEqual([])
})

test('the table of products marks every inferred code that decides, and no other', () => {
  const page = readFileSync('src/events/README.md', 'utf8')
  const marked = productRows.flatMap(({ name, jobTypes }) => {
    const [, cell = ''] = new RegExp(`^\\| (?:.*, )?\`${name}\`[^|]*\\|([^|]*)\\|`, 'm').exec(page) ?? []
    return jobTypes.flatMap((jobType) => {
      const [codes = ''] = new RegExp(`\\b${jobType}(?: \\([^)]*\\)|, codes .*)`).exec(cell) ?? []
      return [...codes.matchAll(/(\d{4})\*/g)].map(([, code]) => `${jobType} ${code}`)
    })
  })
  const inferred = codeTable
    .filter((row) => meaningOf(row) === 'inferred')
    .filter(({ meaning }) => meaning.kind !== 'result' || meaning.outcome !== 'unknown')
  expect([...new Set(marked)].sort()).toEqual(inferred.map(({ jobType, code }) => `${jobType} ${code}`).sort())
})
