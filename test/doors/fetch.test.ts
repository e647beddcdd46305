import { expect, test } from 'vitest'
import type { FetchRequest } from '../../src/index.ts'
import { senderIp, v1Delivery } from '../support/deliveries.ts'
import { receiver } from '../support/receiver.ts'

const delivery = v1Delivery()
const request = () => new Request('https://receiver.test/', delivery)
class HostRequest extends Request {}
const stream = () => new Blob([delivery.body]).stream()
/** As a host might make one. */
const own = (body: object): FetchRequest => ({ method: 'POST', url: 'https://receiver.test/', headers: new Headers(delivery.headers), bodyUsed: false, arrayBuffer: () => Promise.reject(new Error('none')), ...body })
const aborted = new AbortController()
aborted.abort()

test.each<[string, () => FetchRequest]>([
  ['of a class of the host', () => new HostRequest('https://receiver.test/', delivery)],
  ['that was cloned', () => {
    const whole = request()
    void whole.clone()
    return whole
  }],
  ['whose sender is gone, but whose body is there', () => new Request(request(), { signal: aborted.signal })],
  ['with headers that only get', () => own({ headers: { get: (name: string) => new Headers(delivery.headers).get(name) }, body: stream() })],
  ['with headers in a Map', () => own({ headers: new Map(Object.entries(delivery.headers)), body: stream() })],
  ['with no streams', () => own({ arrayBuffer: () => Promise.resolve(new TextEncoder().encode(delivery.body).buffer) })],
])('a request %s is read', async (_, make) => {
  const { callbacks, reports } = receiver()
  expect((await callbacks.fetch(make(), { clientIp: senderIp, params: { tenant: 'acme' } })).status).toBe(200)
  expect(reports).toHaveLength(1)
})

test.each<[string, () => FetchRequest | Promise<FetchRequest>, string]>([
  ['that was read', async () => {
    const used = request()
    await used.text()
    return used
  }, 'body_incomplete'],
  ['that is locked', () => {
    const locked = request()
    locked.body?.getReader()
    return locked
  }, 'body_incomplete'],
  ['that is not there', () => new Request('https://receiver.test/', { method: 'POST', headers: delivery.headers }), 'malformed_json'],
  ['that nobody can give', () => own({}), 'body_incomplete'],
  ['whose getter throws', () => Object.defineProperty(own({}), 'body', { get: () => { throw new Error('of the host') } }), 'body_incomplete'],
])('a body %s: 400', async (_, make, code) => {
  const { callbacks, reports } = receiver()
  expect((await callbacks.fetch(await make(), { clientIp: senderIp })).status).toBe(400)
  expect(reports[0]?.code).toBe(code)
})

test.each(['HEAD', 'OPTIONS', 'PUT'])('%s: 405, and what is allowed', async (method) => {
  const response = await receiver().callbacks.fetch(new Request('https://receiver.test/', { method }), { clientIp: senderIp })
  expect([response.status, response.headers.get('allow')]).toEqual([405, 'POST'])
  expect((await response.text()) === '').toBe(method === 'HEAD')
})

test('the doors work without their object', async () => {
  const { fetch: door, receive } = receiver().callbacks
  expect((await receive({ ...delivery, clientIp: senderIp })).code).toBe('accepted')
  expect((await door(request(), { clientIp: senderIp })).status).toBe(200)
})
