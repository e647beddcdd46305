import { Readable } from 'node:stream'
import { gzipSync } from 'node:zlib'
import { describe, expect, test, vi } from 'vitest'
import { memoryStore, type InboxMessage, type SmileIdCallbacksOptions } from '../../src/index.ts'
import { credential, senderIp, v1Delivery, v3Delivery } from '../support/deliveries.ts'
import { receiver } from '../support/receiver.ts'

// What is nobody's attack, and must not end the process either: vitest fails on every uncaught error and rejection.

const settled = (ms = 30) => new Promise((resolve) => setTimeout(resolve, ms))

describe('streams that hold no bytes', () => {
  const gzip = { 'Content-Encoding': 'gzip' }
  const { headers, body } = v3Delivery()
  test.each<[string, Record<string, string>, unknown[], string]>([
    ['texts', headers, [body.slice(0, 10), body.slice(10)], 'accepted'],
    ['bytes and texts', headers, [Buffer.from(body.slice(0, 10)), body.slice(10)], 'accepted'],
    ['compressed bytes', { ...headers, ...gzip }, [gzipSync(body)], 'accepted'],
    ['objects', headers, [{ status: 'clear' }], 'body_incomplete'],
    ['objects said to be compressed', { ...headers, ...gzip }, [{ status: 'clear' }], 'body_incomplete'],
    ['numbers', headers, [1, 2], 'body_incomplete'],
    ['too many texts', headers, Array(200).fill('x'.repeat(10_000)), 'body_too_large'],
  ])('%s', async (_, sentHeaders, chunks, code) => {
    const report = await receiver().callbacks.receive({
      method: 'POST',
      headers: sentHeaders,
      body: Readable.from(chunks),
      clientIp: senderIp,
    })
    expect(report.code).toBe(code)
    await settled()
  })
})

describe('the fetch door', () => {
  const request = (body: ReadableStream) =>
    new Request('https://receiver.test/', { method: 'POST', headers: v3Delivery().headers, body, duplex: 'half' })
  const breaking = () =>
    new ReadableStream({
      start(controller) {
        controller.enqueue(Buffer.from('{'))
        setTimeout(() => controller.error(new Error('the sender went away')), 10)
      },
    })

  test('a sender that goes away while the credentials are looked up: 400, and the process lives', async () => {
    const { callbacks: slow } = receiver({ credentials: () => settled(50).then(() => credential) })
    expect((await slow.fetch(request(breaking()), { clientIp: senderIp })).status).toBe(400)
  })

  test('a sender that goes away after its refusal', async () => {
    expect((await receiver().callbacks.fetch(request(breaking()), { clientIp: '203.0.113.9' })).status).toBe(403)
    await settled()
  })

  test('a body that somebody else holds: 400', async () => {
    const held = request(new ReadableStream())
    held.body?.getReader()
    expect((await receiver().callbacks.fetch(held, { clientIp: senderIp })).status).toBe(400)
  })
})

describe('what the receiver was given by its owner', () => {
  const delivery = { ...v1Delivery(), clientIp: senderIp }

  test('a logger that writes later, and fails at it', async () => {
    const fails = (() => Promise.reject(new Error('the disk is full'))) as () => void
    const { callbacks } = receiver({ logger: { warn: fails, error: fails, debug: fails } })
    expect((await callbacks.receive(delivery)).code).toBe('accepted')
    expect((await callbacks.receive({ ...delivery, headers: { 'Content-Type': 'text/plain' } })).code).toBe(
      'unsupported_media_type',
    )
    await settled()
  })

  test.each<[string, () => unknown]>([
    ['without a constructor', () => Object.assign(new Error('x'), { constructor: undefined })],
    ['with a stack that is no text', () => Object.assign(new Error('x'), { stack: 5 })],
    [
      'whose stack throws',
      () =>
        Object.defineProperty(new Error('x'), 'stack', {
          get: () => {
            throw new Error('hands off')
          },
        }),
    ],
    ['that is null', () => null],
  ])('a handler that throws an error %s: 503 handler_failed, and onError is told', async (_, make) => {
    const onError = vi.fn()
    const logger = { warn: vi.fn(), error: vi.fn() }
    const { callbacks } = receiver({ onError, logger })
    callbacks.onAny(() => {
      throw make()
    })
    expect(await callbacks.receive(delivery)).toMatchObject({ code: 'handler_failed', handlers: { failed: 1 } })
    expect(onError).toHaveBeenCalledTimes(1)
    expect(logger.error.mock.calls).toEqual([
      [
        expect.objectContaining({
          cause: 'handler_threw',
          details: expect.objectContaining({ error: expect.any(String) as string }) as object,
        }),
        expect.stringContaining('A handler failed: '),
      ],
    ])
  })

  test.each([
    [
      'throws',
      () => {
        throw new Error('Ada')
      },
    ],
    ['rejects', () => Promise.reject(new Error('Ada'))],
    ['gives nothing', () => undefined],
  ])('a schema that %s: 503, and what to look at', async (_, validate) => {
    const partnerParams = { '~standard': { version: 1, vendor: 'test', validate } } as never
    const report = await receiver({ partnerParams }).callbacks.receive(delivery)
    expect(report).toMatchObject({
      code: 'internal_error',
      status: 503,
      hint: expect.stringContaining('partnerParams') as string,
    })
    expect(JSON.stringify(report)).not.toContain('Ada')
  })

  test('a schema of another promise library', async () => {
    const validate = () => ({ then: (done: (result: object) => void) => done({ value: { account: 1 } }) })
    const { callbacks } = receiver({
      partnerParams: { '~standard': { version: 1, vendor: 'test', validate } } as never,
    })
    const handler = vi.fn()
    callbacks.onAny(handler)
    expect((await callbacks.receive(delivery)).code).toBe('accepted')
    expect(handler).toHaveBeenCalledWith(expect.objectContaining({ partnerParams: { account: 1 } }), expect.anything())
  })

  test.each<[string, (time: number) => Partial<SmileIdCallbacksOptions>]>([
    ['handlerTimeout', (handlerTimeout) => ({ handlerTimeout })],
    ['bodyTimeout', (bodyTimeout) => ({ bodyTimeout })],
    ['once.timeout', (timeout) => ({ once: { timeout } })],
    ['inbox.timeout', (timeout) => ({ inbox: { add: () => Promise.resolve(), timeout } })],
    ['confirm.timeout', (timeout) => ({ confirm: { ask: () => 'confirmed', timeout } })],
  ])('%s beyond what timers count is a mistake, not a time-out at once', async (_, options) => {
    expect(() => receiver(options(2_147_483_648))).toThrow(
      expect.objectContaining({ code: 'duration_invalid' }) as Error,
    )
    // The lease is longer than the handlers' time, and nothing waits for it.
    const { callbacks } = receiver({ ...options(2_147_483_647), store: memoryStore() })
    callbacks.onAny(() => settled(5))
    expect((await callbacks.receive(delivery)).code).toBe('accepted')
  })

  test('waiting for a job and working on an event may be given any time', async () => {
    const { callbacks } = receiver({ store: memoryStore() })
    callbacks.onAny(() => settled(5))
    const waiting = callbacks.waitForJob('job-1', { timeout: 1e12 })
    const messages: InboxMessage[] = []
    const { callbacks: queued } = receiver({
      store: memoryStore(),
      inbox: { add: (message) => Promise.resolve(messages.push(message)) },
    })
    await queued.receive(delivery)
    expect(await callbacks.dispatch(messages[0], { timeout: 1e12 })).toMatchObject({ code: 'accepted' })
    expect(await waiting).toMatchObject({ outcome: 'approved' })
  })

  const never = () => new Promise<never>(() => undefined)
  test.each<[string, Partial<SmileIdCallbacksOptions>, string]>([
    ['a credentials function', { credentials: never }, 'credentials_unavailable'],
    [
      'a schema',
      { partnerParams: { '~standard': { version: 1, vendor: 'test', validate: never } } as never },
      'internal_error',
    ],
  ])('%s that never answers: 503, before Smile ID gives up', async (_, options, code) => {
    vi.useFakeTimers()
    try {
      const report = receiver(options).callbacks.receive(delivery)
      await vi.advanceTimersByTimeAsync(5_000)
      expect(await report).toMatchObject({
        code,
        status: 503,
        hint: expect.stringContaining('no answer in time') as string,
      })
    } finally {
      vi.useRealTimers()
    }
  })

  test.each([
    [undefined],
    [null],
    [{}],
    [{ method: 'POST' }],
    [{ method: 'POST', headers: null }],
    [{ method: 'POST', headers: {}, clientIp: {} }],
    [7],
  ])('receive(%j) resolves to a report', async (incoming) => {
    const { status } = await receiver({ allowedIps: ['203.0.113.9'] }).callbacks.receive(incoming as never)
    expect([403, 405, 503]).toContain(status)
  })
})
