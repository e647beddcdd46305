import { describe, expect, it, vi } from 'vitest'
import {
  memoryStore,
  PermanentError,
  smileIdCallbacks,
  type OnceStore,
  type SmileIdCallbacksOptions,
} from '../../src/index.ts'
import { answerOf } from '../../src/doors/answer.ts'
import { senderIp, testOptions, v1Delivery, v1Payload } from '../support/deliveries.ts'

const delivery = (payload: Record<string, unknown> = v1Payload) => ({ ...v1Delivery({ payload }), clientIp: senderIp })
const receiver = (options: Partial<SmileIdCallbacksOptions> = {}) =>
  smileIdCallbacks({ ...testOptions, store: memoryStore(), ...options })
const gate = () => {
  let open!: () => void
  const opened = new Promise<void>((resolve) => (open = resolve))
  return { open, opened }
}

describe('once', () => {
  it('handles an event once, and answers its duplicate 200', async () => {
    const callbacks = receiver()
    const handler = vi.fn()
    callbacks.on('approved', handler)
    const first = await callbacks.receive(delivery())
    const second = await callbacks.receive(delivery())
    expect(first).toMatchObject({ code: 'accepted', status: 200, claim: { reservation: 'reserved', end: 'completed' } })
    expect(second).toMatchObject({ code: 'duplicate', status: 200, claim: { reservation: 'done' } })
    expect(second.event?.id).toBe(first.event?.id)
    expect(answerOf(second).body).toBe('{"received":true}')
    expect(handler).toHaveBeenCalledTimes(1)
  })

  it('answers 503 with Retry-After while the event is being handled', async () => {
    const callbacks = receiver({ once: { lease: 40_500 } })
    const { open, opened } = gate()
    const handler = vi.fn(() => opened)
    callbacks.on('approved', handler)
    const first = callbacks.receive(delivery())
    await vi.waitFor(() => expect(handler).toHaveBeenCalled(), { timeout: 30_000 })
    const second = await callbacks.receive(delivery())
    expect(second).toMatchObject({ code: 'in_progress', status: 503 })
    expect(answerOf(second)).toMatchObject({ status: 503, headers: { 'Retry-After': '41' } })
    expect(JSON.parse(answerOf(second).body)).toEqual({
      error: { code: 'in_progress', message: 'The event is being handled.' },
    })
    open()
    expect(await first).toMatchObject({ code: 'accepted' })
    expect(handler).toHaveBeenCalledTimes(1)
  })

  it('runs again after a failure, and after a time-out', async () => {
    const callbacks = receiver({ handlerTimeout: 20 })
    const handler = vi
      .fn()
      .mockRejectedValueOnce(new Error('no'))
      .mockReturnValueOnce(new Promise(() => undefined))
      .mockResolvedValue(1)
    callbacks.on('approved', handler)
    expect(await callbacks.receive(delivery())).toMatchObject({ code: 'handler_failed', claim: { end: 'released' } })
    expect(await callbacks.receive(delivery())).toMatchObject({ code: 'handler_timeout', claim: { end: 'released' } })
    expect(await callbacks.receive(delivery())).toMatchObject({ code: 'accepted', claim: { end: 'completed' } })
  })

  it('releases what nobody handled, so that a later subscriber gets it', async () => {
    const callbacks = receiver()
    expect(await callbacks.receive(delivery())).toMatchObject({
      code: 'no_handlers',
      status: 503,
      claim: { end: 'released' },
    })
    callbacks.on('rejected', vi.fn())
    expect(await callbacks.receive(delivery())).toMatchObject({
      code: 'unhandled',
      status: 200,
      claim: { end: 'released' },
    })
    callbacks.on('approved', vi.fn())
    expect(await callbacks.receive(delivery())).toMatchObject({ code: 'accepted' })
  })

  it('finishes an event whose handler says that no retry helps, and says so aloud', async () => {
    const logger = { warn: vi.fn(), error: vi.fn(), debug: vi.fn() }
    const onError = vi.fn()
    const callbacks = receiver({ logger, onError })
    const error = new PermanentError('account of Jane Canary is closed')
    const handler = vi.fn().mockRejectedValue(error)
    callbacks.on('approved', handler)
    expect(await callbacks.receive(delivery())).toMatchObject({
      code: 'handler_rejected',
      status: 200,
      handlers: { matched: 1, failed: 0, rejected: 1 },
    })
    expect(await callbacks.receive(delivery())).toMatchObject({ code: 'duplicate' })
    expect(handler).toHaveBeenCalledTimes(1)
    expect(onError).toHaveBeenCalledWith(
      error,
      expect.objectContaining({ where: 'handler', event: expect.objectContaining({ kind: 'result' }) as object }),
    )
    expect(logger.error).toHaveBeenCalledWith(expect.objectContaining({ code: 'handler_rejected' }), expect.any(String))
    expect(JSON.stringify(logger.error.mock.calls)).not.toContain('Canary')
  })

  it('comes again if one handler gave up and another may still succeed', async () => {
    const callbacks = receiver()
    callbacks.on('approved', () => Promise.reject(new PermanentError('never')))
    callbacks.on('approved', () => Promise.reject(new Error('not now')))
    expect(await callbacks.receive(delivery())).toMatchObject({
      code: 'handler_failed',
      handlers: { failed: 1, rejected: 1 },
    })
  })

  it('forgets on purpose', async () => {
    const callbacks = receiver()
    const handler = vi.fn()
    callbacks.on('approved', handler)
    const { event } = await callbacks.receive(delivery())
    expect(await callbacks.forget(event!.id)).toBe(true)
    expect(await callbacks.forget(event!.id)).toBe(false)
    expect(await callbacks.receive(delivery())).toMatchObject({ code: 'accepted' })
    expect(handler).toHaveBeenCalledTimes(2)
  })

  it("takes an id of the receiver's own, and refuses one that cannot be", async () => {
    const own = receiver({ eventId: (event) => `mine-${event.jobId}` })
    own.onAny(vi.fn())
    expect((await own.receive(delivery())).event?.id).toBe('mine-job-1')
    expect(await own.receive(delivery({ ...v1Payload, ResultText: 'Other words' }))).toMatchObject({
      code: 'duplicate',
    })
    const bad = receiver({ eventId: () => '' })
    const handler = vi.fn()
    bad.onAny(handler)
    expect(await bad.receive(delivery())).toMatchObject({ code: 'internal_error', status: 503 })
    expect(handler).not.toHaveBeenCalled()
  })
})

describe('a store in trouble', () => {
  const broken = (change: Partial<OnceStore>): OnceStore => ({ ...memoryStore(), ...change })
  const fails = () => Promise.reject(new Error('redis://:secret@host is down'))
  const hangs = () => new Promise<never>(() => undefined)

  it.each([
    ['fails', fails],
    ['hangs', hangs],
  ])('answers 503 when reserve %s, and runs nothing', async (_, reserve) => {
    const callbacks = receiver({ store: broken({ reserve }), once: { timeout: 20 } })
    const handler = vi.fn()
    callbacks.onAny(handler)
    expect(await callbacks.receive(delivery())).toMatchObject({
      code: 'store_unavailable',
      status: 503,
      claim: { reservation: 'unavailable' },
    })
    expect(handler).not.toHaveBeenCalled()
  })

  it('says why, without the text of the error', async () => {
    const error = (code?: string) => Object.assign(new RangeError('redis://:secret@host'), { code })
    const hintFor = async (reserve: OnceStore['reserve']) => {
      const logger = { warn: vi.fn(), error: vi.fn() }
      const report = await receiver({ store: broken({ reserve }), once: { timeout: 20 }, logger }).receive(delivery())
      expect(JSON.stringify([report, logger.error.mock.calls])).not.toContain('secret')
      expect(logger.error).toHaveBeenCalledWith(expect.anything(), expect.stringContaining(report.hint!))
      return report.hint
    }
    const at = String.raw` at .*once\.test\.ts(?:\?vitest=\d+)?[:\d)]*\.$`
    const says = (text: string) => new RegExp(`^The store failed: ${text}`)
    expect(await hintFor(() => Promise.reject(error('ECONNREFUSED')))).toMatch(
      says(`RangeError code=ECONNREFUSED${at}`),
    )
    expect(await hintFor(() => Promise.reject(error('no code: secret')))).toMatch(says(`RangeError${at}`))
    expect(
      await hintFor(() => {
        throw error()
      }),
    ).toMatch(says(`RangeError${at}`))
    // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- stores of others may
    expect(await hintFor(() => Promise.reject(undefined))).toBe('The store failed: undefined.')
    expect(await hintFor(hangs)).toBe('The store failed: no answer in time.')
  })

  it('says aloud that a handled event could not be noted down', async () => {
    const logger = { warn: vi.fn(), error: vi.fn() }
    const callbacks = receiver({ store: broken({ complete: () => Promise.resolve(false) }), logger })
    callbacks.onAny(vi.fn())
    const report = await callbacks.receive(delivery())
    expect(report).toMatchObject({ code: 'accepted', status: 200, claim: { end: 'lost' } })
    expect(logger.warn).toHaveBeenCalledWith(expect.anything(), expect.stringContaining('the lease had ended'))
  })

  it('forgets in time or says that it could not', async () => {
    const callbacks = receiver({ store: broken({ forget: hangs }), once: { timeout: 20 } })
    await expect(callbacks.forget('id')).rejects.toThrow('the store could not forget the event: no answer in time.')
    await expect(receiver({ store: broken({ forget: fails }) }).forget('id')).rejects.not.toThrow('secret')
  })

  it('runs unclaimed with onStoreError proceed', async () => {
    const callbacks = receiver({ store: broken({ reserve: fails }), once: { onStoreError: 'proceed' } })
    const handler = vi.fn()
    callbacks.onAny(handler)
    expect(await callbacks.receive(delivery())).toMatchObject({ code: 'accepted', status: 200 })
    expect(handler).toHaveBeenCalledTimes(1)
  })

  it.each([
    ['fails', fails],
    ['hangs', hangs],
  ])('answers 200 when complete %s: the work is done', async (_, complete) => {
    const callbacks = receiver({ store: broken({ complete }), once: { timeout: 20 } })
    callbacks.onAny(vi.fn())
    expect(await callbacks.receive(delivery())).toMatchObject({
      code: 'accepted',
      status: 200,
      claim: { end: 'unavailable' },
    })
  })

  it('gives back a claim that was granted too late', async () => {
    const store = memoryStore()
    const slow = broken({
      ...store,
      reserve: async (...args) => {
        const answer = await store.reserve(...args)
        await new Promise((resolve) => setTimeout(resolve, 60))
        return answer
      },
    })
    const callbacks = receiver({ store: slow, once: { timeout: 20 } })
    callbacks.onAny(vi.fn())
    const report = await callbacks.receive(delivery())
    expect(report.code).toBe('store_unavailable')
    const { id } = report.event!
    await expect.poll(() => store.reserve(id, { owner: 'next', leaseMs: 1_000 })).toBe('reserved')
  })

  it('refuses an answer that is none', async () => {
    const callbacks = receiver({ store: broken({ reserve: () => Promise.resolve('maybe' as 'done') }) })
    const handler = vi.fn()
    callbacks.onAny(handler)
    expect(await callbacks.receive(delivery())).toMatchObject({ code: 'store_unavailable' })
    expect(handler).not.toHaveBeenCalled()
  })
})

describe('close', () => {
  it('refuses deliveries and waits for those in flight', async () => {
    const callbacks = receiver()
    const { open, opened } = gate()
    const handler = vi.fn(() => opened)
    callbacks.on('approved', handler)
    const first = callbacks.receive(delivery())
    await vi.waitFor(() => expect(handler).toHaveBeenCalled(), { timeout: 30_000 })
    const closed = callbacks.close()
    expect(await callbacks.receive(delivery())).toMatchObject({ code: 'shutting_down', status: 503 })
    open()
    expect(await closed).toBe(0)
    expect((await first).code).toBe('accepted')
  })

  it('waits no longer than it is told', async () => {
    const callbacks = receiver()
    const handler = vi.fn(() => new Promise(() => undefined))
    callbacks.on('approved', handler)
    void callbacks.receive(delivery())
    await vi.waitFor(() => expect(handler).toHaveBeenCalled(), { timeout: 30_000 })
    expect(await callbacks.close({ timeout: 20 })).toBe(1)
  })
})

describe('options', () => {
  it.each([
    [{ store: {} }, 'store_invalid'],
    [{ store: { reserve: 1 } }, 'store_invalid'],
    [{ once: { onStoreError: 'ignore' } }, 'on_store_error_invalid'],
    [{ once: { lease: 34_000 } }, 'lease_too_short'],
    [{ once: { lease: -1 } }, 'duration_invalid'],
    [{ once: { ttl: 0 } }, 'duration_invalid'],
    [{ once: { timeout: Number.NaN } }, 'duration_invalid'],
    [{ once: { ttl: 3_899_999 } }, 'ttl_too_short'],
    [{ once: { ttl: 3_900_000 }, maxSkew: 300_001 }, 'ttl_too_short'],
    [{ once: { timeout: '2s' } }, 'duration_invalid'],
    [{ inbox: {} }, 'inbox_invalid'],
    [{ eventId: 'id' }, 'event_id_invalid'],
  ])('refuses %o', (options, code) => {
    expect(() => smileIdCallbacks({ ...testOptions, ...(options as object) })).toThrow(
      expect.objectContaining({ name: 'SmileIdConfigError', code }),
    )
  })
  it("has a lease beyond the handlers' time whatever that is", () => {
    expect(() => receiver({ handlerTimeout: 600_000, once: { timeout: 60_000 } })).not.toThrow()
  })
})
