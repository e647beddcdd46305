import { describe, expect, test } from 'vitest'
import type { SmileIdCallbacksOptions, SmileIdEvent } from '../../src/index.ts'
import { jobStory, sample, sampleCases, signDelivery } from '../../src/testing/index.ts'
import { credential, v1Delivery, v1Payload, v3Delivery, v3Payload } from '../support/deliveries.ts'
import { receiver } from '../support/receiver.ts'

type Payload = Record<string, unknown>

const sandbox = { ...credential, apiKey: 'key-of-the-sandbox', environment: 'sandbox' }

async function read(
  delivery: { headers: Record<string, string>; body: string },
  options: Partial<SmileIdCallbacksOptions> = {},
): Promise<SmileIdEvent> {
  const { post, events } = receiver(options)
  const report = await post({ method: 'POST', ...delivery }, { params: { tenant: 'acme' } })
  expect(report.event?.verdictId).toBe(events[0]?.verdictId)
  return events[0]!
}
const v1 = async (change: Payload = {}) => (await read(v1Delivery({ payload: { ...v1Payload, ...change } }))).verdictId
const v3 = async (change: Payload = {}, ids: Payload = {}) =>
  (await read(v3Delivery({ payload: { ...v3Payload, ...change }, ...ids }))).verdictId
const suspects = (...ids: unknown[]) => ({
  ResultCode: '5211',
  Antifraud: { SuspectUsers: ids.map((user_id) => ({ user_id, reason: 'same-face' })) },
})

describe('says the same of the same job', () => {
  test('whatever its wording, confidence, review and product name', async () => {
    const id = await v1()
    expect(id).toMatch(/^[0-9a-f]{32}$/)
    const params = v1Payload.PartnerParams
    const same: Payload[] = [
      { ResultCode: '1210', ResultText: 'Enroll User' },
      { ResultText: 'Other words' },
      { ConfidenceValue: '97' },
      { ConfidenceValue: undefined },
      { Actions: { Human_Review_Compare: 'Passed' } },
      { IsFinalResult: 'true' },
      { FullName: 'A' },
      { SmileJobID: 56_574 },
      { SmileJobID: '0000000009' },
      { PartnerParams: { ...params, account_id: 'x' } },
      { PartnerParams: { ...params, user_id: 'x' } },
      { PartnerParams: { ...params, job_type: 6 } },
    ]
    for (const change of same) expect(await v1(change), JSON.stringify(change)).toBe(id)
  })

  test('in either generation, with the id as number or text', async () => {
    expect(await v3({}, { jobId: 'job-1' })).toBe(await v1())
    expect(await v3({ product: 'doc_verification', message: 'x', reason: 'y' }, { jobId: 'job-1' })).toBe(await v1())
    expect(await v3({ product: 'a_product_of_tomorrow' }, { jobId: 'job-1' })).toBe(await v1())
    expect(await v1({ PartnerParams: { job_id: 7, job_type: 1 } })).toBe(await v3({}, { jobId: '7' }))
    expect(await v1({ PartnerParams: { job_type: 1 }, SmileJobID: 56_574 })).toBe(
      await v1({ PartnerParams: { job_type: 1 }, SmileJobID: '0000056574' }),
    )
  })

  test('for suspects: whoever they are, in any order and for whichever reason', async () => {
    expect(await v1(suspects('a', 7))).toBe(await v1(suspects('7', 'a', 'a')))
    expect(
      await v1({
        Antifraud: { smile_secure: { SuspectUsers: [{ user_id: 'a', reasons: ['other'] }] } },
        ResultCode: undefined,
      }),
    ).toBe(await v1(suspects('a')))
    const part = (ResultCode: unknown) =>
      v1({ ResultCode: undefined, Antifraud: { smile_secure: { ResultCode, SuspectUsers: [] } } })
    for (const code of ['5210', '5212'])
      for (const sent of [code, Number(code), ` ${code} `])
        expect(await part(sent), code).toBe(await v1({ ResultCode: code }))
  })

  test.each(sampleCases)(
    '$generation $product $outcome: signed and worded anew',
    async ({ product, outcome, generation }) => {
      const payload = sample(product, outcome, { generation, jobId: 'job-7', smileJobId: '0000000007' }) as Payload
      const isOpen = outcome === 'unknown' || outcome === 'monitoring'
      const send = (change: Payload, timestamp?: string) =>
        read(
          signDelivery({
            generation,
            credential,
            payload: { ...payload, ...change },
            jobId: 'job-7',
            timestamp: timestamp ?? '2026-10-14T09:00:00.000Z',
          }),
        )
      const first = await send({})
      expect(await send({}, '2026-10-14T09:01:00.000Z')).toMatchObject({ id: first.id, verdictId: first.verdictId })
      const worded = await send(generation === 'v1' ? { ResultText: 'In other words' } : { message: 'In other words' })
      expect(worded.id).not.toBe(first.id)
      expect(worded.verdictId === first.verdictId).toBe(!isOpen)
    },
  )
})

describe('the name of an environment', () => {
  const idsOf = async (credentials: SmileIdCallbacksOptions['credentials'], signedBy = credential) => {
    const { id, verdictId, recipientId } = await read(v1Delivery({ credential: signedBy }), { credentials })
    return { id, verdictId, recipientId }
  }
  const production = { ...credential, environment: 'production' }
  const golden = {
    id: '84939b1e7278245a8c92d4d48c734281',
    verdictId: 'ca10ef19755c9fc624aa092870e885c0',
    recipientId: 'ad6885030e8e87346d7c38514f167707',
  }

  test.each<[string, SmileIdCallbacksOptions['credentials']]>([
    ['none', credential],
    ['named later', production],
    ['whichever it is', { ...credential, environment: 'sandbox' }],
    ['beside a key of another partner', [production, { ...sandbox, partnerId: '86' }]],
    ['beside a new key of the same', [{ ...production, apiKey: 'new-key' }, production]],
    ['beside a new key that is named, while the old one is not', [{ ...production, apiKey: 'new-key' }, credential]],
    ['beside the sandbox', [sandbox, credential]],
    ['named, beside the sandbox', [sandbox, production]],
    ['of a function', () => credential],
    ['named, of a function', () => production],
  ])('changes no id: %s', async (_, credentials) => {
    expect(await idsOf(credentials)).toEqual(golden)
  })

  test('counts where it tells two credentials of one partner apart, and in a function, which may give the other next', async () => {
    const ids = await idsOf([sandbox, production], sandbox)
    expect(ids.id).not.toBe(golden.id)
    expect(ids.verdictId).not.toBe(golden.verdictId)
    expect(await idsOf(() => sandbox, sandbox)).toEqual(ids)
  })
})

describe('recipientId', () => {
  const of = async (params: Payload = {}, change: Payload = {}) =>
    (
      await read(
        v1Delivery({ payload: { ...v1Payload, ...change, PartnerParams: { ...v1Payload.PartnerParams, ...params } } }),
      )
    ).recipientId

  test('is the same whatever is said of the job, and whatever Smile ID adds to the echo', async () => {
    const id = await of()
    expect(id).toMatch(/^[0-9a-f]{32}$/)
    for (const change of [
      { ResultCode: '0811' },
      { ResultText: 'Other words' },
      { SmileJobID: '9' },
      { FullName: 'A' },
    ])
      expect(await of({}, change)).toBe(id)
    for (const params of [{ job_id: 'job-2' }, { job_type: 1 }, { link_id: 'x' }, { libraryVersion: '1' }])
      expect(await of(params)).toBe(id)
  })

  test('differs for another user, and for any other partner param', async () => {
    const ids = await Promise.all([
      of(),
      of({ user_id: 'user-2' }),
      of({ account_id: 'mallory' }),
      of({ account_id: 'Mallory' }),
      of({ more: '' }),
    ])
    expect(new Set(ids).size).toBe(ids.length)
  })

  test('differs for another path param and reference', async () => {
    const { post, events } = receiver()
    await post(v1Delivery(), { params: { tenant: 'acme' } })
    await post(v1Delivery(), { params: { tenant: 'other' } })
    const minting = receiver({ callbackSecret: 'a-secret-of-the-callback-url' })
    for (const reference of ['alice', 'mallory']) {
      const url = minting.callbacks.urlFor('https://api.example.com/smile-id', reference)
      await minting.post(v1Delivery(), { url, params: { tenant: 'acme' } })
    }
    const ids = [...events, ...minting.events].map(({ recipientId }) => recipientId)
    expect(new Set(ids).size).toBe(4)
    expect(new Set([...events, ...minting.events].map(({ verdictId }) => verdictId)).size).toBe(1)
  })
})

describe('says another thing, or of another job', () => {
  test('for every outcome, step, signal, job, partner and environment', async () => {
    const update = { product: 'aml_monitoring_update', people: [{ name: 'A' }] }
    const others = await Promise.all([
      v1(),
      v1({ ResultCode: '0811' }),
      v1({ ResultCode: '0814' }),
      v1({ ResultCode: '0001' }),
      v1({ ResultCode: '1012' }),
      v1({ ResultCode: '1013' }),
      v1({ ResultCode: '1015' }),
      v1({ ResultCode: '5210' }),
      v1({ ResultCode: '5212' }),
      v1(suspects('a')),
      v1(suspects('b')),
      v1(suspects('a', 'b')),
      v1(suspects(1)),
      v1(suspects(2)),
      // Whoever cannot be read is somebody, and nobody else.
      v1({ ResultCode: '5211' }),
      v1({ ResultCode: '5211', Antifraud: { SuspectUsers: [{ unreadable: 1 }] } }),
      v1({ ResultCode: '5211', Antifraud: { SuspectUsers: [{ unreadable: 2 }] } }),
      v1({ ResultCode: '9998' }),
      v1({ ResultCode: '9999' }),
      v1({ ResultCode: '9999', x: 1 }),
      v1({ PartnerParams: { job_id: 'job-2', job_type: 1 } }),
      v3({ status: 'attention' }),
      v3({ status: 'unheard_of' }),
      v3({ status: 'unheard_of_too' }),
      v3(update),
      v3({ ...update, people: [{ name: 'B' }] }),
      read(v1Delivery({ credential: sandbox }), { credentials: [credential, sandbox] }).then(
        ({ verdictId }) => verdictId,
      ),
      read(v1Delivery({ credential: { ...credential, partnerId: '85' } }), {
        credentials: { ...credential, partnerId: '85' },
      }).then(({ verdictId }) => verdictId),
    ])
    expect(new Set(others).size).toBe(others.length)
  })

  test('and is no id of a delivery', async () => {
    const event = await read(v1Delivery())
    expect(event.verdictId).not.toBe(event.id)
    expect(await read(v1Delivery(), { eventId: () => 'mine' })).toMatchObject({
      id: 'mine',
      verdictId: event.verdictId,
    })
  })
})

test('every story has one verdict for each thing it says', async () => {
  const steps = [
    ...jobStory('biometric_kyc', { review: true, smileSecure: true, credential, jobId: 'job-1' }),
    ...jobStory('biometric_kyc', { review: true, smileSecure: true, credential, jobId: 'job-1' }),
  ]
  const events = await Promise.all(steps.map((step) => read(step, { now: Date.now })))
  expect(new Set(events.map(({ verdictId }) => verdictId)).size).toBe(4)
})
