import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { describe, expect, it, vi } from 'vitest'
import * as z from 'zod'
import { memoryStore, PermanentError, smileIdCallbacks, type InboxMessage, type SmileIdEvent } from '../../src/index.ts'
import { bullmqProcessor } from '../../src/engines/bullmq/inbox.ts'
import { hexId } from '../../src/inbox/message.ts'
import { now, senderIp, testOptions, v1Delivery, v1Payload } from '../support/deliveries.ts'

const delivery = () => ({ ...v1Delivery(), clientIp: senderIp })
const schema = z.object({ account_id: z.string().transform((id) => ({ id })) }).loose()

function setup(options: object = {}, ofInbox: object = {}) {
  const messages: InboxMessage[] = []
  const inbox = {
    add: vi.fn((message: InboxMessage) => Promise.resolve(void messages.push(message))),
    forget: vi.fn(),
    ...ofInbox,
  }
  const callbacks = smileIdCallbacks({ ...testOptions, store: memoryStore(), inbox, partnerParams: schema, ...options })
  // As an engine would: through JSON.
  const stored = () => JSON.parse(JSON.stringify(messages[0])) as InboxMessage
  return { callbacks, inbox, messages, stored }
}

describe('with an inbox', () => {
  it('stores the event, answers 200, and runs no handler', async () => {
    const { callbacks, messages } = setup()
    const handler = vi.fn()
    callbacks.onAny(handler)
    const report = await callbacks.receive(delivery())
    expect(report).toMatchObject({ code: 'accepted', status: 200, inbox: 'stored', claim: { end: 'completed' } })
    expect(report.handlers).toBeUndefined()
    expect(messages).toMatchObject([{ version: 1, id: report.event!.id, partnerParams: v1Payload.PartnerParams }])
    expect(await callbacks.receive(delivery())).toMatchObject({ code: 'duplicate' })
    expect(messages).toHaveLength(1)
    expect(handler).not.toHaveBeenCalled()
  })

  it('needs no handlers in the process that receives', async () => {
    const { callbacks } = setup()
    expect(await callbacks.receive(delivery())).toMatchObject({ code: 'accepted' })
  })

  it.each([
    ['fails', () => Promise.reject(new Error('no room for Jane Canary'))],
    [
      'throws',
      () => {
        throw new Error('no room for Jane Canary')
      },
    ],
    ['hangs', () => new Promise(() => undefined)],
  ])('answers 503 when the inbox %s, and takes the event when it comes again', async (_, add) => {
    const { callbacks, inbox } = setup({}, { timeout: 20 })
    inbox.add.mockImplementationOnce(add as never)
    const report = await callbacks.receive(delivery())
    expect(report).toMatchObject({
      code: 'inbox_unavailable',
      status: 503,
      inbox: 'unavailable',
      claim: { end: 'released' },
    })
    expect(JSON.stringify(report)).not.toContain('Canary')
    expect(await callbacks.receive(delivery())).toMatchObject({ code: 'accepted' })
  })

  it('forgets in both, so that a replay on purpose is stored again', async () => {
    const { callbacks, inbox, messages } = setup()
    const { event } = await callbacks.receive(delivery())
    expect(await callbacks.forget(event!.id)).toBe(true)
    expect(inbox.forget).toHaveBeenCalledWith(event!.id)
    await callbacks.receive(delivery())
    expect(messages).toHaveLength(2)
  })
})

describe('dispatch', () => {
  it('gives handlers the event that a direct one would give', async () => {
    const { callbacks, stored } = setup()
    const seen: SmileIdEvent<unknown>[] = []
    await callbacks.receive(delivery())
    callbacks.on('approved', (event) => seen.push(event))
    expect(await callbacks.dispatch(stored())).toMatchObject({ code: 'accepted', handlers: { matched: 1 } })

    const direct = smileIdCallbacks({ ...testOptions, partnerParams: schema })
    direct.on('approved', (event) => seen.push(event))
    await direct.receive(delivery())
    expect(seen).toHaveLength(2)
    expect(seen[0]).toEqual(seen[1])
    expect(seen[0]!.delivery.signedAt).toBeInstanceOf(Date)
    expect(seen[0]!.partnerParams).toMatchObject({ account_id: { id: 'acc-1' } })
  })

  it('keeps the facts of the event, and when its links end', async () => {
    const { callbacks, stored } = setup()
    const payload = {
      ...v1Payload,
      ImageLinks: { selfie_image: 'https://files.example.test/selfie.jpg?sig=invented' },
      Antifraud: { SuspectUsers: ['user-2'] },
    }
    const { event } = await callbacks.receive({ ...v1Delivery({ payload }), clientIp: senderIp })
    const seen: SmileIdEvent<unknown>[] = []
    callbacks.on('attention', (one) => seen.push(one))
    expect(event).toMatchObject({ outcome: 'attention' })
    await callbacks.dispatch(stored())
    expect(seen[0]).toMatchObject({
      fraud: 'detected',
      suspects: [{ userId: 'user-2', reasons: [] }],
      meaning: 'documented',
      imageLinksExpireAt: new Date(now + 15 * 60_000),
    })
  })

  it('reaches onJob, onPartnerParam and waitForJob', async () => {
    const { callbacks, stored } = setup()
    await callbacks.receive(delivery())
    const byJob = vi.fn()
    const byParam = vi.fn()
    callbacks.onJob('job-1', byJob)
    callbacks.onPartnerParam('account_id', 'acc-1', byParam)
    const waiting = callbacks.waitForJob('job-1', { timeout: 1_000 })
    await callbacks.dispatch(stored())
    expect(byJob).toHaveBeenCalledTimes(1)
    expect(byParam).toHaveBeenCalledTimes(1)
    expect((await waiting).outcome).toBe('approved')
  })

  it('asks for another try without a word of what a handler said', async () => {
    const onError = vi.fn()
    const { callbacks, stored } = setup({ onError })
    await callbacks.receive(delivery())
    const thrown = new Error('Jane Canary')
    callbacks.onAny(() => Promise.reject(thrown))
    const error: unknown = await callbacks.dispatch(stored()).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ name: 'DispatchError', code: 'handler_failed' })
    expect(String((error as Error).stack) + JSON.stringify(error)).not.toContain('Canary')
    expect((error as Error).cause).toBe(thrown)
    expect(onError).toHaveBeenCalledExactlyOnceWith(thrown, {
      where: 'handler',
      event: expect.objectContaining({ jobId: 'job-1' }) as object,
    })
  })

  it('reports each attempt to onDispatch and on the channel, without a word of payload or handler', async () => {
    const onDispatch = vi.fn()
    const published: unknown[] = []
    const listen = (report: unknown) => published.push(report)
    subscribe('express-smile-id:dispatch', listen)
    const { callbacks, stored, messages } = setup({ onDispatch })
    await callbacks.receive(delivery())
    const handler = vi.fn().mockRejectedValueOnce(new TypeError('Jane Canary'))
    callbacks.onAny(handler)
    const engine = { jobId: 'job-of-engine', isLastTry: true }
    await callbacks.dispatch(stored(), { ...engine, attempt: 1 }).catch(() => undefined)
    await callbacks.dispatch(stored(), { ...engine, attempt: 2 })
    await callbacks.dispatch({ not: 'ours' }).catch(() => undefined)
    unsubscribe('express-smile-id:dispatch', listen)
    const { id, kind, product } = messages[0]!.event as { id: string; kind: string; product: string }
    const about = {
      ...engine,
      event: { id, kind, product, outcome: 'approved' },
      generation: 'v1',
      durationMs: expect.any(Number) as number,
      ageMs: expect.any(Number) as number,
    }
    const counts = { matched: 1, rejected: 0, timedOut: 0 }
    const expected = [
      { ...about, code: 'handler_failed', attempt: 1, handlers: { ...counts, failed: 1 }, error: 'TypeError' },
      { ...about, code: 'accepted', attempt: 2, handlers: { ...counts, failed: 0 } },
      { code: 'message_invalid', isLastTry: false, durationMs: expect.any(Number) as number },
    ]
    expect(onDispatch.mock.calls.map(([report]) => report as unknown)).toEqual(expected)
    expect(published).toEqual(expected)
    expect(JSON.stringify(published)).not.toMatch(/Canary|job-1|user-1/)
  })

  it('tells onError of an onDispatch that throws, and changes nothing', async () => {
    const onError = vi.fn()
    const thrown = new Error('of a listener')
    const { callbacks, stored } = setup({ onError, onDispatch: () => Promise.reject(thrown) })
    await callbacks.receive(delivery())
    callbacks.onAny(() => undefined)
    expect(await callbacks.dispatch(stored())).toMatchObject({ code: 'accepted' })
    await vi.waitFor(() => expect(onError).toHaveBeenCalledExactlyOnceWith(thrown, { where: 'listener' }))
  })

  it('asks for no other try after a PermanentError', async () => {
    const { callbacks, stored } = setup()
    await callbacks.receive(delivery())
    callbacks.onAny(() => Promise.reject(new PermanentError('never')))
    expect(await callbacks.dispatch(stored())).toMatchObject({ code: 'handler_rejected' })
  })

  it('has no time limit unless given one', async () => {
    const { callbacks, stored } = setup({ handlerTimeout: 10 }, { timeout: 10 })
    await callbacks.receive(delivery())
    callbacks.onAny(() => new Promise((resolve) => setTimeout(resolve, 60)))
    expect(await callbacks.dispatch(stored())).toMatchObject({ code: 'accepted' })
    await expect(callbacks.dispatch(stored(), { timeout: 10 })).rejects.toMatchObject({ code: 'handler_timeout' })
  })

  it('hands on the signal of a shutdown', async () => {
    const { callbacks, stored } = setup()
    await callbacks.receive(delivery())
    const abort = new AbortController()
    callbacks.onAny(
      (_event, { signal }) =>
        new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('stopped')))),
    )
    const done = callbacks.dispatch(stored(), { signal: abort.signal })
    await new Promise((resolve) => setImmediate(resolve))
    abort.abort()
    await expect(done).rejects.toMatchObject({ code: 'handler_failed' })
  })

  it('says when nobody is subscribed, and when none matches', async () => {
    const { callbacks, stored } = setup()
    await callbacks.receive(delivery())
    await expect(callbacks.dispatch(stored())).rejects.toMatchObject({ code: 'no_handlers' })
    callbacks.on('rejected', vi.fn())
    expect(await callbacks.dispatch(stored())).toMatchObject({ code: 'unhandled' })
  })

  it('says when its own schema no longer fits', async () => {
    const { callbacks, stored } = setup()
    await callbacks.receive(delivery())
    const worker = smileIdCallbacks({ ...testOptions, partnerParams: z.object({ new_key: z.string() }) })
    worker.onAny(vi.fn())
    await expect(worker.dispatch(stored())).rejects.toMatchObject({ code: 'invalid_partner_params' })
  })

  it('tells an engine nothing of what a schema or deserialize said', async () => {
    const { callbacks, stored } = setup()
    await callbacks.receive(delivery())
    const worker = smileIdCallbacks({
      ...testOptions,
      partnerParams: z.unknown().transform(() => {
        throw new Error('Jane Canary')
      }),
    })
    worker.onAny(vi.fn())
    callbacks.onAny(vi.fn())
    const failures: [Promise<unknown>, string][] = [
      [worker.dispatch(stored()), 'invalid_partner_params'],
      [
        bullmqProcessor(callbacks, { deserialize: () => JSON.parse('Jane Canary') as unknown })({
          data: { message: stored() },
        }),
        'deserialize_failed',
      ],
    ]
    for (const [failing, code] of failures) {
      const error: unknown = await failing.catch((thrown: unknown) => thrown)
      expect(error).toMatchObject({ name: 'DispatchError', code })
      // What engines keep; its cause they do not.
      expect(JSON.stringify(error) + String((error as Error).stack)).not.toContain('Canary')
    }
  })

  it.each([
    undefined,
    null,
    'text',
    {},
    { version: 2 },
    { version: 1, id: 'a', event: { id: 'b', delivery: {} }, partnerParams: {} },
  ])('refuses %j', async (message) => {
    const { callbacks } = setup()
    const handler = vi.fn()
    callbacks.onAny(handler)
    await expect(callbacks.dispatch(message)).rejects.toMatchObject({ code: 'message_invalid' })
    expect(handler).not.toHaveBeenCalled()
  })
})

it('keeps event ids as job ids, and makes others fit', () => {
  expect(hexId('0123456789abcdef0123456789abcdef')).toBe('0123456789abcdef0123456789abcdef')
  expect(hexId('tenant:job')).toMatch(/^[0-9a-f]{32}$/)
  expect(hexId('tenant:job')).not.toBe(hexId('tenant:job2'))
})
