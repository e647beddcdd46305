import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  available,
  codeTable,
  isAvailable,
  isV1Payload,
  payloadSchemas,
  smileIdCallbacks,
  strictPayloadSchemas,
  type SmileIdCallbacksOptions,
  type SmileIdEvent,
} from '../../src/index.ts'
import { credential, fixtureCredential, fixtures, now, v1Delivery, v3Delivery } from '../support/deliveries.ts'
import { receiver } from '../support/receiver.ts'

type Body = Record<string, unknown>

function reading(options: Partial<SmileIdCallbacksOptions> = {}) {
  const { post, events } = receiver(options)
  return async (delivery: { method: string; headers: Record<string, string>; body: string }) => ({
    report: await post(delivery),
    event: events.pop(),
  })
}

/** What an event means, in a line. */
function line(event: SmileIdEvent | undefined): string | undefined {
  if (!event) return undefined
  if (event.kind === 'result') return `${event.product} result ${event.outcome} ${event.final ? 'final' : 'open'}`
  return `${event.product} ${event.kind}${event.kind === 'id_info' ? ` ${event.idStep}` : ''}`
}

const v1 = (jobType: unknown, code: unknown, more: Body = {}) =>
  v1Delivery({
    payload: {
      ResultCode: code,
      SmileJobID: '0000000001',
      PartnerParams: { job_id: 'job-1', user_id: 'user-1', job_type: jobType },
      ...more,
    },
  })

const v3 = (payload: Body) => v3Delivery({ payload })

// What a request that failed is answered with; the last two are in no list. contract/v1.md §7.
const failedRequests =
  '2201 2203 2204 2205 2207 2208 2209 2210 2211 2212 2213 2214 2215 2216 2217 2220 2221 2301 2401 2405 2413 2414 2299 2499'

// Written out from contract/v1.md §3.1, not taken from the table: it is what the table is held against.
const v1Rows: [jobTypes: number[], codes: string, expected: string][] = [
  [[1], '0810 1210', 'biometric_kyc result approved final'],
  [[1], '0811 0813 0911 0912 1011 1211 1212 0903 0907', 'biometric_kyc result rejected final'],
  [[1], '0812 0814 0815 1213', 'biometric_kyc result provisional open'],
  [[1], '0001 0908', 'biometric_kyc result error final'],
  [[1], failedRequests, 'biometric_kyc result error final'],
  [[1], '1012', 'biometric_kyc id_info passed'],
  [[1], '1013', 'biometric_kyc id_info failed'],
  [[1], '1014 1015 1016', 'biometric_kyc id_info error'],
  [[1], '5210 5211 5212', 'biometric_kyc smile_secure'],
  [[1], '0816 0817 0820 0840 0915 1020 1030 1220 2202 2302 2314 9999', 'biometric_kyc result unknown open'],
  [[2], '0820 1220', 'smart_selfie_authentication result approved final'],
  [[2], '0821 0826 0827 0921 0922 0903 0907', 'smart_selfie_authentication result rejected final'],
  [[2], '0822 0824 0825', 'smart_selfie_authentication result provisional open'],
  [[2], '1221 1222 1223 1224 1225 1226 1227 1228 0810', 'smart_selfie_authentication result unknown open'],
  [[2], '5210 5211 5212', 'smart_selfie_authentication smile_secure'],
  [[4], '0840 1240', 'smart_selfie_registration result approved final'],
  [[4], '0841 0941 0942 1241 1242', 'smart_selfie_registration result rejected final'],
  [[4], '0844 0846', 'smart_selfie_registration result provisional open'],
  [[4], '1243 0941x', 'smart_selfie_registration result unknown open'],
  [[2], `1014 1015 1016 ${failedRequests}`, 'smart_selfie_authentication result error final'],
  [[4], `1014 1015 1016 ${failedRequests}`, 'smart_selfie_registration result error final'],
  [[6], `1014 1015 1016 ${failedRequests}`, 'document_verification result error final'],
  [[5], '1012', 'enhanced_kyc result approved final'],
  [[5], '1011 1013', 'enhanced_kyc result rejected final'],
  [[5], '1014 1015 1016', 'enhanced_kyc result error final'],
  [[5], '1020 1021', 'basic_kyc result approved final'],
  [[5], '1022 1023', 'basic_kyc result rejected final'],
  [[5], '5211', 'unknown smile_secure'],
  [[6], '0810', 'document_verification result approved final'],
  [[6], '0811 0812 0816', 'document_verification result rejected final'],
  [[6], '0817', 'document_verification result unknown open'],
  [[11], '0810', 'enhanced_document_verification result approved final'],
  [[11], '0811 0812 0816', 'enhanced_document_verification result rejected final'],
  [[11], `1014 1015 1016 ${failedRequests}`, 'enhanced_document_verification result error final'],
  [[11], '1013', 'enhanced_document_verification result rejected final'],
  [[6], '1013', 'document_verification result unknown open'],
  [[7], '1012', 'business_verification result approved final'],
  [[7], '1013', 'business_verification result rejected final'],
  [[10], '1017 1023 1030', 'aml_monitoring result attention final'],
  [[10], '1031', 'aml_monitoring result approved final'],
  [[10], '1015', 'aml_monitoring result error final'],
  [[15], '1017 1023 1030', 'one_time_aml result attention final'],
  [[15], '1031', 'one_time_aml result approved final'],
  [[15], '1015', 'one_time_aml result error final'],
  [[10], '1012 1020 1021 0810', 'aml_monitoring result unknown open'],
  [[15], '1012 1020 1021 0810', 'one_time_aml result unknown open'],
  [[8], '0810', 'update_photo result unknown open'],
  [[9], '1012', 'compare_user_info result unknown open'],
  [[12], '1013 1022', 'address_verification result rejected final'],
  [[12], '1014 1015 2413', 'address_verification result error final'],
  [[12], '1012 1020 1021 1023 2302', 'address_verification result unknown open'],
]

// What proves a product where no job type came. contract/v1.md §3.3.
const untypedRows: [proof: Body, codes: string, expected: string][] = [
  [{ Actions: { Names: 'Exact Match' } }, '1020 1021', 'basic_kyc result approved final'],
  [{ Actions: { ID_Verification: 'No Match' } }, '1022 1023', 'basic_kyc result rejected final'],
  [{ Actions: { DOB: 'Exact Match' } }, '1012', 'basic_kyc result unknown open'],
  [{ Actions: { Listed: 'Listed' } }, '1017 1023 1030', 'aml_monitoring result attention final'],
  [{ people: [] }, '1031', 'aml_monitoring result approved final'],
  [{ people: [] }, '1020 1021 1012', 'aml_monitoring result unknown open'],
  [{ MatchedFields: {} }, '1023', 'phone_number_verification result rejected final'],
  [{ MatchedFields: {} }, '1015 2413', 'phone_number_verification result error final'],
  [
    { MatchedFields: { first_name: 'Exact Match' } },
    '1020 1021 1022 1012',
    'phone_number_verification result unknown open',
  ],
  [{ ResultType: 'ID Verification' }, '1013', 'enhanced_kyc result rejected final'],
  [{ ResultType: 'ID Verification' }, '1014 1015 1016', 'enhanced_kyc result error final'],
  [{ ResultType: 'ID Verification' }, '1012', 'enhanced_kyc result unknown open'],
  [{ ResultType: 'Business Verification' }, '1012', 'business_verification result approved final'],
  [{}, '1012 1013 1020 1021 1022 1023 1031', 'unknown result unknown open'],
  // One third party alone reads them: too little where no job type says that it is theirs.
  [{}, '0841 0844 0846 0915 0942 1241 1242 0822 1011', 'unknown result unknown open'],
  [{}, `1014 1015 1016 ${failedRequests}`, 'unknown result error final'],
]

const outcomeOf: [status: string, expected: string][] = [
  ['clear', 'approved final'],
  ['block', 'rejected final'],
  ['attention', 'attention final'],
  ['error', 'error final'],
  ['processing', 'provisional open'],
  ['CLEAR', 'unknown open'],
  ['cleared', 'unknown open'],
]
const v3Products: [sent: string, product: string][] = [
  ...[
    'biometric_kyc',
    'smart_selfie_registration',
    'smart_selfie_authentication',
    'smart_selfie_compare',
    'basic_kyc',
    'enhanced_kyc',
    'document_verification',
    'enhanced_document_verification',
    'business_verification',
    'one_time_aml',
    'address_verification',
    'residency_document_verification',
    'phone_number_verification',
  ].map((name): [string, string] => [name, name]),
  ['aml', 'aml_monitoring'],
  ['doc_verification', 'document_verification'],
  ['news_of_tomorrow', 'unknown'],
]

describe('every code and status of the contract', () => {
  const receive = reading()

  test.for(v1Rows)('v1 %s %s', async ([jobTypes, codes, expected]) => {
    for (const jobType of jobTypes)
      for (const code of codes.split(' ')) {
        for (const sent of [jobType, String(jobType)])
          expect(line((await receive(v1(sent, code))).event), `${jobType}:${code}`).toBe(expected)
      }
  })

  test.for(untypedRows)('v1 without a job type, %o %s', async ([proof, codes, expected]) => {
    for (const code of codes.split(' '))
      for (const jobType of [undefined, null, '']) {
        expect(line((await receive(v1(jobType, code, proof))).event), code).toBe(expected)
      }
  })

  test('the rows above name every row of the table', () => {
    const named = new Set(
      v1Rows.flatMap(([types, codes]) => types.flatMap((type) => codes.split(' ').map((code) => `${type}:${code}`))),
    )
    const missing = codeTable.filter(
      ({ jobType, code }) =>
        ![jobType, 1].some((type) => named.has(`${type}:${code}`)) && jobType !== 'phone_number_verification',
    )
    expect(missing).toEqual([])
  })

  test.for(v3Products)('v3 %s', async ([sent, product]) => {
    for (const [status, expected] of outcomeOf) {
      for (const reason of [null, 'age_requirement_not_met', 'high_risk']) {
        expect(line((await receive(v3({ status, product: sent, reason }))).event), status).toBe(
          `${product} result ${expected}`,
        )
      }
    }
  })

  test('aml_monitoring_update is monitoring, whatever its status', async () => {
    expect(line((await receive(v3({ status: 'clear', product: 'aml_monitoring_update' }))).event)).toBe(
      'aml_monitoring monitoring',
    )
  })
})

describe('every sample', () => {
  const at = (headers: Record<string, string>, body: Body) =>
    Number(new Date((headers['Response-Timestamp'] ?? body['timestamp'] ?? now) as string))
  const signed = (payload: Body) => v1Delivery({ payload })
  const notCallbacks = [
    'job-status-complete-with-history',
    'job-status-pending-string-result',
    'request-error-minimal',
    'request-error-with-success',
  ]

  test.for(fixtures('v3'))('v3 $name', async ({ name, headers, body, payload }) => {
    const time = at(headers, payload)
    const { event, report } = await reading({ credentials: fixtureCredential.v3, now: () => time })({
      method: 'POST',
      headers,
      body,
    })
    const [, product, status] = /^(.*)-(clear|block|attention|error|processing)/.exec(name)!
    expect(line(event)).toBe(`${product} result ${new Map(outcomeOf).get(status!)}`)
    expect(report.notes).toBeUndefined()
    expect(event?.payload).toEqual(payload)
    if (name.startsWith('one_time_aml'))
      expect(strictPayloadSchemas['v3.one_time_aml'].safeParse(payload).error).toBeUndefined()
  })

  const v1Lines: Record<string, string> = {
    'basic-kyc-exact-match': 'basic_kyc result approved final',
    'biometric-kyc-default-approved': 'biometric_kyc result approved final',
    'biometric-kyc-default-provisional': 'biometric_kyc result provisional open',
    'biometric-kyc-embedded-antifraud': 'biometric_kyc result attention final',
    'biometric-kyc-idinfo-fulldata': 'biometric_kyc id_info passed',
    'biometric-kyc-idinfo-validated': 'biometric_kyc id_info passed',
    'document-verification-approved-2021': 'document_verification result approved final',
    'enhanced-document-verification-approved': 'enhanced_document_verification result approved final',
    'enhanced-kyc-validated': 'enhanced_kyc result approved final',
    'generic-0001-selfie-unusable': 'biometric_kyc result error final',
    'smartselfie-auth-approved': 'smart_selfie_authentication result approved final',
    'smartselfie-auth-minimal-2019': 'smart_selfie_authentication result approved final',
    'smartselfie-registration-approved': 'smart_selfie_registration result approved final',
    'smartselfie-v2-sync-response': 'smart_selfie_registration result approved final',
    'smile-secure-suspects-found': 'biometric_kyc smile_secure',
    'wrapped-result-callback-2019': 'biometric_kyc result approved final',
  }

  test.for(fixtures('v1'))('v1 $name', async ({ name, headers, body, payload }) => {
    if (name === 'enhanced-kyc-legacy-sec-key') {
      const { report } = await reading({ credentials: fixtureCredential.v1 })({ method: 'POST', headers, body })
      return expect(report.code).toBe('signature_missing')
    }
    const { event, report } = await reading()(signed(payload))
    if (notCallbacks.includes(name)) return expect(report.code).toBe('unrecognized_payload')
    expect(line(event)).toBe(v1Lines[name])
    expect(report.notes).toBeUndefined()
    expect(isV1Payload(event!.payload)).toBe(true)
  })
})

// Values that stand for a result, broken in every way; none of them may approve.
const broken: unknown[] = [
  undefined,
  null,
  '',
  ' ',
  '0',
  'clear ',
  'approved',
  true,
  false,
  0,
  -1,
  1.5,
  [],
  {},
  ['clear'],
  ['0810'],
  { code: '0810' },
  '81',
  '00810',
  '0810x',
  '8 10',
  '810.5',
  '8.1e2',
  '+0810',
  '0x32A',
  '０８１０',
  '__proto__',
  'constructor',
  'toString',
]

describe('no path to approved', () => {
  const receive = reading()
  const approving = new Set(
    v1Rows
      .filter(([, , expected]) => expected.includes('approved'))
      .flatMap(([types, codes]) => types.flatMap((type) => codes.split(' ').map((code) => `${type}:${code}`))),
  )
  const approved = async (delivery: Parameters<typeof receive>[0]) =>
    (await receive(delivery)).event as { outcome?: string } | undefined

  test('from any pair of job type and code but those of the contract', async () => {
    const codes = new Set(codeTable.map(({ code }) => code))
    for (const jobType of [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 99])
      for (const code of codes) {
        expect((await approved(v1(jobType, code)))?.outcome === 'approved', `${jobType}:${code}`).toBe(
          approving.has(`${jobType}:${code}`),
        )
      }
  })

  test('from a broken code, status or job type', async () => {
    for (const value of broken) {
      for (const jobType of [1, 2, 4, 5, 6, 7, 10, 11])
        expect((await approved(v1(jobType, value)))?.outcome).not.toBe('approved')
      for (const [product] of v3Products)
        expect((await approved(v3({ product, status: value })))?.outcome).not.toBe('approved')
      for (const code of ['0810', '0820', '0840', '1012', '1210', '1220'])
        expect((await approved(v1(value, code)))?.outcome, code).not.toBe('approved')
    }
  })

  test('"not final" in so many words is provisional', async () => {
    for (const word of [false, 'false', 'False', 'FALSE'])
      expect((await approved(v1(1, '0810', { IsFinalResult: word })))?.outcome).toBe('provisional')
  })
})

describe('whatever is added, left out, null or of another type', () => {
  // Where fraud is taken away, an approval is milder: that is the option's doing.
  const receive = reading({ approvedWithFraud: 'approved' })
  const valid = [
    ...fixtures('v1').filter(({ payload }) => payload['ResultCode'] !== undefined && payload['sec_key'] === undefined),
    ...fixtures('v3'),
  ]
  const isV3 = (body: Body) => 'product' in body
  const send = (body: Body) => receive(isV3(body) ? v3(body) : v1Delivery({ payload: body }))
  const outcome = (event: SmileIdEvent | undefined) => (event?.kind === 'result' ? event.outcome : event?.kind)
  const optional = (body: Body) =>
    Object.keys(body).filter(
      (key) =>
        ![
          'ResultCode',
          'SmileJobID',
          'PartnerParams',
          'Antifraud',
          'status',
          'product',
          'signature',
          'timestamp',
        ].includes(key),
    )

  test('the delivery is accepted and does not become an approval', async () => {
    const change = fc.record({
      sample: fc.constantFrom(...valid),
      extra: fc.dictionary(
        fc.string().map((key) => `x${key}`),
        fc.jsonValue(),
      ),
      pick: fc.nat(),
      how: fc.constantFrom('remove', 'null', 'number', 'list', 'flip'),
    })
    await fc.assert(
      fc.asyncProperty(change, async ({ sample, extra, pick, how }) => {
        const before = outcome((await send(sample.payload)).event)
        const keys = optional(sample.payload)
        const key = keys[pick % Math.max(1, keys.length)] ?? 'x'
        const body: Body = { ...extra, ...sample.payload }
        const value = body[key]
        if (how === 'remove') Reflect.deleteProperty(body, key)
        else
          body[key] =
            how === 'null'
              ? null
              : how === 'number'
                ? 7
                : how === 'list'
                  ? [1]
                  : Number.isFinite(Number(value))
                    ? Number(value)
                    : String(value)
        const { report, event } = await send(body)
        expect(['accepted', 'duplicate']).toContain(report.code)
        if (before !== 'approved' && event) expect(outcome(event)).not.toBe('approved')
      }),
      { numRuns: 300 },
    )
  })

  test('nor does a change deep inside, or of the ids, as long as one names the job', async () => {
    const paths = (value: unknown, at: string[] = []): string[][] =>
      typeof value === 'object' && value !== null
        ? Object.entries(value).flatMap(([key, inner]) => [[...at, key], ...paths(inner, [...at, key])])
        : []
    const kept = new Set(['ResultCode', 'status', 'product', 'signature', 'timestamp'])
    const cases = valid.flatMap((sample) =>
      paths(sample.payload)
        .filter(([top]) => !kept.has(top!))
        .map((path) => ({ sample, path })),
    )
    // No value is another job type: that would be another fact, not damage.
    const change = fc.record({
      at: fc.constantFrom(...cases),
      how: fc.constantFrom<unknown>(undefined, null, 77, true, [], {}, 'x'),
    })
    await fc.assert(
      fc.asyncProperty(change, async ({ at: { sample, path }, how }) => {
        const before = outcome((await send(sample.payload)).event)
        const body = structuredClone(sample.payload)
        const parent = path.slice(0, -1).reduce<Body>((object, key) => object[key] as Body, body)
        parent[path.at(-1)!] = how
        const { report, event } = await send(body)
        // Smile Secure without its own part is what its code says.
        expect(report.code, path.join('.')).toBe('accepted')
        if (before !== 'approved') expect(outcome(event), path.join('.')).not.toBe('approved')
      }),
      { numRuns: 600 },
    )
  })

  test('an unknown code or status is unknown and not final', async () => {
    const codes = new Set(codeTable.map(({ code }) => code))
    const word = fc
      .string({ minLength: 1 })
      .filter(
        (text) =>
          text.trim() !== ''
          && !codes.has(text.trim().padStart(4, '0'))
          && !outcomeOf.some(([status]) => status === text.trim().toLowerCase()),
      )
    await fc.assert(
      fc.asyncProperty(word, fc.constantFrom(1, 2, 4, 5, 6, 7, 10, 11), async (text, jobType) => {
        expect((await reading()(v1(jobType, text))).event).toMatchObject({ outcome: 'unknown', final: false })
        expect((await reading()(v3({ product: 'biometric_kyc', status: text }))).event).toMatchObject({
          outcome: 'unknown',
          final: false,
        })
      }),
      { numRuns: 100 },
    )
  })
})

describe('notes', () => {
  test('name documented keys of another type; no value and no key of the sender', async () => {
    const { report, event } = await reading()(
      v3({
        status: 'clear',
        product: 'one_time_aml',
        secret_key: 1,
        people: [{ name: 7, hidden: 'x' }, { name: 8 }],
        strict_match: 'yes',
      }),
    )
    expect(report).toMatchObject({ code: 'accepted', notes: ['strict_match', 'people[].name'] })
    expect(event?.payload).toMatchObject({ strict_match: 'yes' })
  })

  test('are bounded, and hostile keys do nothing', async () => {
    const people = Array.from({ length: 15_000 }, () => 1)
    const body = JSON.stringify({ status: 'clear', product: 'one_time_aml', people }).replace(
      '{',
      '{"__proto__":{"status":7},"constructor":1,',
    )
    const { report } = await reading()({ ...v3({}), body })
    expect(report).toMatchObject({ code: 'accepted', notes: ['people[]'] })
  })
})

test("a partner's own row stands above the table, and a row that cannot work is refused at the start", async () => {
  const codes = [
    { jobType: 6, code: '0817', meaning: { kind: 'result', outcome: 'provisional' }, grade: 'documented' },
  ] as const
  expect(line((await reading({ codes })(v1(6, '0817'))).event)).toBe('document_verification result provisional open')
  expect(() => smileIdCallbacks({ credentials: credential, codes: [{ ...codes[0], code: '817' }] })).toThrow(
    /^codes must be/,
  )
})

test('texts that stand for nothing', () => {
  for (const nothing of ['Not Available', 'not available', 'N/A', '', 'NaN-NaN-NaN', 'null', null, undefined])
    expect(available(nothing)).toBeUndefined()
  for (const value of ['Ada', 0, false, 'x'.repeat(1_000_000)]) expect(isAvailable(value)).toBe(true)
})

test('strict schemas notice an added key, loose ones do not', () => {
  const body = { ResultCode: '0810', Brand_New: 1 }
  expect(payloadSchemas['v1.common'].safeParse(body).success).toBe(true)
  expect(strictPayloadSchemas['v1.common'].safeParse(body).success).toBe(false)
})
