import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { createServer, request, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import FakeTimers from '@sinonjs/fake-timers'
import express from 'express'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { smileIdCallbacks, type SmileIdCallbacks } from '../../src/index.ts'
import { deliver } from '../../src/testing/index.ts'
import { testOptions, v1Delivery, v3Delivery } from '../support/deliveries.ts'
import { serving } from '../support/doors.ts'
import { receiver } from '../support/receiver.ts'

// Tests of users replace the clock and the timers. No answer may wait for one of them.

function app(allowedIps = ['127.0.0.1']) {
  return express().use('/smile-id', receiver({ allowedIps }).callbacks.router)
}

/** Not fetch: its own timers are replaced, too. */
const post = (url: string, { headers, body }: { headers: Record<string, string>; body: string }) =>
  new Promise<number | undefined>((resolve, reject) => {
    const outgoing = request(
      url,
      { method: 'POST', headers: { ...headers, 'Content-Length': body.length }, agent: false },
      (answer) => resolve(answer.statusCode),
    )
    outgoing.on('error', reject)
    outgoing.end(body)
  })

let undo = () => undefined as unknown
afterEach(() => undo())

/**
 * Those of Node, but for `process.nextTick`: while that stands still Node's own http answers nobody, as a test below
 * shows.
 */
const timers: (
  | 'setTimeout'
  | 'clearTimeout'
  | 'setImmediate'
  | 'clearImmediate'
  | 'setInterval'
  | 'clearInterval'
  | 'Date'
  | 'hrtime'
  | 'performance'
  | 'queueMicrotask'
)[] = [
  'setTimeout',
  'clearTimeout',
  'setImmediate',
  'clearImmediate',
  'setInterval',
  'clearInterval',
  'Date',
  'hrtime',
  'performance',
  'queueMicrotask',
]
const vitests = (toFake: typeof timers) => () => {
  vi.useFakeTimers({ toFake })
  return () => vi.useRealTimers()
}

const sinons = (install: () => { uninstall(): void }) => () => {
  const clock = install()
  return () => clock.uninstall()
}

const fakes: [string, () => () => unknown][] = [
  ["vitest's, as they are by default", () => (vi.useFakeTimers(), () => vi.useRealTimers())],
  ["vitest's, all that it can replace", vitests([...timers])],
  ["sinon's, which replace those of node:timers as well", sinons(() => FakeTimers.install({ toFake: [...timers] }))],
  ["sinon's, of a global object", sinons(() => FakeTimers.withGlobal(globalThis).install({ toFake: [...timers] }))],
  [
    'no setImmediate at all, as in jsdom, and timers that are numbers',
    () => {
      vi.stubGlobal('setImmediate', undefined)
      vi.stubGlobal('clearImmediate', undefined)
      vi.stubGlobal('setTimeout', () => 1)
      return () => vi.unstubAllGlobals()
    },
  ],
]

describe.each(fakes)('under fake timers: %s', (_, install) => {
  const large = v3Delivery({ payload: { photo: 'x'.repeat(400_000) } })
  test.each([
    ['an accepted delivery', v1Delivery(), ['127.0.0.1'], 200],
    ['one proved by its headers', v3Delivery(), ['127.0.0.1'], 200],
    ['an early refusal', v1Delivery(), ['192.0.2.1'], 403],
    ['an early refusal of a large body', large, ['192.0.2.1'], 403],
    [
      'a forged one',
      { ...v3Delivery(), headers: { ...v3Delivery().headers, 'Response-Signature': 'AAAA' } },
      ['127.0.0.1'],
      401,
    ],
  ] as const)('%s is answered', async (__, delivery, allowedIps, status) => {
    await serving(app([...allowedIps]), async (url) => {
      undo = install()
      const came = await post(`${url}/smile-id`, delivery)
      undo()
      expect(came).toBe(status)
    })
  })

  test('the test kit delivers', async () => {
    const { callbacks } = receiver()
    undo = install()
    const { status } = await deliver(callbacks, v1Delivery())
    undo()
    expect(status).toBe(200)
  })
})

/** The one that Node makes of a text ends by queueMicrotask, and so never while that is replaced. */
const streamOf = (text: string) =>
  new ReadableStream({
    start(controller) {
      controller.enqueue(Buffer.from(text))
      controller.close()
    },
  })

describe.each(fakes)('without a server, under fake timers: %s', (_, install) => {
  test.each([
    ['an accepted delivery', v1Delivery(), '127.0.0.1', 200],
    ['one proved by its headers', v3Delivery(), '127.0.0.1', 200],
    ['a refusal', v1Delivery(), '192.0.2.1', 403],
  ] as const)('%s is answered by fetch and receive', async (__, { headers, body }, clientIp, status) => {
    const [first, second] = [1, 2].map(() => {
      const callbacks = smileIdCallbacks({ ...testOptions, allowedIps: ['127.0.0.1'] })
      callbacks.onAny(() => undefined)
      return callbacks
    }) as [SmileIdCallbacks, SmileIdCallbacks]
    undo = install()
    const report = await first.receive({ method: 'POST', headers, body, clientIp })
    const response = await second.fetch(
      new Request('https://receiver.test/', { method: 'POST', headers, body: streamOf(body), duplex: 'half' }),
      { clientIp },
    )
    undo()
    expect([report.status, response.status]).toEqual([status, status])
  })
})

test("while nextTick stands still, a bare server of Node's answers nobody either, so no test can replace that one", () => {
  const script = `
    import FakeTimers from '@sinonjs/fake-timers'
    import { createServer, get } from 'node:http'
    const { setTimeout } = globalThis
    const server = createServer((_, res) => res.end('hello')).listen(0, '127.0.0.1', () => {
      FakeTimers.install({ toFake: process.argv.includes('nextTick') ? ['nextTick'] : ['setTimeout'] })
      get({ port: server.address().port, host: '127.0.0.1' }, () => process.exit(3)).on('error', () => process.exit(4))
      setTimeout(() => process.exit(5), 2_000)
    })`
  const ended = (...args: string[]) =>
    spawnSync(process.execPath, ['--input-type=module', '-e', script, '--', ...args], {
      cwd: fileURLToPath(new URL('.', import.meta.url)),
    }).status
  expect([ended(), ended('nextTick')]).toEqual([3, 5])
})

test("the receiver's clock is the test's, also where it is set later", async () => {
  const callbacks = smileIdCallbacks({ ...testOptions, now: undefined })
  callbacks.onAny(() => undefined)
  vi.useFakeTimers({ now: testOptions.now(), toFake: ['Date'] })
  undo = () => vi.useRealTimers()
  expect((await deliver(callbacks, v1Delivery())).status).toBe(200)
})

test('deliver waits no longer than it is told, for an app, a receiver, a fetch target and a URL', async () => {
  const callbacks = smileIdCallbacks(testOptions)
  callbacks.onAny(() => new Promise(() => undefined))
  const app = express().use('/smile-id', callbacks.router)
  const late = expect.objectContaining({ name: 'TimeoutError' }) as Error
  const deaf = createServer(() => undefined).listen(0, '127.0.0.1')
  await once(deaf, 'listening')
  const { port } = deaf.address() as AddressInfo
  try {
    const targets = {
      app,
      server: createServer(app as RequestListener),
      receiver: callbacks,
      fetch: callbacks.fetch,
      object: { fetch: callbacks.fetch },
      text: `http://127.0.0.1:${port}/`,
      url: new URL(`http://127.0.0.1:${port}/`),
    }
    for (const [name, target] of Object.entries(targets)) {
      const delivering = deliver(target as never, v1Delivery(), { timeout: 50 }).catch((error: unknown) => error)
      expect(await Promise.race([delivering, wait(3_000, 'it waits still')]), name).toEqual(late)
    }
  } finally {
    deaf.closeAllConnections()
    deaf.close()
  }
})
