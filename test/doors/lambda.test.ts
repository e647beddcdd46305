import { describe, expect, test } from 'vitest'
import { lambdaHandler, type LambdaEvent, type LambdaOptions } from '../../src/doors/lambda.ts'
import { smileIdCallbacks } from '../../src/index.ts'
import { senderIp, testOptions, v1Delivery, v3Delivery } from '../support/deliveries.ts'
import { receiver } from '../support/receiver.ts'

type Sent = Pick<ReturnType<typeof v3Delivery>, 'headers' | 'body'>
interface Way {
  method?: string
  ip?: string
  base64?: boolean
  query?: Record<string, string>
}

const lists = (texts: Record<string, string>) =>
  Object.fromEntries(Object.entries(texts).map(([name, value]) => [name, [value]]))
const bodyOf = (body: string, base64: boolean) => ({
  body: base64 ? Buffer.from(body).toString('base64') : body,
  isBase64Encoded: base64,
})
const encoded = (query: Record<string, string>) =>
  Object.fromEntries([...new URLSearchParams(query)].map(([name, value]) => [name, encodeURIComponent(value)]))

/** As AWS documents them. */
const kinds: Record<string, (sent: Sent, way?: Way) => LambdaEvent> = {
  'REST API': ({ headers, body }, { method = 'POST', ip = senderIp, base64 = false, query = {} } = {}) => ({
    path: '/acme/smile-id',
    httpMethod: method,
    headers,
    multiValueHeaders: lists(headers),
    queryStringParameters: query,
    multiValueQueryStringParameters: lists(query),
    pathParameters: { tenant: 'acme' },
    requestContext: { identity: { sourceIp: ip } },
    ...bodyOf(body, base64),
  }),
  'HTTP API and function URL': (
    { headers, body },
    { method = 'POST', ip = senderIp, base64 = false, query = {} } = {},
  ) => ({
    rawPath: '/acme/smile-id',
    rawQueryString: new URLSearchParams(query).toString(),
    headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value])),
    pathParameters: { tenant: 'acme' },
    requestContext: { http: { method, sourceIp: ip } },
    ...bodyOf(body, base64),
  }),
  'load balancer': ({ headers, body }, { method = 'POST', ip = senderIp, base64 = false, query = {} } = {}) => ({
    path: '/acme/smile-id',
    httpMethod: method,
    headers: { ...headers, 'x-forwarded-for': `192.0.2.9, ${ip}` },
    queryStringParameters: encoded(query),
    requestContext: { elb: { targetGroupArn: 'arn' } },
    ...bodyOf(body, base64),
  }),
  'load balancer with lists': (
    { headers, body },
    { method = 'POST', ip = senderIp, base64 = false, query = {} } = {},
  ) => ({
    path: '/acme/smile-id',
    httpMethod: method,
    multiValueHeaders: { ...lists(headers), 'x-forwarded-for': [`192.0.2.9, ${ip}`] },
    multiValueQueryStringParameters: lists(encoded(query)),
    requestContext: { elb: { targetGroupArn: 'arn' } },
    ...bodyOf(body, base64),
  }),
}

const lastForwarded: LambdaOptions['clientIp'] = ({ headers, multiValueHeaders }) =>
  (headers?.['x-forwarded-for'] ?? multiValueHeaders?.['x-forwarded-for']?.join(','))?.split(',').at(-1)

describe.each(Object.entries(kinds))('%s', (name, event) => {
  const make = () => {
    const callbacks = smileIdCallbacks({ ...testOptions, callbackSecret: 'a-long-enough-secret-of-a-test-0123456789' })
    const params: unknown[] = []
    callbacks.onAny(({ delivery }) => {
      params.push([delivery.params, delivery.reference])
    })
    const query = Object.fromEntries(
      new URL(callbacks.urlFor('https://receiver.test/acme/smile-id', 'ref 1&ä')).searchParams,
    )
    return {
      params,
      query,
      handler: lambdaHandler(callbacks, name.startsWith('load') ? { clientIp: lastForwarded } : {}),
    }
  }

  test.each([
    ['plain', false],
    ['base64', true],
  ] as const)('genuine deliveries are answered 200, %s', async (_, base64) => {
    const { handler, query, params } = make()
    const answers = [
      await handler(event(v1Delivery(), { query, base64 })),
      await handler(event(v3Delivery(), { query, base64 })),
    ]
    expect(answers.map(({ statusCode }) => statusCode)).toEqual([200, 200])
    expect(params).toEqual([1, 2].map(() => [name.startsWith('load') ? {} : { tenant: 'acme' }, 'ref 1&ä']))
    expect(answers[0]).toEqual(expect.objectContaining({ body: '{"received":true}', isBase64Encoded: false }))
    expect('multiValueHeaders' in answers[0]!).toBe(name.endsWith('lists'))
  })

  test('all else is refused', async () => {
    const { handler, query } = make()
    const statuses = [
      await handler(event(v1Delivery(), { query, ip: '203.0.113.9' })),
      await handler(event(v1Delivery(), { query, method: 'GET' })),
      await handler(event({ headers: v1Delivery().headers, body: '' }, { query })),
      await handler(
        event(
          { headers: { ...v3Delivery().headers, 'Response-Signature': 'AAAA' }, body: v3Delivery().body },
          { query },
        ),
      ),
    ].map(({ statusCode }) => statusCode)
    expect(statuses).toEqual([403, 405, 400, 401])
  })
})

test('behind a load balancer nobody is let in without clientIp, nor with one that throws', async () => {
  const { callbacks } = receiver()
  const event = kinds['load balancer']!(v1Delivery())
  const throwing = () => {
    throw new Error('no')
  }
  expect([
    (await lambdaHandler(callbacks)(event)).statusCode,
    (await lambdaHandler(callbacks, { clientIp: throwing })(event)).statusCode,
  ]).toEqual([403, 403])
})

describe('an event that is not as AWS documents it', () => {
  const { headers, body } = v1Delivery()
  const plain = {
    ...kinds['REST API']!({ headers, body }),
    queryStringParameters: undefined,
    multiValueQueryStringParameters: undefined,
  }
  test.each<[string, unknown, number]>([
    ['nothing', undefined, 405],
    ['null', null, 405],
    ['a text', 'warm', 405],
    ['a ping', { source: 'a plugin that warms' }, 405],
    ['messages of a queue', { Records: [{ body }] }, 405],
    ['no context', { ...plain, requestContext: undefined }, 403],
    ['no body', { ...plain, body: null }, 400],
    ['base64 with its flag as text', { ...plain, ...bodyOf(body, true), isBase64Encoded: 'true' }, 200],
    ['text with its flag as text', { ...plain, isBase64Encoded: 'false' }, 200],
    ['a body that was parsed', { ...plain, body: JSON.parse(body) as object }, 200],
    ['headers both ways, and cookies', { ...plain, multiValueHeaders: lists(headers), cookies: ['a=b'] }, 200],
    ['a query of other than texts', { ...plain, queryStringParameters: { a: 1, b: null, c: '\ud800' } }, 200],
  ])('%s is answered', async (_, event, status) => {
    expect((await lambdaHandler(receiver().callbacks)(event as LambdaEvent)).statusCode).toBe(status)
  })
})

test('wrong arguments are refused', () => {
  expect(() => lambdaHandler({} as never)).toThrow('lambdaHandler takes what smileIdCallbacks() returns.')
  expect(() => lambdaHandler(receiver().callbacks, { clientIp: '1.2.3.4' as never })).toThrow(
    'clientIp must be a function',
  )
})
