import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import * as z from 'zod'
import { signDelivery } from '../../src/testing/index.ts'
import type { ReportCode, SmileIdCallbacksOptions } from '../../src/index.ts'
import { credential, now, signedAt, v1Delivery, v1Payload, v3Delivery, v3Payload } from '../support/deliveries.ts'
import { doors, viaExpress, viaFetch, viaReceive, type TestDelivery } from '../support/doors.ts'

interface Row {
  name: string
  delivery: TestDelivery
  options?: Partial<SmileIdCallbacksOptions>
  prepare?: Parameters<typeof viaReceive>[2]
  code: ReportCode
  status: number
  message: string
}

const iso = (offsetMs: number) => new Date(now + offsetMs).toISOString()
const minute = 60_000
const big = 'x'.repeat(1_572_864)
const json = (value: object): object => value
const strict = z.object({ account_id: z.string(), order: z.string() })

const rows: Row[] = [
  {
    name: 'GET',
    delivery: { ...v1Delivery(), method: 'GET' },
    code: 'method_not_allowed',
    status: 405,
    message: 'Callbacks are delivered by POST.',
  },
  {
    name: 'PUT',
    delivery: { ...v3Delivery(), method: 'PUT' },
    code: 'method_not_allowed',
    status: 405,
    message: 'Callbacks are delivered by POST.',
  },
  {
    name: 'an address that is not on the list',
    delivery: { ...v1Delivery(), from: '203.0.113.9' },
    code: 'ip_not_allowed',
    status: 403,
    message: 'The sender is not on the list of allowed addresses.',
  },
  ...[
    'text/plain',
    'application/x-www-form-urlencoded',
    'application/json; charset=utf-16',
    'application/json; charset=iso-8859-1',
  ].map((type) => ({
    name: `the content type ${type}`,
    delivery: withHeader(v1Delivery(), 'Content-Type', type),
    code: 'unsupported_media_type' as const,
    status: 415,
    message: 'The body must be JSON in UTF-8, plain or encoded with gzip, deflate or br.',
  })),
  {
    name: 'the content encoding zstd',
    delivery: withHeader(v3Delivery(), 'Content-Encoding', 'zstd'),
    code: 'unsupported_media_type',
    status: 415,
    message: 'The body must be JSON in UTF-8, plain or encoded with gzip, deflate or br.',
  },
  {
    name: 'v1 over the limit',
    delivery: v1Delivery({ payload: { ...v1Payload, Photo: big } }),
    code: 'body_too_large',
    status: 413,
    message: 'The body is larger than the limit.',
  },
  {
    name: 'v3 over the limit',
    delivery: v3Delivery({ payload: { ...v3Payload, photo: big } }),
    code: 'body_too_large',
    status: 413,
    message: 'The body is larger than the limit.',
  },
  {
    name: 'an archive that is larger than the limit inside',
    delivery: gzipped(v1Delivery({ payload: { ...v1Payload, Photo: big } })),
    code: 'body_too_large',
    status: 413,
    message: 'The body is larger than the limit.',
  },
  {
    name: 'an archive that was cut off',
    delivery: cutOff(gzipped(v3Delivery())),
    code: 'body_incomplete',
    status: 400,
    message: 'The body did not arrive whole.',
  },
  {
    name: 'v1 that is not JSON',
    delivery: { ...v1Delivery(), body: v1Delivery().body.slice(0, -1) },
    code: 'malformed_json',
    status: 400,
    message: 'The body is not JSON.',
  },
  {
    name: 'v3 that is not JSON',
    delivery: { ...v3Delivery(), body: '{"status":clear}' },
    code: 'malformed_json',
    status: 400,
    message: 'The body is not JSON.',
  },
  {
    name: 'v3 with an empty body',
    delivery: { ...v3Delivery(), body: '' },
    code: 'malformed_json',
    status: 400,
    message: 'The body is not JSON.',
  },
  {
    name: 'v1 without a signature',
    delivery: edited((body) => delete body['signature']),
    code: 'signature_missing',
    status: 401,
    message: 'The delivery has no signature.',
  },
  {
    name: 'v1 without a timestamp',
    delivery: edited((body) => delete body['timestamp']),
    code: 'signature_missing',
    status: 401,
    message: 'The delivery has no signature.',
  },
  {
    name: 'v1 with a signature that is no text',
    delivery: edited((body) => (body['signature'] = 7)),
    code: 'signature_missing',
    status: 401,
    message: 'The delivery has no signature.',
  },
  {
    name: 'v1 whose body is a list',
    delivery: { ...v1Delivery(), body: '[]' },
    code: 'signature_missing',
    status: 401,
    message: 'The delivery has no signature.',
  },
  {
    name: 'v1 whose body is null',
    delivery: { ...v1Delivery(), body: 'null' },
    code: 'signature_missing',
    status: 401,
    message: 'The delivery has no signature.',
  },
  {
    name: 'v3 without the signature header',
    delivery: withoutHeader(v3Delivery(), 'Response-Signature'),
    code: 'signature_missing',
    status: 401,
    message: 'The delivery has no signature.',
  },
  {
    name: 'v3 without the timestamp header',
    delivery: withoutHeader(v3Delivery(), 'Response-Timestamp'),
    code: 'signature_missing',
    status: 401,
    message: 'The delivery has no signature.',
  },
  {
    name: 'v1 signed with another key',
    delivery: v1Delivery({ credential: { ...credential, apiKey: 'another' } }),
    code: 'signature_mismatch',
    status: 401,
    message: 'The signature is not one of this partner.',
  },
  {
    name: 'v3 signed with another key',
    delivery: v3Delivery({ credential: { ...credential, apiKey: 'another' } }),
    code: 'signature_mismatch',
    status: 401,
    message: 'The signature is not one of this partner.',
  },
  {
    name: 'a partner id without its leading zero',
    delivery: v1Delivery({ credential: { ...credential, partnerId: '85' } }),
    code: 'signature_mismatch',
    status: 401,
    message: 'The signature is not one of this partner.',
  },
  {
    name: 'a timestamp written another way',
    delivery: edited((body) => (body['timestamp'] = signedAt.replace('Z', '+00:00'))),
    code: 'signature_mismatch',
    status: 401,
    message: 'The signature is not one of this partner.',
  },
  {
    name: 'a v3 signature with one letter changed',
    delivery: withHeader(v3Delivery(), 'Response-Signature', flipped(v3Delivery().headers['Response-Signature']!)),
    code: 'signature_mismatch',
    status: 401,
    message: 'The signature is not one of this partner.',
  },
  {
    name: 'a v1 signature that is not ASCII',
    delivery: edited((body) => (body['signature'] = 'é'.repeat(22))),
    code: 'signature_mismatch',
    status: 401,
    message: 'The signature is not one of this partner.',
  },
  {
    name: 'wrong headers over a genuine v1 body',
    delivery: {
      ...v1Delivery(),
      headers: { ...v1Delivery().headers, 'Response-Signature': 'AAAA', 'Response-Timestamp': signedAt },
    },
    code: 'signature_mismatch',
    status: 401,
    message: 'The signature is not one of this partner.',
  },
  {
    name: 'half a pair of headers over a genuine v1 body',
    delivery: withHeader(v1Delivery(), 'Response-Timestamp', signedAt),
    code: 'signature_missing',
    status: 401,
    message: 'The delivery has no signature.',
  },
  {
    name: 'a signed v1 timestamp that is no time',
    delivery: v1Delivery({ timestamp: 'yesterday' }),
    code: 'timestamp_invalid',
    status: 401,
    message: 'The signed timestamp cannot be read.',
  },
  {
    name: 'a signed v3 timestamp that is no time',
    delivery: v3Delivery({ timestamp: '2026-13-14T09:00:00.000Z' }),
    code: 'timestamp_invalid',
    status: 401,
    message: 'The signed timestamp cannot be read.',
  },
  {
    name: 'a v1 timestamp that is an object',
    delivery: edited((body) => (body['timestamp'] = {})),
    code: 'timestamp_invalid',
    status: 401,
    message: 'The signed timestamp cannot be read.',
  },
  {
    name: 'v1 older than an hour',
    delivery: v1Delivery({ timestamp: iso(-60 * minute - 1) }),
    code: 'timestamp_expired',
    status: 401,
    message: 'The signature is too old.',
  },
  {
    name: 'v3 older than an hour',
    delivery: v3Delivery({ timestamp: iso(-60 * minute - 1) }),
    code: 'timestamp_expired',
    status: 401,
    message: 'The signature is too old.',
  },
  {
    name: 'v1 more than five minutes ahead',
    delivery: v1Delivery({ timestamp: iso(5 * minute + 1) }),
    code: 'timestamp_in_future',
    status: 401,
    message: 'The signature is from the future.',
  },
  {
    name: 'v3 more than five minutes ahead',
    delivery: v3Delivery({ timestamp: iso(5 * minute + 1) }),
    code: 'timestamp_in_future',
    status: 401,
    message: 'The signature is from the future.',
  },
  {
    name: 'a credentials function that fails',
    delivery: v3Delivery(),
    options: { credentials: () => Promise.reject(new Error('the vault is sealed')) },
    code: 'credentials_unavailable',
    status: 503,
    message: 'The delivery cannot be checked at the moment.',
  },
  {
    name: 'a credentials function that knows none',
    delivery: v1Delivery(),
    options: { credentials: () => undefined },
    code: 'signature_mismatch',
    status: 401,
    message: 'The signature is not one of this partner.',
  },
  {
    name: 'v1 without a result code',
    delivery: v1Delivery({ payload: { error: 'Job already exists', code: '2215' } }),
    code: 'unrecognized_payload',
    status: 422,
    message: 'The body is not a callback that this version knows.',
  },
  {
    name: 'v3 without a status and a product',
    delivery: v3Delivery({ payload: { message: 'hello' } }),
    code: 'unrecognized_payload',
    status: 422,
    message: 'The body is not a callback that this version knows.',
  },
  {
    name: 'a v3 body that is a list',
    delivery: { ...v3Delivery(), body: '[]' },
    code: 'unrecognized_payload',
    status: 422,
    message: 'The body is not a callback that this version knows.',
  },
  {
    name: 'v3 that belongs to no job',
    delivery: v3Delivery({ jobId: undefined }),
    code: 'unrecognized_payload',
    status: 422,
    message: 'The body is not a callback that this version knows.',
  },
  {
    name: 'partner params that break the schema',
    delivery: v1Delivery(),
    options: json({ partnerParams: strict }),
    code: 'invalid_partner_params',
    status: 422,
    message: 'The partner params do not have the expected form.',
  },
  {
    name: 'nobody subscribed',
    delivery: v1Delivery(),
    prepare: () => undefined,
    code: 'no_handlers',
    status: 503,
    message: 'Nothing is subscribed to callbacks.',
  },
  {
    name: 'a handler that throws',
    delivery: v1Delivery(),
    prepare: (callbacks) =>
      callbacks.onAny(() => {
        throw new Error('secret of the handler')
      }),
    code: 'handler_failed',
    status: 503,
    message: 'The event was not handled.',
  },
  {
    name: 'a handler that rejects',
    delivery: v3Delivery(),
    prepare: (callbacks) => callbacks.on('approved', () => Promise.reject(new Error('secret of the handler'))),
    code: 'handler_failed',
    status: 503,
    message: 'The event was not handled.',
  },
  {
    name: 'a handler that takes too long',
    delivery: v3Delivery(),
    options: { handlerTimeout: 20 },
    prepare: (callbacks) => callbacks.onAny(() => new Promise(() => undefined)),
    code: 'handler_timeout',
    status: 503,
    message: 'The event was not handled in time.',
  },
  {
    name: 'a clock that gives no time',
    delivery: v3Delivery(),
    options: { now: () => Number.NaN },
    code: 'internal_error',
    status: 503,
    message: 'The delivery could not be processed.',
  },
  {
    name: 'a clock that fails',
    delivery: v1Delivery(),
    options: {
      now: () => {
        throw new Error('no time')
      },
    },
    code: 'internal_error',
    status: 503,
    message: 'The delivery could not be processed.',
  },
]

describe.each(doors)('refused through .%s', (_, door) => {
  test.each(rows)('$name: $status $code', async ({ delivery, options, prepare, code, status, message }) => {
    const answered = await door(delivery, options, prepare)
    expect(answered.report.code).toBe(code)
    expect(answered.report.status).toBe(status)
    expect(answered.status).toBe(status)
    if (door !== viaReceive) expect(answered.body).toEqual({ error: { code, message } })
  })
})

describe.each(doors)('accepted through .%s', (name, door) => {
  const unhandled = (callbacks: { on(name: 'rejected', handler: () => void): unknown }) =>
    callbacks.on('rejected', () => undefined)
  const accepted: [string, TestDelivery][] = [
    ['v1', v1Delivery()],
    ['v3', v3Delivery()],
    ['v3 with lower-case headers', lowerCased(v3Delivery())],
    ['v1 without a content type', withoutHeader(v1Delivery(), 'Content-Type')],
    ['a charset in quotes', withHeader(v1Delivery(), 'Content-Type', 'Application/JSON; charset="UTF-8"')],
    ['gzip', gzipped(v1Delivery())],
    ['a byte order mark', { ...v3Delivery(), body: `\ufeff${v3Delivery().body}` }],
    ['exactly at the limit', padded(v1Delivery({ payload: { ...v1Payload, Photo: '' } }), 1_572_864)],
    ['an hour old to the ms', v1Delivery({ timestamp: iso(-60 * minute) })],
    ['five minutes ahead to the ms', v3Delivery({ timestamp: iso(5 * minute) })],
    ['microseconds without a zone', v1Delivery({ timestamp: signedAt.replace('000Z', '614879') })],
    ['epoch ms as text', v1Delivery({ timestamp: String(now) })],
    ['epoch ms as a number', v1Delivery({ timestamp: now })],
    ['a v1 body under v3 headers', v3Delivery({ payload: v1Payload })],
    [
      'a v1 body signed in both places',
      v3Delivery({ payload: JSON.parse(v1Delivery().body) as object as Record<string, unknown> }),
    ],
  ]
  test.each(accepted)('%s', async (_, delivery) => {
    const answered = await door(delivery)
    expect(answered.report).toMatchObject({
      code: 'accepted',
      status: 200,
      credential: { partnerId: '085' },
      event: { outcome: 'approved', final: true },
    })
    expect(answered.status).toBe(200)
    if (name !== 'receive') expect(answered.body).toEqual({ received: true })
  })

  test('others are subscribed, none matches: 200 unhandled', async () => {
    const answered = await door(v1Delivery(), {}, unhandled)
    expect(answered.report).toMatchObject({ code: 'unhandled', handlers: { matched: 0, failed: 0, timedOut: 0 } })
    expect(answered.status).toBe(200)
    if (name !== 'receive') expect(answered.body).toEqual({ received: true })
  })
})

test.each([viaExpress, viaFetch])(
  '405 names the allowed method, and answers are JSON of a known length',
  async (door) => {
    const { headers } = await door({ ...v1Delivery(), method: 'GET' })
    expect(headers.get('allow')).toBe('POST')
    expect(headers.get('content-type')).toBe('application/json; charset=utf-8')
    expect(headers.get('content-length')).toBe('84')
    expect(headers.has('retry-after')).toBe(false)
  },
)

test('a delivery that is checked by its headers needs no signature in the body', async () => {
  const { report } = await viaReceive(v3Delivery({ payload: { ...v1Payload, signature: 'wrong', timestamp: 'wrong' } }))
  expect(report).toMatchObject({ code: 'accepted', generation: 'v3' })
})

test('every credential is tried, and the one that matched is on the report', async () => {
  const rotated = { ...credential, apiKey: 'the-key-before', label: 'old' }
  const others = [{ ...credential, apiKey: 'sandbox-key', environment: 'sandbox' }, rotated, credential]
  const { report } = await viaReceive(v1Delivery({ credential: rotated }), { credentials: others })
  expect(report.credential).toEqual({ partnerId: '085', label: 'old' })
})

test('the credentials function sees where the delivery came in', async () => {
  const seen: unknown[] = []
  const credentials = ({ generation, params, clientIp }: { generation: string; params: object; clientIp?: string }) => {
    seen.push({ generation, params, clientIp })
    return [credential]
  }
  await viaReceive(v3Delivery(), { credentials })
  await viaReceive(signedV1(), { credentials })
  expect(seen).toEqual([
    { generation: 'v3', params: {}, clientIp: '52.36.32.43' },
    { generation: 'v1', params: {}, clientIp: '52.36.32.43' },
  ])
})

function signedV1() {
  return { method: 'POST', ...signDelivery({ generation: 'v1', credential, payload: v1Payload, timestamp: signedAt }) }
}

function withHeader(delivery: TestDelivery, name: string, value: string): TestDelivery {
  return { ...delivery, headers: { ...delivery.headers, [name]: value } }
}

function withoutHeader(delivery: TestDelivery, name: string): TestDelivery {
  const headers = Object.fromEntries(Object.entries(delivery.headers).filter(([key]) => key !== name))
  // fetch names a text's type by itself; bytes have none.
  return {
    ...delivery,
    headers,
    body: typeof delivery.body === 'string' ? new TextEncoder().encode(delivery.body) : delivery.body,
  }
}

function lowerCased(delivery: TestDelivery): TestDelivery {
  return {
    ...delivery,
    headers: Object.fromEntries(Object.entries(delivery.headers).map(([name, value]) => [name.toLowerCase(), value])),
  }
}

function gzipped(delivery: TestDelivery): TestDelivery {
  return withHeader({ ...delivery, body: new Uint8Array(gzipSync(delivery.body)) }, 'Content-Encoding', 'gzip')
}

function cutOff(delivery: TestDelivery): TestDelivery {
  return { ...delivery, body: (delivery.body as Uint8Array<ArrayBuffer>).slice(0, -12) }
}

function padded(delivery: TestDelivery & { body: string }, bytes: number): TestDelivery {
  const photo = 'x'.repeat(bytes - delivery.body.length)
  return { ...delivery, body: delivery.body.replace('"Photo":""', `"Photo":"${photo}"`) }
}

function edited(change: (body: Record<string, unknown>) => unknown): TestDelivery {
  const delivery = v1Delivery()
  const body = JSON.parse(delivery.body) as Record<string, unknown>
  change(body)
  return { ...delivery, body: JSON.stringify(body) }
}

function flipped(signature: string): string {
  return (signature.startsWith('A') ? 'B' : 'A') + signature.slice(1)
}
