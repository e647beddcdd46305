import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import { expect, test, vi } from 'vitest'
import type { FetchRequest } from '../../src/index.ts'
import { senderIp, v1Delivery } from '../support/deliveries.ts'
import { receiver } from '../support/receiver.ts'

const delivery = v1Delivery()
const request = () => new Request('https://receiver.test/', delivery)
class HostRequest extends Request {}
const stream = () => new Blob([delivery.body]).stream()
/** As a host might make one. */
const own = (body: object): FetchRequest => ({
  method: 'POST',
  url: 'https://receiver.test/',
  headers: new Headers(delivery.headers),
  bodyUsed: false,
  arrayBuffer: () => Promise.reject(new Error('none')),
  ...body,
})
const aborted = new AbortController()
aborted.abort()

test.each<[string, () => FetchRequest]>([
  ['of a class of the host', () => new HostRequest('https://receiver.test/', delivery)],
  [
    'that was cloned',
    () => {
      const whole = request()
      void whole.clone()
      return whole
    },
  ],
  ['whose sender is gone, but whose body is there', () => new Request(request(), { signal: aborted.signal })],
  [
    'with headers that only get',
    () => own({ headers: { get: (name: string) => new Headers(delivery.headers).get(name) }, body: stream() }),
  ],
  ['with headers in a Map', () => own({ headers: new Map(Object.entries(delivery.headers)), body: stream() })],
  [
    'with no streams',
    () => own({ arrayBuffer: () => Promise.resolve(new TextEncoder().encode(delivery.body).buffer) }),
  ],
])('a request %s is read', async (_, make) => {
  const { callbacks, reports } = receiver()
  expect((await callbacks.fetch(make(), { clientIp: senderIp, params: { tenant: 'acme' } })).status).toBe(200)
  expect(reports).toHaveLength(1)
})

test.each<[string, () => FetchRequest | Promise<FetchRequest>, string]>([
  [
    'that was read',
    async () => {
      const used = request()
      await used.text()
      return used
    },
    'body_incomplete',
  ],
  [
    'that is locked',
    () => {
      const locked = request()
      locked.body?.getReader()
      return locked
    },
    'body_incomplete',
  ],
  [
    'that is not there',
    () => new Request('https://receiver.test/', { method: 'POST', headers: delivery.headers }),
    'malformed_json',
  ],
  ['that nobody can give', () => own({}), 'body_incomplete'],
  [
    'whose getter throws',
    () =>
      Object.defineProperty(own({}), 'body', {
        get: () => {
          throw new Error('of the host')
        },
      }),
    'body_incomplete',
  ],
])('a body %s: 400', async (_, make, code) => {
  const { callbacks, reports } = receiver()
  expect((await callbacks.fetch(await make(), { clientIp: senderIp })).status).toBe(400)
  expect(reports[0]?.code).toBe(code)
})

const refusals: [string, { method?: string; headers?: Record<string, string>; clientIp?: string }, number][] = [
  ['of another method', { method: 'PUT' }, 405],
  ['from elsewhere', { clientIp: '192.0.2.1' }, 403],
  ['of another type', { headers: { 'content-type': 'text/plain' } }, 415],
  ['declared too long', { headers: { 'content-length': '2000000' } }, 413],
  [
    'with a wrong v3 signature',
    { headers: { 'response-signature': 'AAAA', 'response-timestamp': new Date().toISOString() } },
    401,
  ],
]

test.each(refusals)(
  'a stream %s is refused unread, and its host still has all of it',
  async (_, { method = 'POST', headers, clientIp = senderIp }, status) => {
    const cancel = vi.fn()
    const body = new ReadableStream(
      {
        pull(controller) {
          controller.enqueue(new TextEncoder().encode(delivery.body))
          controller.close()
        },
        cancel,
      },
      { highWaterMark: 0 },
    )
    const whole = new Request('https://receiver.test/', {
      method,
      headers: { ...delivery.headers, ...headers },
      body,
      duplex: 'half',
    })
    expect((await receiver().callbacks.fetch(whole, { clientIp })).status).toBe(status)
    expect(cancel).not.toHaveBeenCalled()
    expect(whole.bodyUsed).toBe(false)
    expect(await whole.text()).toBe(delivery.body)
  },
)

test.each(refusals)(
  'a stream %s that wraps a request of Node costs neither the answer nor the process',
  async (_, { method = 'POST', headers, clientIp = senderIp }, status) => {
    const { callbacks } = receiver()
    const uncaught = vi.fn()
    process.on('uncaughtException', uncaught)
    const server = createServer((req, res) => {
      const wrapped = own({
        method: req.method,
        headers: new Headers({ ...delivery.headers, ...headers }),
        body: Readable.toWeb(req),
      })
      void callbacks
        .fetch(wrapped, { clientIp })
        .then(async (answer) => res.writeHead(answer.status, { connection: 'close' }).end(await answer.text()))
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    try {
      const answer = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`, {
        method,
        body: delivery.body,
      })
      expect(answer.status).toBe(status)
      await answer.text()
      server.close()
      await once(server, 'close')
      expect(uncaught).not.toHaveBeenCalled()
    } finally {
      server.closeAllConnections()
      process.off('uncaughtException', uncaught)
    }
  },
)

test.each(['HEAD', 'OPTIONS', 'PUT'])('%s: 405, and what is allowed', async (method) => {
  const response = await receiver().callbacks.fetch(new Request('https://receiver.test/', { method }), {
    clientIp: senderIp,
  })
  expect([response.status, response.headers.get('allow')]).toEqual([405, 'POST'])
  expect((await response.text()) === '').toBe(method === 'HEAD')
})

test('the doors work without their object', async () => {
  const { fetch: door, receive } = receiver().callbacks
  expect((await receive({ ...delivery, clientIp: senderIp })).code).toBe('accepted')
  expect((await door(request(), { clientIp: senderIp })).status).toBe(200)
})
