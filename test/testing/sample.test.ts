import { describe, expect, test } from 'vitest'
import { smileIdCallbacks, type ResultEvent, type SmileIdEvent } from '../../src/index.ts'
import { kinds, outcomes, products } from '../../src/types/names.ts'
import { schemaNameOf, strictPayloadSchemas } from '../../src/payload/schema.ts'
import { codeTable } from '../../src/payload/v1/code-table.ts'
import { productRows } from '../../src/types/products.ts'
import {
  sample,
  sampleCases,
  sandboxIdentities,
  signDelivery,
  type SampleCase,
  type SampleOverrides,
} from '../../src/testing/index.ts'
import { credential, senderIp } from '../support/deliveries.ts'

const jobTypes = productRows.flatMap(({ name, jobTypes: types }) => types.map((type) => [name, type] as const))

/** Signs a sample, and gives it to a receiver with default options. */
async function receive({ product, outcome, generation }: SampleCase, overrides: SampleOverrides = {}) {
  const callbacks = smileIdCallbacks({ credentials: credential, logger: false })
  const events: SmileIdEvent[] = []
  callbacks.onAny((event) => events.push(event))
  const payload = sample(product, outcome, { generation, ...overrides })
  const report = await callbacks.receive({
    method: 'POST',
    ...signDelivery({ generation, credential, payload }),
    clientIp: senderIp,
  })
  return { report, event: events[0], payload: payload as Record<string, unknown> }
}

const isKind = (name: string): name is 'id_info' | 'smile_secure' | 'monitoring' =>
  (kinds as readonly string[]).includes(name)

describe.each(sampleCases)('$generation $product $outcome', (wanted) => {
  test('is accepted, and decodes to what was asked for', async () => {
    const { report, event } = await receive(wanted, { partnerParams: { account_id: 'acc-1' } })
    expect(report).toMatchObject({ code: 'accepted', generation: wanted.generation })
    const meaning = isKind(wanted.outcome)
      ? { kind: wanted.outcome }
      : { kind: 'result', outcome: wanted.outcome, final: !['provisional', 'unknown'].includes(wanted.outcome) }
    expect(event).toMatchObject({ ...meaning, product: wanted.product, partnerParams: { account_id: 'acc-1' } })
  })
})

test.each(sampleCases)(
  '$generation $product $outcome has no key and no type that the contract does not know',
  ({ product, outcome, generation }) => {
    const { error } = strictPayloadSchemas[schemaNameOf(product, generation)].safeParse(
      sample(product, outcome, { generation }),
    )
    expect(error?.issues).toBeUndefined()
  },
)

test('nothing that the code table or the v3 contract knows is missing', () => {
  const known = new Set(sampleCases.map(({ product, outcome, generation }) => `${generation} ${product} ${outcome}`))
  for (const { jobType, meaning } of codeTable) {
    const outcome = meaning.kind === 'result' ? meaning.outcome : meaning.kind
    for (const [product, type] of jobTypes) {
      if (jobType !== type || product === 'basic_kyc' || product === 'enhanced_kyc') continue
      expect(known, `${product} ${outcome}`).toContain(`v1 ${product} ${outcome}`)
    }
  }
  for (const outcome of ['approved', 'rejected', 'error']) expect(known).toContain(`v1 enhanced_kyc ${outcome}`)
  for (const outcome of ['approved', 'rejected']) expect(known).toContain(`v1 basic_kyc ${outcome}`)
  for (const product of products)
    expect(
      [...known].some((one) => one.includes(` ${product} `)),
      product,
    ).toBe(true)
  const v3Products = new Set(sampleCases.filter(({ generation }) => generation === 'v3').map(({ product }) => product))
  expect(v3Products.size).toBe(products.length - 3)
  expect(
    sampleCases
      .filter(({ generation, product }) => generation === 'v3' && product === 'biometric_kyc')
      .map(({ outcome }) => outcome),
  ).toEqual([...outcomes])
})

describe('every code can be asked for by name', () => {
  const rows = codeTable.flatMap((row) => {
    const product = jobTypes.find(
      ([name, type]) =>
        type === row.jobType && (type !== 5 || row.code.startsWith(name === 'basic_kyc' ? '102' : '101')),
    )?.[0]
    return product === undefined
      ? []
      : [{ ...row, product, outcome: row.meaning.kind === 'result' ? row.meaning.outcome : row.meaning.kind }]
  })

  test.each(rows)('$product $code', async ({ product, code, text, meaning, outcome }) => {
    // A code that never decides has no sample of its own: it stands in for that of another.
    const asked = outcome === 'unknown' ? 'rejected' : outcome
    const { event, payload } = await receive({ product, outcome: asked, generation: 'v1' }, { ResultCode: code })
    expect(event).toMatchObject({ ...meaning, product })
    if (text !== undefined) expect(payload['ResultText']).toBe(text)
  })
})

describe('sandbox identities', () => {
  const cases = sandboxIdentities.flatMap((identity) => identity.products.map((product) => ({ ...identity, product })))

  test.each(cases)('$lastName on $product', async ({ product, status, reason, lastName, email }) => {
    const outcome = (
      {
        clear: 'approved',
        block: 'rejected',
        attention: 'attention',
        error: 'error',
        processing: 'provisional',
      } as const
    )[status]
    const { event } = await receive({ product, outcome, generation: 'v3' }, { reason })
    expect((event as ResultEvent).result).toMatchObject({ status, ...(reason !== null && { reason }) })
    expect(event!.payload['user_provided_info']).toMatchObject({ last_name: lastName, email: email ?? null })
  })

  test('are those of the contract', () => {
    expect(sandboxIdentities).toHaveLength(17)
    expect(sandboxIdentities[0]).toEqual({
      lastName: 'Clearwater',
      givenNames: 'Amina Fatou',
      email: 'amina.clearwater@example.com',
      status: 'clear',
      reason: null,
      products: [
        'enhanced_kyc',
        'biometric_kyc',
        'smart_selfie_registration',
        'smart_selfie_authentication',
        'smart_selfie_compare',
        'document_verification',
        'enhanced_document_verification',
      ],
    })
  })
})

describe('overrides', () => {
  test('give ids, partner params and keys of the wire', async () => {
    const overrides = {
      jobId: 'job-7',
      userId: 'user-7',
      partnerParams: { order: '1' },
      people: [{ name: 'Invented Person' }],
    }
    const { event } = await receive({ product: 'one_time_aml', outcome: 'rejected', generation: 'v3' }, overrides)
    expect(event).toMatchObject({
      jobId: 'job-7',
      userId: 'user-7',
      partnerParams: { order: '1' },
      payload: { people: [{ name: 'Invented Person' }] },
    })
  })

  test('an AML body names no job, and its params are null when empty', async () => {
    const { event, payload } = await receive({ product: 'one_time_aml', outcome: 'approved', generation: 'v3' })
    expect(event!.jobId).toMatch(/^job_[0-9a-hjkmnp-tv-z]{26}$/)
    expect(JSON.stringify(payload)).not.toContain(event!.jobId)
    expect(payload['partner_params']).toBeNull()
  })

  test.each(['passed', 'failed', 'error'] as const)('the ID look-up can have %s', async (idStep) => {
    const { event } = await receive({ product: 'biometric_kyc', outcome: 'id_info', generation: 'v1' }, { idStep })
    expect(event).toMatchObject({ kind: 'id_info', idStep })
  })

  test('Smile Secure finds somebody, or nobody', async () => {
    const wanted = { product: 'biometric_kyc', outcome: 'smile_secure', generation: 'v1' } as const
    expect((await receive(wanted)).event).toMatchObject({
      suspects: [{ userId: 'user-of-another-job', reasons: ['same-person'] }],
    })
    expect((await receive(wanted, { suspects: false })).event).toMatchObject({ suspects: [], result: { code: '5210' } })
  })

  test('Smile Secure may fail, and a match be partial', async () => {
    const secure = { product: 'biometric_kyc', outcome: 'smile_secure', generation: 'v1' } as const
    expect((await receive(secure, { suspects: false, ResultCode: '5212' })).event).toMatchObject({ fraud: 'failed' })
    const basic = { product: 'basic_kyc', outcome: 'approved', generation: 'v1' } as const
    expect((await receive(basic, { ResultCode: '1021' })).event).toMatchObject({
      outcome: 'approved',
      match: 'partial',
    })
  })

  test.each(['v1', 'v3'] as const)('a %s result may have signs of fraud', async (generation) => {
    const wanted = { product: 'biometric_kyc', outcome: 'approved', generation } as const
    expect((await receive(wanted, { suspects: true })).event).toMatchObject({
      outcome: 'attention',
      fraud: 'detected',
      suspects: [{ userId: 'user-of-another-job', reasons: ['same-face'] }],
    })
    expect((await receive(wanted)).event).toMatchObject({ outcome: 'approved', suspects: [] })
  })

  test('every sample is a new job', () => {
    expect(sample('biometric_kyc', 'approved')).not.toEqual(sample('biometric_kyc', 'approved'))
  })

  test('the generation is v3 unless only v1 has it', () => {
    expect(sample('biometric_kyc', 'approved')).toHaveProperty('status', 'clear')
    expect(sample('business_verification', 'approved')).toHaveProperty('ResultCode', '1012')
  })
})

describe('what Smile ID never sends is no sample', () => {
  test.each([
    [
      () => sample('biometric_kyc', 'attention', { generation: 'v1' }),
      'Smile ID sends no attention callback of biometric_kyc in v1. It sends: approved (v3), rejected (v3)',
    ],
    [
      () => sample('business_verification', 'approved', { generation: 'v3' }),
      'Smile ID sends no approved callback of business_verification in v3. It sends: approved (v1), rejected (v1)',
    ],
    [() => sample('enhanced_kyc', 'id_info'), 'Smile ID sends no id_info callback of enhanced_kyc'],
    [() => sample('no_such_product' as never, 'approved'), 'There is no product "no_such_product".'],
  ])('case %#', (make, message) => {
    expect(make).toThrow(expect.objectContaining({ name: 'SmileIdConfigError', code: 'sample_unknown' }))
    expect(make).toThrow(message)
  })
})
