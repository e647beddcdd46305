import { expect, test, vi } from 'vitest'
import {
  confirmWithSmileId,
  memoryStore,
  smileIdCallbacks,
  type SmileIdCallbacksOptions,
  type SmileIdEvent,
} from '../../src/index.ts'
import { senderIp, testOptions, v1Delivery, v1Payload, v3Delivery, v3Payload } from '../support/deliveries.ts'
import { jobStatus, smileIdServers, token } from '../support/smile-id.ts'
import { receiver } from '../support/receiver.ts'

// What an attacker has: one genuine delivery, captured whole. What it makes: another body under the same signature.

const rejected = { ...v1Payload, ResultCode: '0811', ResultText: 'Failed Enroll' }
const v1 = {
  genuine: v1Delivery({ payload: rejected }),
  approved: v1Delivery(),
  /** An approved job of the attacker's own, pointed at somebody else's account. */
  account: v1Delivery({
    payload: { ...v1Payload, PartnerParams: { ...v1Payload.PartnerParams, account_id: 'acc-of-the-victim' } },
  }),
}
const v3 = {
  genuine: v3Delivery({ payload: { ...v3Payload, status: 'block', reason: 'high_risk' } }),
  approved: v3Delivery(),
  account: v3Delivery({ payload: { ...v3Payload, partner_params: { account_id: 'acc-of-the-victim' } } }),
}

const truth = (v1Code: string, v3Status: string) => ({
  '/v1/job_status': (_: unknown, res: { json(body: object): unknown }) =>
    void res.json(jobStatus({ result: { ...v1Payload, ResultCode: v1Code } })),
  '/v3/token': (_: unknown, res: { json(body: object): unknown }) => void res.json({ token: token(900) }),
  '/v3/status': (_: unknown, res: { json(body: object): unknown }) =>
    void res.json({ status: v3Status, job_id: 'job_v3', user_id: 'user_v3', message: 'Job completed', created_at: '' }),
})

async function forge(delivery: ReturnType<typeof v1Delivery>, options: Partial<SmileIdCallbacksOptions>, url?: string) {
  const events: SmileIdEvent[] = []
  const callbacks = smileIdCallbacks({ ...testOptions, ...options })
  callbacks.on('approved', (event) => void events.push(event))
  const { code } = await callbacks.receive({ ...delivery, clientIp: senderIp, url })
  return { code, approved: events.length }
}

test.each([
  ['v1', v1],
  ['v3', v3],
])('%s: the pair is the same under every body', (_, { genuine, approved, account }) => {
  const pair = ({ headers, body }: typeof genuine) => [
    headers['Response-Signature'] ?? (JSON.parse(body) as { signature: string }).signature,
  ]
  expect(pair(approved)).toEqual(pair(genuine))
  expect(pair(account)).toEqual(pair(genuine))
})

test.each([
  ['v1', v1],
  ['v3', v3],
])('%s: by itself the signature lets an altered body pass, as the README says', async (_, { approved }) => {
  expect(await forge(approved, {})).toEqual({ code: 'accepted', approved: 1 })
})

test.each([
  ['v1', v1],
  ['v3', v3],
])('%s: confirm stops a rejection turned into an approval', async (_, { approved }) => {
  await smileIdServers(truth('0811', 'block'), async (baseUrl) => {
    expect(await forge(approved, { confirm: confirmWithSmileId({ environment: 'sandbox', baseUrl }) })).toEqual({
      code: 'contradicted',
      approved: 0,
    })
  })
})

test('v1: confirm stops an approval pointed at another account', async () => {
  await smileIdServers(truth('0810', 'clear'), async (baseUrl) => {
    expect(await forge(v1.account, { confirm: confirmWithSmileId({ environment: 'sandbox', baseUrl }) })).toEqual({
      code: 'contradicted',
      approved: 0,
    })
  })
})

test('v3: confirm alone does not see partner params, as the README says', async () => {
  await smileIdServers(truth('0810', 'clear'), async (baseUrl) => {
    expect(await forge(v3.account, { confirm: confirmWithSmileId({ environment: 'sandbox', baseUrl }) })).toEqual({
      code: 'accepted',
      approved: 1,
    })
  })
})

const callbackSecret = 'a secret of some length'
const minted = (reference: string) =>
  smileIdCallbacks({ ...testOptions, callbackSecret }).urlFor('https://receiver.test/smile-id', reference)

test.each([
  ['v1', v1],
  ['v3', v3],
])('%s: callbackSecret stops whoever does not know the URL', async (_, { approved, account }) => {
  for (const delivery of [approved, account]) {
    expect(await forge(delivery, { callbackSecret }, 'https://receiver.test/smile-id')).toEqual({
      code: 'callback_url_mismatch',
      approved: 0,
    })
  }
})

test.each([
  ['v1', v1],
  ['v3', v3],
])(
  '%s: whoever has the URL of a job can forge for its reference and no other, as the README says',
  async (_, { approved }) => {
    expect(await forge(approved, { callbackSecret }, minted('acc-1'))).toEqual({ code: 'accepted', approved: 1 })
    expect(await forge(approved, { callbackSecret }, minted('acc-1').replace('acc-1', 'acc-2'))).toEqual({
      code: 'callback_url_mismatch',
      approved: 0,
    })
  },
)

test('a signature that comes again with another body is flagged, and not refused by itself', async () => {
  const { post } = receiver()
  expect((await post(v1.genuine)).signatureReused).toBeUndefined()
  expect((await post(v1.genuine)).signatureReused).toBeUndefined()
  expect(await post(v1.approved)).toMatchObject({ code: 'accepted', signatureReused: true })
  expect(
    await post(
      v1Delivery({
        payload: { ...v1Payload, SmileJobID: '1', PartnerParams: { ...v1Payload.PartnerParams, job_id: 'job-2' } },
      }),
    ),
  ).toMatchObject({ code: 'accepted', signatureReused: true })
})

test('with confirm it forces a confirmation, also of what is not confirmed otherwise', async () => {
  const asked: string[] = []
  const { post } = receiver({ confirm: { ask: (event) => (asked.push(event.kind), 'contradicted'), events: [] } })
  expect((await post(v1.approved)).code).toBe('accepted')
  expect(await post(v1.genuine)).toMatchObject({ code: 'contradicted', signatureReused: true })
  expect(asked).toEqual(['result'])
})

const lax: [string, Partial<SmileIdCallbacksOptions>][] = [
  ['allowedIps', { allowedIps: false }],
  ['maxAge, maxSkew', { maxAge: 86_400_000, maxSkew: 86_400_000 }],
  ['confirm', { confirm: { ask: () => 'confirmed', events: ['result'] } }],
  ['once', { once: { onStoreError: 'proceed' } }],
  ['inbox', { inbox: { add: () => Promise.resolve() } }],
  ['listeners, eventId', { onDelivery: () => true, onError: () => true, eventId: () => 'x' }],
  ['no credentials for this delivery', { credentials: () => undefined }],
  ['an empty list of them', { credentials: () => [] }],
]

test.each(lax)('nothing turns the signature check off: %s', async (_, options) => {
  const { callbacks, events } = receiver({ ...options, store: memoryStore() })
  const { headers, body } = v3Delivery({ credential: { partnerId: '085', apiKey: 'a-wrong-key' } })
  for (const [name, value] of [
    ['NODE_ENV', 'development'],
    ['NODE_ENV', 'test'],
    ['NODE_ENV', 'production'],
    ['SMILE_ID_API_KEY', ''],
    ['DEBUG', '*'],
  ] as const) {
    vi.stubEnv(name, value)
    for (const sent of [headers, { 'Content-Type': 'application/json', 'Job-ID': 'job_v3' }]) {
      expect(
        (await callbacks.receive({ method: 'POST', headers: sent, body, clientIp: senderIp })).status,
        `${name}=${value}`,
      ).toBe(401)
    }
    vi.unstubAllEnvs()
  }
  expect(events).toEqual([])
})
