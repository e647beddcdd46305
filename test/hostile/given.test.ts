import { Readable } from 'node:stream'
import { isPromise } from 'node:util/types'
import { brotliCompressSync, constants, deflateSync, gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import {
  memoryStore,
  smileIdCallbacks,
  type InboxMessage,
  type OnceStore,
  type SmileIdCallbacksOptions,
} from '../../src/index.ts'
import { codes } from '../../src/report/codes.ts'
import { senderIp, testOptions, v1Delivery, v1Payload, v3Delivery, v3Payload } from '../support/deliveries.ts'

// Whatever an owner, a host or a stranger gives: a report with its own status, soon; vitest fails on every uncaught
// error and rejection.

const boom = () => {
  throw new Error('x')
}
const never = () => new Promise<never>(() => undefined)
const thrower = (target: object = {}): object =>
  new Proxy(target, { get: boom, ownKeys: boom, has: boom, getOwnPropertyDescriptor: boom, getPrototypeOf: boom })
const revoked = (target: object = {}): object => {
  const { proxy, revoke } = Proxy.revocable(target, {})
  revoke()
  return proxy
}
const badThen = { then: boom }
const badThenGetter = Object.defineProperty({}, 'then', { get: boom })
const rejected = async (make: () => unknown): Promise<void> => {
  await Promise.resolve()
  throw make()
}
const twice = {
  then: (done: (value: unknown) => void, fail: (error: unknown) => void) => {
    done(1)
    fail(new Error('x'))
    done(2)
  },
}

class Body extends String {}
const none: unknown = Object.create(null)
const nothing = undefined as unknown as Error

const oddities: [string, () => unknown][] = [
  ['undefined', () => undefined],
  ['null', () => null],
  ['a number', () => -0],
  ['NaN', () => NaN],
  ['a bigint', () => 10n ** 30n],
  ['a symbol', () => Symbol('x')],
  ['a function', () => boom],
  ['a text', () => 'x'],
  ['a lone surrogate', () => '\ud800'],
  ['a boxed text', () => new Body('x')],
  ['a Map', () => new Map([['a', 1]])],
  ['a Date that is none', () => new Date(NaN)],
  ['an error', () => new Error('x')],
  ['a regular expression', () => /x/],
  ['a WeakMap', () => new WeakMap()],
  ['a proxy that throws', () => thrower()],
  ['a revoked proxy', () => revoked()],
  ['a revoked list', () => revoked([])],
  ['a thenable that throws', () => badThen],
  ['a thenable that cannot be looked at', () => badThenGetter],
  ['a thenable that answers twice', () => twice],
  ['a rejection', () => Promise.reject(new Error('x'))],
  ['a rejection with nothing', () => Promise.reject(nothing)],
  ['no prototype', () => none],
  [
    'itself in itself',
    () => {
      const a: unknown[] = []
      a.push(a)
      return a
    },
  ],
  ['a toJSON that throws', () => ({ toJSON: boom })],
  ['a toString that throws', () => ({ toString: boom, valueOf: boom })],
  [
    'a detached buffer',
    () => {
      const one = new ArrayBuffer(8)
      structuredClone(one, { transfer: [one] })
      return one
    },
  ],
]

async function report(
  options: Partial<SmileIdCallbacksOptions>,
  delivery: object = v1Delivery(),
  subscribe: (callbacks: ReturnType<typeof smileIdCallbacks>) => void = (callbacks) =>
    void callbacks.onAny(() => undefined),
) {
  const callbacks = smileIdCallbacks({ ...testOptions, ...options })
  subscribe(callbacks)
  const found = await callbacks.receive({ clientIp: senderIp, ...delivery } as never)
  expect(found.status).toBe(codes[found.code].status)
  return found.code
}
/** Handed over and not returned: that it fails is for whoever made it. */
const holding = (make: () => unknown) => (): unknown => {
  const value = make()
  if (isPromise(value)) value.catch(() => undefined)
  return value
}
const store = (change: object): OnceStore => ({ ...(testOptions.store as object), ...change }) as OnceStore

describe.each(oddities)('%s', (_, make) => {
  const held = holding(make)
  const throwing = () => {
    throw held()
  }
  test('as a body: refused, never taken', async () => {
    for (const { headers } of [v1Delivery(), v3Delivery()])
      expect(codes[await report({}, { method: 'POST', headers, body: held() })].status).toBeGreaterThanOrEqual(400)
  })

  test('as header, list of headers, address, path params and URL: a report', async () => {
    const { headers, body } = v3Delivery()
    for (const name of ['content-length', 'content-encoding', 'job-id', 'user-id', 'x-other'])
      await report({}, { method: 'POST', headers: { ...headers, [name]: held() }, body })
    for (const more of [
      { headers: held() },
      { headers: { ...headers, 'x-list': [held(), [held()]] } },
      { clientIp: held() },
      { params: held() },
      { url: held() },
      { method: held() },
    ])
      await report({}, { method: 'POST', headers, body, ...more })
    expect(['accepted', 'internal_error']).toContain(
      await report({}, { method: 'POST', headers: { ...headers, 'x-other': held() }, body }),
    )
  })

  test('thrown, returned or rejected by a handler: one of its two ends', async () => {
    expect(
      await report({}, v1Delivery(), (callbacks) =>
        callbacks.onAny(() => {
          throw held()
        }),
      ),
    ).toBe('handler_failed')
    expect(await report({}, v1Delivery(), (callbacks) => callbacks.onAny(() => rejected(held)))).toBe('handler_failed')
    expect(['accepted', 'handler_failed']).toContain(
      await report({}, v1Delivery(), (callbacks) => callbacks.onAny(make as () => undefined)),
    )
  })

  test('from onDelivery, onDrift, onError and a logger: nothing changes', async () => {
    for (const odd of [make, throwing] as (() => undefined)[]) {
      const logger = { warn: odd, error: odd, debug: odd }
      expect(await report({ onDelivery: odd, logger, onDrift: odd, onError: odd })).toBe('accepted')
      expect(
        await report({ onDelivery: odd, logger, onError: odd }, v1Delivery(), (callbacks) => callbacks.onAny(boom)),
      ).toBe('handler_failed')
    }
  })

  test('from a store: handled once at most, with a report', async () => {
    for (const method of ['reserve', 'complete', 'release', 'attach']) {
      for (const odd of [make, throwing]) {
        let handled = 0
        const code = await report(
          { store: store({ [method]: odd }), once: { timeout: 50 } },
          v1Delivery(),
          (callbacks) =>
            callbacks.onAny(() => {
              handled += 1
            }),
        )
        expect([code, handled]).toEqual(method === 'reserve' ? ['store_unavailable', 0] : ['accepted', 1])
      }
    }
  })

  test('from an inbox: stored, or come again', async () => {
    for (const method of ['add', 'attach', 'revisit']) {
      for (const odd of [make, throwing]) {
        const code = await report({ inbox: { add: () => Promise.resolve(), timeout: 50, [method]: odd } })
        expect(method === 'add' ? ['accepted', 'inbox_unavailable'] : ['accepted']).toContain(code)
      }
    }
  })

  test('from credentials, confirm, schema, eventId and clientIp: a report', async () => {
    for (const odd of [make, throwing]) {
      expect(codes[await report({ credentials: odd as never })].status).toBeGreaterThanOrEqual(400)
      expect(['accepted', 'not_confirmed', 'contradicted']).toContain(
        await report({ confirm: { ask: odd as never, events: ['result'], timeout: 50 } }),
      )
      await report({ partnerParams: { '~standard': { version: 1, vendor: 'test', validate: odd } } as never })
      await report({ eventId: odd as never })
    }
  })
})

describe('what never settles', () => {
  test.each<[string, Partial<SmileIdCallbacksOptions>, string]>([
    ['reserve', { store: store({ reserve: never }), once: { timeout: 30 } }, 'store_unavailable'],
    ['complete', { store: store({ complete: never }), once: { timeout: 30 } }, 'accepted'],
    ['add', { inbox: { add: never, timeout: 30 } }, 'inbox_unavailable'],
    [
      'revisit',
      { inbox: { add: () => Promise.resolve(), revisit: never, timeout: 30 }, store: store({ reserve: () => 'done' }) },
      'duplicate',
    ],
    ['ask', { confirm: { ask: never, events: ['result'], timeout: 30 } }, 'not_confirmed'],
    ['onDelivery', { onDelivery: never }, 'accepted'],
  ])('%s', async (_, options, code) => {
    expect(await report(options)).toBe(code)
  })

  test('a store that answers after its time: the claim is given back', async () => {
    const kept = memoryStore()
    const late: OnceStore = {
      ...kept,
      reserve: async (...args) => {
        await new Promise((resolve) => setTimeout(resolve, 60))
        return kept.reserve(...args)
      },
      complete: kept.complete.bind(kept),
      release: kept.release.bind(kept),
      forget: kept.forget.bind(kept),
    }
    expect(await report({ store: late, once: { timeout: 30 } })).toBe('store_unavailable')
    await expect.poll(() => report({ store: kept }), { timeout: 30_000 }).toBe('accepted')
  })

  test('close during all of it', async () => {
    const callbacks = smileIdCallbacks({ ...testOptions, handlerTimeout: 50 })
    callbacks.onAny(never)
    const going = callbacks.receive({ ...v1Delivery(), clientIp: senderIp })
    const [first, second] = await Promise.all([callbacks.close({ timeout: 10 }), callbacks.close({ timeout: 500 })])
    expect([first, second, (await going).code, await callbacks.close()]).toEqual([1, 0, 'handler_timeout', 0])
    expect((await callbacks.receive({ ...v1Delivery(), clientIp: senderIp })).code).toBe('shutting_down')
  })

  test('a signal that is aborted already subscribes nothing', async () => {
    const signal = AbortSignal.abort(undefined)
    expect(
      await report({}, v1Delivery(), (callbacks) => {
        callbacks.onAny(boom, { signal })
        callbacks.on('approved', boom, { signal })
        callbacks.onJob('job-1', boom, { signal })
      }),
    ).toBe('no_handlers')
    await expect(smileIdCallbacks(testOptions).waitForJob('job-1', { signal })).rejects.toMatchObject({
      name: 'AbortError',
    })
  })
})

test.each([5_000_000, '5000000', [5_000_000], 5_000_000n])(
  'a declared length of %s is read, whatever sort it is',
  async (length) => {
    const { headers, body } = v3Delivery()
    expect(await report({}, { method: 'POST', headers: { ...headers, 'content-length': length }, body })).toBe(
      'body_too_large',
    )
  },
)

describe('genuine, in an odd but correct shape: taken', () => {
  const { headers, body } = v3Delivery()
  const json = JSON.parse(body) as object
  const taken = async (delivery: object, options: Partial<SmileIdCallbacksOptions> = {}) => {
    expect(await report(options, { method: 'POST', headers, ...delivery })).toBe('accepted')
  }
  const deepFrozen = (value: object): object => {
    for (const one of Object.values(value)) if (typeof one === 'object' && one !== null) deepFrozen(one as object)
    return Object.freeze(value)
  }

  test.each<[string, () => unknown]>([
    ['frozen', () => deepFrozen(structuredClone(json))],
    ['without prototypes', () => Object.assign(Object.create(null) as object, json)],
    ['of a class', () => Object.assign(new (class extends Object {})(), json)],
    ['behind a proxy', () => new Proxy(json, {})],
    ['with bigints, as some parsers give', () => ({ ...json, n: 2n ** 60n })],
    ['with undefined and functions', () => ({ ...json, a: undefined, b: boom, c: Symbol('x') })],
    ['with getters', () => Object.defineProperty({ ...json }, 'extra', { enumerable: true, get: () => 1 })],
    ['with Dates and Maps', () => ({ ...json, at: new Date(), map: new Map() })],
  ])('a parsed body %s', async (_, make) => {
    await taken({ body: make() })
    const messages: InboxMessage[] = []
    await taken(
      { body: make() },
      {
        inbox: {
          add: (message) => Promise.resolve(messages.push(JSON.parse(JSON.stringify(message)) as InboxMessage)),
        },
      },
    )
    expect(messages).toHaveLength(1)
  })

  test.each<[string, (raw: Buffer) => [string, Uint8Array]]>([
    [
      'gzip of many members',
      (raw) => ['gzip', Buffer.concat([gzipSync(raw.subarray(0, 9)), gzipSync(raw.subarray(9))])],
    ],
    ['gzip with zeros behind it', (raw) => ['gzip', Buffer.concat([gzipSync(raw), Buffer.alloc(64)])]],
    ['identity and gzip', (raw) => ['identity, GZip', gzipSync(raw)]],
    ['two codings', (raw) => ['deflate , br', brotliCompressSync(deflateSync(raw))]],
    [
      'a large brotli window',
      (raw) => ['BR', brotliCompressSync(raw, { params: { [constants.BROTLI_PARAM_LGWIN]: 24 } })],
    ],
    ['nothing, with an empty header', (raw) => [' , ', raw]],
    ['nothing, with the header left over', (raw) => ['gzip', Buffer.concat([Buffer.from('\ufeff \n'), raw])]],
  ])('%s', async (_, encode) => {
    const [coding, bytes] = encode(Buffer.from(body))
    await taken({ headers: { ...headers, 'content-encoding': coding }, body: bytes })
    await taken({
      headers: { ...headers, 'CONTENT-ENCODING': [coding], 'Content-Length': bytes.length },
      body: Readable.from([Buffer.from(bytes)]),
    })
  })

  test.each([
    undefined,
    'application/json',
    'Application/JSON ; Charset="UTF-8"',
    'text/json',
    'application/vnd.api+json;charset=utf8',
    'application/json; charset=us-ascii',
    'application/json, application/json',
    ['application/json', 'application/json'],
  ])('Content-Type %j', async (type) => {
    await taken({ headers: { ...headers, 'Content-Type': type }, body })
  })

  test.each([
    '-0',
    '1e999',
    '-1e-999',
    '"\\u0000"',
    '"\\ud800"',
    '123456789012345678901234567890',
    '[[[[[[]]]]]]',
    '{"__proto__":{"x":1},"constructor":null}',
    '"\\u2028"',
  ])('a body with %s', async (text) => {
    await taken({ body: body.replace(/\}$/, `,"odd":${text},"odd":${text}}`) })
    const v1 = v1Delivery({ payload: { ...v1Payload, a: 1 } })
    await taken({ headers: v1.headers, body: v1.body.replace(/\}$/, `,"odd":${text},"__proto__":${text}}`) })
  })

  test.each([
    '2026-10-14T09:00:00Z',
    '2026-10-14 09:00:00',
    '2026-10-14t09:00:00.1z',
    '2026-10-14T09:00:00.123456789Z',
    '2026-10-14T10:00:00+0100',
    '2026-10-14 09:00:00 UTC',
    '2026-10-14T09:00:00+00',
    '1791968400000',
  ])('a timestamp such as %s', async (timestamp) => {
    for (const delivery of [v1Delivery({ timestamp }), v3Delivery({ timestamp, payload: v3Payload })])
      await taken(delivery)
  })
})
