import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { Readable } from 'node:stream'
import { describe, expect, test, vi } from 'vitest'
import {
  memoryStore,
  type DeliveryReport,
  type SmileIdCallbacksOptions,
  type SmileIdEvent,
  type UnrecognizedDelivery,
} from '../../src/index.ts'
import type { IncomingDelivery } from '../../src/receive/delivery.ts'
import { EffectError } from '../../src/errors.ts'
import { readPartnerParams } from '../../src/events/partner-params.ts'
import { reportChannelName } from '../../src/receive/receive.ts'
import { SignatureUses } from '../../src/receive/memory.ts'
import {
  credential,
  now,
  senderIp,
  signedAt,
  v1Delivery,
  v1Payload,
  v3Delivery,
  v3Payload,
} from '../support/deliveries.ts'
import { receiver as plainReceiver } from '../support/receiver.ts'

function receiver(options: Partial<SmileIdCallbacksOptions> = {}) {
  const { callbacks, events, ...made } = plainReceiver(options)
  const unrecognized: UnrecognizedDelivery[] = []
  callbacks.onUnrecognized((delivery) => void unrecognized.push(delivery))
  const post = (change: Partial<IncomingDelivery> = {}, delivery: IncomingDelivery = v1Delivery()) =>
    made.post(delivery, change)
  return { post, events, unrecognized }
}

const stages = ({ stages: passed }: DeliveryReport) => passed.map(({ name }) => name)
const secretive = { credentials: { ...credential, label: 'main', environment: 'sandbox' } }

describe('the report', () => {
  test('of an accepted v1 delivery has all of it', async () => {
    const delivery = v1Delivery()
    const { post } = receiver(secretive)
    const before = performance.now()
    const report = await post({}, delivery)
    const took = performance.now() - before
    expect(report).toEqual({
      code: 'accepted',
      status: 200,
      receivedAt: new Date(now),
      durationMs: expect.any(Number) as number,
      stages: expect.any(Array) as [],
      clientIp: senderIp,
      generation: 'v1',
      credential: { partnerId: '085', label: 'main', environment: 'sandbox' },
      signedAt: new Date(signedAt),
      body: { source: 'bytes', bytes: delivery.body.length },
      event: {
        id: expect.any(String) as string,
        verdictId: expect.any(String) as string,
        kind: 'result',
        product: 'biometric_kyc',
        outcome: 'approved',
        final: true,
      },
      handlers: { matched: 1, failed: 0, rejected: 0, timedOut: 0 },
      claim: { reservation: 'reserved', end: 'completed' },
    })
    expect(stages(report)).toEqual(['admitted', 'read', 'verified', 'decoded', 'claimed'])
    const times = report.stages.map(({ atMs }) => atMs)
    expect(times).toEqual([...times].sort((a, b) => a - b))
    expect(Math.min(...times)).toBeGreaterThanOrEqual(0)
    expect(report.durationMs).toBeGreaterThanOrEqual(Math.max(...times))
    expect(report.durationMs).toBeLessThanOrEqual(took)
  })

  test('of a v3 delivery tells that it was verified before it was read', async () => {
    expect(stages(await receiver().post({}, v3Delivery()))).toEqual([
      'admitted',
      'verified',
      'read',
      'decoded',
      'claimed',
    ])
  })

  test('of a body that was parsed before has no size, one that came as a stream has', async () => {
    const { body } = v1Delivery()
    expect((await receiver().post({ body: JSON.parse(body) as object })).body).toEqual({ source: 'parsed' })
    expect((await receiver().post({ body: Readable.from([Buffer.from(body)]) })).body).toEqual({
      source: 'stream',
      bytes: body.length,
    })
  })

  test('has an outcome for results alone', async () => {
    const { event } = await receiver().post({}, v1Delivery({ payload: { ...v1Payload, ResultCode: '1012' } }))
    expect(event).toStrictEqual({
      id: event?.id,
      verdictId: event?.verdictId,
      kind: 'id_info',
      product: 'biometric_kyc',
    })
  })

  test.each<[string, Partial<IncomingDelivery>, IncomingDelivery, string, string[], string | undefined]>([
    ['a refused method', { method: 'GET' }, v1Delivery(), 'method_not_allowed', [], undefined],
    [
      'another key',
      {},
      v1Delivery({ credential: { ...credential, apiKey: 'another' } }),
      'signature_mismatch',
      ['admitted', 'read'],
      'Another key or partner made the signature in the body, or it is a forgery: the keys of sandbox and production differ.',
    ],
    [
      'a stale signature',
      {},
      v3Delivery({ timestamp: '2026-10-14T07:00:00.000Z' }),
      'timestamp_expired',
      ['admitted'],
      'The signature is 2 h old, and maxAge is 60 min: whole hours, so this clock or a time zone is wrong.',
    ],
  ])('of %s says no more than was learned', async (_, change, delivery, code, passed, hint) => {
    const report = await receiver().post(change, delivery)
    expect(report.code).toBe(code)
    expect(stages(report)).toEqual(passed)
    expect(report.hint).toBe(hint)
    for (const name of ['credential', 'signedAt', 'event', 'claim', 'handlers', 'notes', 'signatureReused'])
      expect(report).not.toHaveProperty(name)
  })

  test('has no address where none was given', async () => {
    const { post, events } = receiver({ allowedIps: false })
    expect(await post({ clientIp: undefined })).not.toHaveProperty('clientIp')
    expect(events[0]?.delivery).not.toHaveProperty('clientIp')
  })

  test('goes to the channel, and to a listener whose failures are its own', async () => {
    const seen: unknown[] = []
    const note = (report: unknown) => void seen.push(report)
    subscribe(reportChannelName, note)
    const reports = [
      await receiver({
        onDelivery: () => {
          throw new Error('x')
        },
      }).post(),
      await receiver({ onDelivery: () => Promise.reject(new Error('x')) }).post(),
    ]
    unsubscribe(reportChannelName, note)
    await receiver().post()
    expect(seen).toEqual(reports)
    expect(reports.map(({ code }) => code)).toEqual(['accepted', 'accepted'])
  })
})

test('an event says how it came', async () => {
  const { post, events } = receiver(secretive)
  await post({ params: { tenant: 'acme' } })
  await post({}, v3Delivery())
  const common = {
    origin: 'callback',
    unconfirmed: [],
    signedAt: new Date(signedAt),
    receivedAt: new Date(now),
    clientIp: senderIp,
    confirmed: false,
    credential: { partnerId: '085', label: 'main', environment: 'sandbox' },
  }
  expect(events.map(({ delivery }) => delivery)).toEqual([
    { generation: 'v1', params: { tenant: 'acme' }, ...common },
    { generation: 'v3', params: {}, ...common },
  ])
})

describe('asking whether an event is true', () => {
  test('comes after the claim: repeats of a finished event cost no question', async () => {
    const ask = vi.fn(() => 'confirmed' as const)
    const { post, events } = receiver({ confirm: { ask }, store: memoryStore() })
    const reports = [await post()]
    for (let i = 0; i < 50; i += 1) reports.push(await post())
    expect(reports.map(({ code }) => code)).toEqual(['accepted', ...Array<string>(50).fill('duplicate')])
    expect(stages(reports[0]!)).toEqual(['admitted', 'read', 'verified', 'decoded', 'claimed', 'confirmed'])
    expect(ask).toHaveBeenCalledTimes(1)
    expect(events).toHaveLength(1)
  })

  test('is done by one delivery where several come at once', async () => {
    const ask = vi.fn(() => new Promise<'confirmed'>((resolve) => setTimeout(resolve, 20, 'confirmed')))
    const { post } = receiver({ confirm: { ask }, store: memoryStore() })
    const codes = (await Promise.all([post(), post(), post()])).map(({ code }) => code)
    expect(codes).toEqual(['accepted', 'in_progress', 'in_progress'])
    expect(ask).toHaveBeenCalledTimes(1)
  })

  test.each([
    ['contradicted', 'contradicted'],
    ['unavailable', 'not_confirmed'],
  ] as const)('and hearing %s gives the claim back', async (word, code) => {
    const ask = vi.fn<() => 'confirmed' | 'contradicted' | 'unavailable'>(() => word)
    const { post, events } = receiver({ confirm: { ask }, store: memoryStore() })
    expect(await post()).toMatchObject({
      code,
      confirmation: word,
      claim: { reservation: 'reserved', end: 'released' },
    })
    expect(events).toEqual([])
    ask.mockReturnValue('confirmed')
    expect((await post()).code).toBe('accepted')
    expect(events).toHaveLength(1)
  })
})

test('one event is built for a delivery: what is asked about is what handlers get, with its own id', async () => {
  const seen: SmileIdEvent[] = []
  const ask = (event: SmileIdEvent) => (seen.push(event), 'confirmed' as const)
  const eventId = (event: SmileIdEvent) => (seen.push(event), 'mine')
  const { post, events } = receiver({ confirm: { ask }, eventId })
  expect((await post()).event?.id).toBe('mine')
  expect(seen[0]).toBe(events[0])
  expect(seen[1]).toBe(events[0])
  expect(events[0]).toMatchObject({ id: 'mine', delivery: { confirmed: true } })
})

test('the first guard that refuses answers, whatever else is wrong', async () => {
  const wrong = {
    method: 'GET',
    clientIp: '203.0.113.9',
    headers: { 'Content-Type': 'text/plain', 'Job-ID': 'x'.repeat(1_025), 'Content-Length': '9999999' } as Record<
      string,
      string
    >,
    body: 'no JSON',
  }
  const { post } = receiver({ callbackSecret: 'a secret of some length' })
  const codes = []
  for (const repair of [
    {},
    { method: 'POST' },
    { clientIp: senderIp },
    { headers: { ...wrong.headers, 'Job-ID': 'x' } },
    { headers: { 'Content-Length': '9999999' } },
    { headers: {} },
  ])
    codes.push((await post(Object.assign(wrong, repair))).code)
  expect(codes).toEqual([
    'method_not_allowed',
    'ip_not_allowed',
    'headers_too_large',
    'unsupported_media_type',
    'body_too_large',
    'callback_url_mismatch',
  ])
})

describe('the credentials function', () => {
  test('is told where the delivery came in, and no address where there is none', async () => {
    const credentials = vi.fn(() => credential)
    const { headers } = v1Delivery()
    await receiver({ credentials }).post({ params: { tenant: 'acme' } })
    await receiver({ credentials, allowedIps: false }).post({ clientIp: undefined })
    expect(credentials.mock.calls).toEqual([
      [{ generation: 'v1', params: { tenant: 'acme' }, headers, clientIp: senderIp }],
      [{ generation: 'v1', params: {}, headers }],
    ])
    expect(Object.keys((credentials.mock.calls as unknown as [[object], [object]])[1][0])).not.toContain('clientIp')
  })

  test('that fails is named in the hint, without its words', async () => {
    expect(await receiver({ credentials: () => Promise.reject(new Error('secret')) }).post()).toMatchObject({
      code: 'credentials_unavailable',
      hint: expect.stringMatching(
        /^The credentials function failed: Error at .*pipeline\.test\.ts(?:\?vitest=\d+)?[:\d)]*\.$/,
      ) as string,
    })
  })
})

describe('what cannot be read as an event', () => {
  const body = { hello: 'wörld' }

  test.each<[string, (text: string) => IncomingDelivery['body']]>([
    ['text', (text) => text],
    ['bytes', (text) => Buffer.from(text)],
    ['a stream', (text) => Readable.from([Buffer.from(text)])],
    ['text behind a mark', (text) => `\ufeff${text}`],
    ['parsed', (text) => JSON.parse(text) as object],
  ])('is handed over as it came: %s', async (_, form) => {
    const { post, unrecognized, events } = receiver()
    const delivery = v3Delivery({ payload: body })
    expect((await post({ body: form(delivery.body) }, delivery)).code).toBe('unrecognized_payload')
    expect(unrecognized).toEqual([
      {
        code: 'unrecognized_payload',
        issues: [],
        rawBody: delivery.body,
        body,
        delivery: expect.objectContaining({ generation: 'v3', clientIp: senderIp }) as object,
      },
    ])
    expect(events).toEqual([])
  })

  test('has the paths where the partner params break their schema', async () => {
    const validate = () => ({ issues: [{ message: 'secret', path: ['a', { key: 'b' }, 0] }, { message: 'secret' }] })
    const { post, unrecognized } = receiver({
      partnerParams: { '~standard': { version: 1, vendor: 'test', validate } } as never,
    })
    expect(await post()).toMatchObject({ code: 'invalid_partner_params', status: 422 })
    expect(unrecognized).toMatchObject([{ code: 'invalid_partner_params', issues: [{ path: 'a.b.0' }, { path: '' }] }])
  })
})

test('without a schema partner params are texts, and what is none is left to the payload', async () => {
  expect(
    await readPartnerParams(
      { text: 'a', number: 7, yes: true, nothing: null, list: [1], object: {}, empty: '' },
      undefined,
    ),
  ).toEqual({ value: { text: 'a', number: '7', yes: 'true', empty: '' } })
})

test('notes and reuse are on the report only where there are any', async () => {
  const { post } = receiver()
  const first = await post({}, v3Delivery())
  expect(first).not.toHaveProperty('notes')
  expect(first).not.toHaveProperty('signatureReused')
  expect(
    await post({}, v3Delivery({ payload: { ...v3Payload, user_provided_info: { email: 7, last_name: 'Other' } } })),
  ).toMatchObject({ notes: ['user_provided_info.email'], signatureReused: true })
})

describe('uses of a signature', () => {
  test('are the same for the same event', () => {
    const uses = new SignatureUses()
    expect([
      uses.isReused('a', 'event-1'),
      uses.isReused('a', 'event-1'),
      uses.isReused('a', 'event-2'),
      uses.isReused('a', 'event-1'),
    ]).toEqual([false, false, true, false])
    expect([uses.isReused('b', 'event-2'), uses.isReused('b', 'event-2')]).toEqual([false, false])
  })

  test('are remembered for the last 10 000 signatures at least, and for no more than 20 000', () => {
    const uses = new SignatureUses()
    const use = (from: number, to: number) => {
      for (let i = from; i < to; i += 1) uses.isReused(String(i), 'event-1')
    }
    use(0, 19_999)
    expect([uses.isReused('0', 'event-2'), uses.isReused('9999', 'event-2')]).toEqual([true, true])
    use(19_999, 20_000)
    expect([uses.isReused('9999', 'event-2'), uses.isReused('10000', 'event-2')]).toEqual([false, true])
  })
})

test('what a handler throws after the answer changes no report', async () => {
  const { callbacks, post } = plainReceiver({ handlerTimeout: 10 })
  let fail!: (error: Error) => void
  callbacks.onAny(() => new Promise((_, reject) => (fail = reject)))
  const { handlers, ...report } = await post(v1Delivery())
  expect([report.code, handlers]).toEqual(['handler_timeout', { matched: 2, failed: 0, rejected: 0, timedOut: 1 }])
  fail(new EffectError('verdict_conflict', 'One verdict for two recipients.', 'other'))
  await new Promise(setImmediate)
  expect(handlers).toEqual({ matched: 2, failed: 0, rejected: 0, timedOut: 1 })
})
