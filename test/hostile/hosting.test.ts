import type { IncomingMessage, ServerResponse } from 'node:http'
import express from 'express'
import { describe, expect, test } from 'vitest'
import { smileIdCallbacks, type DeliveryReport } from '../../src/index.ts'
import { codes } from '../../src/report/codes.ts'
import { testOptions, v1Delivery, v3Delivery } from '../support/deliveries.ts'
import { serving } from '../support/doors.ts'

// What a host has done to the request and the response by the time they come here, as far as Node itself survives it.
// vitest fails on every uncaught error and rejection.

const documented: readonly unknown[] = Object.values(codes).map(({ status }) => status)
const boom = () => {
  throw new Error('a hook of the host')
}
const fails = () => Promise.reject(new Error('a hook of the host, later'))
const handler: ProxyHandler<object> = {
  get: boom,
  ownKeys: boom,
  has: boom,
  getOwnPropertyDescriptor: boom,
  getPrototypeOf: boom,
}
const revoked = (): object => {
  const { proxy, revoke } = Proxy.revocable({}, {})
  revoke()
  return proxy
}

type Harm = (target: object, name: string) => void
const put =
  (value: () => unknown): Harm =>
  (target, name) =>
    Object.defineProperty(target, name, { configurable: true, writable: true, value: value() })
const harms: Record<string, Harm> = {
  'throws when it is looked at': (target, name) =>
    Object.defineProperty(target, name, { configurable: true, get: boom }),
  'throws when it is called': put(() => boom),
  'is null': put(() => null),
  'is a number': put(() => 7),
  'is a symbol': put(() => Symbol('x')),
  'is a revoked proxy': put(revoked),
  'is a proxy that throws': put(() => new Proxy({}, handler)),
  'is a list of what throws': put(() => [new Proxy({}, handler), revoked()]),
}
/** What decides nothing while the body is still to come: whatever it is, a genuine delivery is taken. */
const beside = ['body', 'rawBody', 'query', 'cookies', 'session', 'signedCookies', 'files']
/** What the door looks at. */
const asked = [
  'ip',
  'route',
  'app',
  'readableDidRead',
  'readableLength',
  'isPaused',
  'off',
  'headersDistinct',
  'secure',
]

const unsigned = { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: '{"ResultCode":"0810"}' }
const long = { ...unsigned, body: JSON.stringify({ photo: 'x'.repeat(200_000) }) }

interface Host {
  post: (delivery: {
    method: string
    headers: Record<string, string>
    body: string
  }) => Promise<number | 'closed' | 'hangs'>
  reports: DeliveryReport[]
}

/** An app whose middleware harms what it hands on; and it has to live. */
async function hosting(
  harm: (req: IncomingMessage, res: ServerResponse) => void,
  door: 'router' | 'node',
  use: (host: Host) => Promise<void>,
  allowedIps = ['127.0.0.1', '::1'],
) {
  const reports: DeliveryReport[] = []
  const callbacks = smileIdCallbacks({ ...testOptions, allowedIps, onDelivery: (report) => reports.push(report) })
  callbacks.onAny(() => undefined)
  const app = express()
  app.use('/smile-id', (req, res, next) => {
    harm(req, res)
    if (door === 'router') callbacks.router(req, res, next)
    else callbacks.node(req, res)
  })
  await serving(app, async (url) => {
    const hang = new Promise<'hangs'>((resolve) => setTimeout(resolve, 3_000, 'hangs'))
    const post: Host['post'] = (delivery) => {
      const answered = fetch(`${url}/smile-id`, {
        ...delivery,
        headers: { ...delivery.headers, Connection: 'close' },
      }).then(async (response) => {
        await response.arrayBuffer()
        return response.status
      })
      return Promise.race([answered.catch(() => 'closed' as const), hang])
    }
    await use({ post, reports })
    expect((await fetch(`${url}/elsewhere`)).status).toBe(404)
  })
}

// Express has no part in the other door, which is tried beside one Express alone;
// what it does with a harm depends on few.
const isOldest = process.env['EXPRESS'] === '4'
const harmsTried = Object.entries(harms).slice(0, isOldest ? 3 : Infinity)
const doors = isOldest ? (['router'] as const) : (['router', 'node'] as const)

describe.each(doors)('callbacks.%s', (door) => {
  describe.each(harmsTried)('something on the request %s', (_, harm) => {
    test.each(beside)('%s: a genuine delivery is taken all the same', async (name) => {
      await hosting(
        (req) => {
          harm(req, name)
        },
        door,
        async ({ post }) => {
          expect(await Promise.all([v1Delivery(), v3Delivery()].map(post))).toEqual([200, 200])
        },
      )
    })

    test.each(asked)(
      '%s: an unsigned request gets an answer that is documented, or a closed connection',
      async (name) => {
        for (const allowedIps of [['127.0.0.1'], ['192.0.2.1']]) {
          await hosting(
            (req) => {
              harm(req, name)
            },
            door,
            async ({ post }) => {
              for (const came of await Promise.all([unsigned, long].map(post)))
                expect([...documented, 'closed']).toContain(came)
            },
            allowedIps,
          )
        }
      },
    )
  })

  // What tells whether somebody else has answered.
  test.each(
    Object.entries({ ...harms, 'is a function': put(() => () => undefined) })
      .flatMap(([what, harm]) =>
        ['headersSent', 'destroyed', 'writableEnded', 'writableFinished'].map((name) => [name, what, harm] as const),
      )
      // Node itself writes to it.
      .filter(([name, what]) => name !== 'destroyed' || what !== 'throws when it is looked at'),
  )('%s of the response %s: nobody hangs', async (name, _, harm) => {
    for (const allowedIps of [['127.0.0.1'], ['192.0.2.1']]) {
      await hosting(
        (_req, res) => {
          harm(res, name)
        },
        door,
        async ({ post }) => {
          for (const came of await Promise.all([unsigned, long, v1Delivery()].map(post)))
            expect([200, 400, 401, 403, 500, 'closed']).toContain(came)
        },
        allowedIps,
      )
    }
  })

  const hooks = ['writeHead', 'write', 'end', 'destroy']
  // Node's own writeHead calls these, and drops what they return.
  const inner = ['setHeader', 'getHeader', 'removeHeader', 'flushHeaders', 'statusCode', 'statusMessage']
  const throwing = (res: object, name: string) =>
    Object.defineProperty(res, name, { configurable: true, get: boom, set: boom })
  test.each<[string, string, (res: object, name: string) => void]>([
    ...[...hooks, ...inner].map(
      (name) => [name, 'throws when it is called', harms['throws when it is called']!] as [string, string, Harm],
    ),
    ...[...hooks, ...inner].map((name) => [name, 'throws when it is looked at', throwing] as [string, string, Harm]),
    ...hooks.map((name) => [name, 'rejects', put(() => fails)] as [string, string, Harm]),
  ])('%s of the response %s: an answer or a closed connection', async (name, _, harm) => {
    for (const allowedIps of [['127.0.0.1'], ['192.0.2.1']]) {
      await hosting(
        (_req, res) => {
          harm(res, name)
        },
        door,
        async ({ post }) => {
          for (const came of await Promise.all([unsigned, long].map(post)))
            expect([401, 403, 500, 'closed']).toContain(came)
        },
        allowedIps,
      )
    }
  })

  test.each<[string, (req: IncomingMessage, res: ServerResponse) => void]>([
    ['answered already', (_req, res) => res.writeHead(204).end()],
    ['a response that is destroyed', (_req, res) => res.destroy()],
    ['a request that is destroyed', (req) => req.destroy()],
    ['a request that is destroyed with an error', (req) => req.on('error', () => undefined).destroy(new Error('gone'))],
    ['a request that is destroyed a moment later', (req) => setImmediate(() => req.destroy())],
    ['a response that is destroyed a moment later', (_req, res) => setImmediate(() => res.destroy())],
  ])('%s: nobody hangs', async (_, harm) => {
    await hosting(harm, door, async ({ post }) => {
      for (const came of await Promise.all([unsigned, long, v1Delivery(), v3Delivery()].map(post)))
        expect([200, 204, 400, 401, 'closed']).toContain(came)
    })
  })
})

describe('a body that is let go', () => {
  test("a listener to 'aborted' that throws ends no process", async () => {
    const callbacks = smileIdCallbacks({ ...testOptions, allowedIps: ['127.0.0.1'], bodyTimeout: 50 })
    callbacks.onAny(() => undefined)
    const app = express().use((req, _res, next) => {
      req.on('aborted', boom)
      next()
    }, callbacks.router)
    await serving(app, async (url) => {
      const body = new ReadableStream({
        start: (controller) => {
          controller.enqueue(Buffer.from('{'))
        },
      })
      const init: RequestInit = { method: 'POST', headers: unsigned.headers, body, duplex: 'half' }
      expect((await fetch(url, init)).status).toBe(408)
    })
  })
})
