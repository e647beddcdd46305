import { describe, expect, test, vi } from 'vitest'
import { smileIdCallbacks, SmileIdConfigError, type EventName, type SmileIdCallbacksOptions } from '../../src/index.ts'
import { senderIp, testOptions, v1Delivery, v1Payload, v3Delivery } from '../support/deliveries.ts'
import { receiver } from '../support/receiver.ts'

const make = (options: Partial<SmileIdCallbacksOptions> = {}) => {
  const callbacks = smileIdCallbacks({ ...testOptions, ...options })
  const deliver = (delivery: ReturnType<typeof v1Delivery>) => callbacks.receive({ ...delivery, clientIp: senderIp })
  return { callbacks, deliver }
}

const withParams = (params: object) =>
  v1Delivery({ payload: { ...v1Payload, PartnerParams: { ...v1Payload.PartnerParams, ...params } } })
const withCode = (ResultCode: string) => v1Delivery({ payload: { ...v1Payload, ResultCode } })

describe('on', () => {
  const rows: [EventName, called: boolean][] = [
    ['approved', true],
    ['result', true],
    ['biometric_kyc', true],
    ['biometric_kyc.approved', true],
    ['rejected', false],
    ['id_info', false],
    ['document_verification', false],
    ['document_verification.approved', false],
    ['biometric_kyc.rejected', false],
  ]
  test.each(rows)('%s: called %s for an approved Biometric KYC', async (name, called) => {
    const { callbacks, deliver } = make()
    const handler = vi.fn()
    callbacks.on(name, handler)
    expect((await deliver(v1Delivery())).code).toBe(called ? 'accepted' : 'unhandled')
    expect(handler).toHaveBeenCalledTimes(called ? 1 : 0)
  })

  test('several names call a handler once per event', async () => {
    const { callbacks, deliver } = make()
    const handler = vi.fn()
    callbacks.on(['approved', 'biometric_kyc', 'rejected'], handler)
    expect((await deliver(v1Delivery())).handlers).toEqual({ matched: 1, failed: 0, rejected: 0, timedOut: 0 })
    expect(handler).toHaveBeenCalledTimes(1)
  })

  test('the look-up of the ID is no approval, and under review is no rejection', async () => {
    const { callbacks, deliver } = make()
    const calls: string[] = []
    for (const name of ['approved', 'rejected', 'provisional', 'id_info'] as const)
      callbacks.on(name, () => calls.push(name))
    await deliver(withCode('1012'))
    await deliver(withCode('1013'))
    await deliver(withCode('0814'))
    await deliver(withCode('9999'))
    expect(calls).toEqual(['id_info', 'id_info', 'provisional'])
  })

  test('unsubscribing twice, or after the signal, does nothing more', async () => {
    const { callbacks, deliver } = make()
    const abort = new AbortController()
    const off = callbacks.on('approved', () => undefined, { signal: abort.signal })
    callbacks.on('approved', () => undefined)
    abort.abort()
    off()
    off()
    expect((await deliver(v1Delivery())).handlers?.matched).toBe(1)
  })

  test('a signal that is aborted already subscribes nobody', async () => {
    const { callbacks, deliver } = make()
    const handler = vi.fn()
    callbacks.on('approved', handler, { signal: AbortSignal.abort() })
    expect((await deliver(v1Delivery())).code).toBe('no_handlers')
    expect(handler).not.toHaveBeenCalled()
  })

  test.each(['aproved', 'biometric_kyc.aproved', 'constructor', '__proto__', '', 7, undefined, []])(
    '%j is no name',
    (name) => {
      const { callbacks } = make()
      expect(() => callbacks.on(name as never, () => undefined)).toThrow(
        expect.objectContaining({ code: 'event_name_unknown' }) as Error,
      )
    },
  )

  test('a handler must be a function', () => {
    const { callbacks } = make()
    for (const subscribe of [
      () => callbacks.on('approved', 'log' as never),
      () => callbacks.onAny(undefined as never),
      () => callbacks.onUnrecognized({} as never),
      () => callbacks.onJob('job-1', null as never),
      () => callbacks.onPartnerParam('a', 'b', 1 as never),
    ]) {
      expect(subscribe).toThrow(SmileIdConfigError)
      expect(subscribe).toThrow('The handler must be a function')
    }
  })
})

describe('onJob', () => {
  test.each([
    ['PartnerParams.job_id', v1Delivery(), 'job-1'],
    ['SmileJobID', v1Delivery(), '0000056574'],
    ['the Job-ID header', v3Delivery(), 'job_v3'],
    [
      'partner_params.job_id where there is no header',
      v3Delivery({
        jobId: undefined,
        payload: { status: 'block', product: 'biometric_kyc', partner_params: { job_id: 'mine' } },
      }),
      'mine',
    ],
  ])('finds a job by %s', async (_, delivery, jobId) => {
    const { callbacks, deliver } = make()
    const handler = vi.fn()
    callbacks.onJob(jobId, handler)
    callbacks.onJob(`${jobId}-other`, () => expect.unreachable())
    expect((await deliver(delivery)).handlers?.matched).toBe(1)
    expect(handler).toHaveBeenCalledTimes(1)
  })

  test.each([
    [
      'v3',
      v3Delivery({
        jobId: 'job_theirs',
        payload: { status: 'clear', product: 'biometric_kyc', partner_params: { job_id: 'job-1' } },
      }),
    ],
    [
      'v3, in the body',
      v3Delivery({
        jobId: 'job_theirs',
        payload: {
          status: 'clear',
          product: 'biometric_kyc',
          job_id: 'job-1',
          partner_params: { job_id: 'job-1', SmileJobID: 'job-1' },
        },
      }),
    ],
    ['v1', withParams({ job_id: 'theirs', jobId: 'job-1', smile_job_id: 'job-1' })],
  ])('%s: what another job says of itself does not settle yours', async (_, delivery) => {
    const { callbacks, deliver } = make()
    const settled = vi.fn()
    const abort = new AbortController()
    const waiting = callbacks.waitForJob('job-1', { signal: abort.signal }).then(settled, () => undefined)
    callbacks.onJob('job-1', settled)
    callbacks.onAny(() => undefined)
    expect((await deliver(delivery)).handlers?.matched).toBe(1)
    abort.abort()
    await waiting
    expect(settled).not.toHaveBeenCalled()
  })

  test('is a keyed look-up: of 10 000 jobs a delivery calls its own handler alone', async () => {
    const { callbacks, deliver } = make()
    const calls: number[] = []
    const offs = Array.from({ length: 10_000 }, (_, index) => callbacks.onJob(`job-${index}`, () => calls.push(index)))
    expect((await deliver(v1Delivery())).handlers).toEqual({ matched: 1, failed: 0, rejected: 0, timedOut: 0 })
    expect(calls).toEqual([1])
    offs[1]!()
    expect((await deliver(v1Delivery())).code).toBe('unhandled')
    for (const off of offs) off()
    expect((await deliver(v1Delivery())).code).toBe('no_handlers')
  })

  test('an aborted signal frees 10 000 jobs and their listeners', async () => {
    const { callbacks, deliver } = make()
    const abort = new AbortController()
    for (let index = 0; index < 10_000; index += 1)
      callbacks.onJob(`job-${index}`, () => undefined, { signal: abort.signal })
    abort.abort()
    expect((await deliver(v1Delivery())).code).toBe('no_handlers')
  })
})

describe('onPartnerParam', () => {
  test('compares numbers and texts alike, and keys whole', async () => {
    const { callbacks, deliver } = make()
    const calls: string[] = []
    callbacks.onPartnerParam('order', '5501', () => calls.push('text'))
    callbacks.onPartnerParam('order', 5501, () => calls.push('number'))
    callbacks.onPartnerParam('order', 550, () => calls.push('prefix'))
    callbacks.onPartnerParam('or', 'der=5501', () => calls.push('other key'))
    await deliver(withParams({ order: 5501 }))
    await deliver(withParams({ order: '5501' }))
    await deliver(withParams({ order: ['5501'] }))
    expect(calls).toEqual(['text', 'number', 'text', 'number'])
  })

  test('prototype names are names like others', async () => {
    const { callbacks, deliver } = make()
    const handler = vi.fn()
    for (const key of ['__proto__', 'constructor', 'hasOwnProperty', 'toString'])
      callbacks.onPartnerParam(key, 'x', handler)
    expect((await deliver(v1Delivery())).code).toBe('unhandled')
    const { body, ...rest } = v1Delivery()
    await deliver({ ...rest, body: body.replace('"account_id":"acc-1"', '"__proto__":"x"') })
    expect(handler).toHaveBeenCalledTimes(1)
    expect(({} as Record<string, unknown>)['x']).toBeUndefined()
  })

  test('finds the values as sent, before a schema turns them into something else', async () => {
    const { callbacks, deliver } = make()
    const off = callbacks.onPartnerParam('account_id', 'acc-1', () => undefined)
    expect((await deliver(v1Delivery())).handlers?.matched).toBe(1)
    off()
    expect((await deliver(v1Delivery())).code).toBe('no_handlers')
  })

  test('keys are not empty', () => {
    const { callbacks } = make()
    expect(() => callbacks.onPartnerParam('', 'x', () => undefined)).toThrow(
      expect.objectContaining({ code: 'subscription_key_invalid' }) as Error,
    )
    expect(() => callbacks.onJob('', () => undefined)).toThrow(
      expect.objectContaining({ code: 'subscription_key_invalid' }) as Error,
    )
  })
})

describe('waitForJob', () => {
  test("resolves with the job's first final result, after what is not final", async () => {
    const { callbacks, deliver } = make()
    callbacks.onAny(() => undefined)
    const waiting = callbacks.waitForJob('job-1')
    await deliver(withCode('1012'))
    await deliver(withCode('0814'))
    await deliver(withCode('1210'))
    await deliver(withCode('1211'))
    expect(await waiting).toMatchObject({ kind: 'result', outcome: 'approved', final: true, result: { code: '1210' } })
  })

  test('gives up after its time, and is no subscription any more', async () => {
    const { callbacks, deliver } = make()
    await expect(callbacks.waitForJob('job-1', { timeout: 5 })).rejects.toMatchObject({ name: 'TimeoutError' })
    expect((await deliver(v1Delivery())).code).toBe('no_handlers')
  })

  test('gives up when its signal is aborted, before or after', async () => {
    const { callbacks, deliver } = make()
    const abort = new AbortController()
    const waiting = callbacks.waitForJob('job-1', { signal: abort.signal, timeout: 60_000 })
    abort.abort(new Error('enough'))
    await expect(waiting).rejects.toThrow('enough')
    await expect(callbacks.waitForJob('job-1', { signal: abort.signal })).rejects.toThrow('enough')
    expect((await deliver(v1Delivery())).code).toBe('no_handlers')
  })
})

describe('handlers', () => {
  test('all run and each is awaited, also beside one that fails', async () => {
    const { callbacks, deliver } = make()
    const done: string[] = []
    const slow = (name: string) => async () => {
      await new Promise((resolve) => setTimeout(resolve, 5))
      done.push(name)
    }
    callbacks.on('approved', slow('first'))
    callbacks.onAny(() => {
      throw new Error('second')
    })
    callbacks.onJob('job-1', slow('third'))
    expect(await deliver(v1Delivery())).toMatchObject({
      code: 'handler_failed',
      handlers: { matched: 3, failed: 1, timedOut: 0 },
    })
    expect(done.sort()).toEqual(['first', 'third'])
  })

  test('a slow one sees its signal aborted; what it throws then is not lost', async () => {
    const errors: unknown[] = []
    const { callbacks, deliver } = make({ handlerTimeout: 10, onError: (error) => errors.push(error) })
    const late = withResolvers()
    callbacks.onAny(async (_, { signal }) => {
      await new Promise((resolve) => signal.addEventListener('abort', resolve))
      setTimeout(() => late.resolve(), 0)
      throw signal.reason as Error
    })
    callbacks.onAny(() => undefined)
    expect(await deliver(v1Delivery())).toMatchObject({
      code: 'handler_timeout',
      handlers: { matched: 2, failed: 0, timedOut: 1 },
    })
    await late.promise
    expect(errors).toEqual([expect.objectContaining({ name: 'TimeoutError' })])
  })

  test('onError gets what was thrown, and its own failure is its own', async () => {
    const onError = vi.fn(() => Promise.reject(new Error('sentry is down')))
    const { callbacks, deliver } = make({ onError })
    const error = new Error('mine')
    callbacks.onAny(() => Promise.reject(error))
    await deliver(v1Delivery())
    expect(onError).toHaveBeenCalledExactlyOnceWith(error, {
      where: 'handler',
      event: expect.objectContaining({ jobId: 'job-1' }) as object,
      report: expect.objectContaining({ code: 'handler_failed' }) as object,
    })
  })

  test('a failing onDelivery changes nothing', async () => {
    for (const onDelivery of [
      () => {
        throw new Error('no')
      },
      () => Promise.reject(new Error('no')),
    ]) {
      const { callbacks, deliver } = make({ onDelivery })
      callbacks.onAny(() => undefined)
      expect((await deliver(v1Delivery())).code).toBe('accepted')
    }
  })
})

describe('onUnrecognized', () => {
  test('gets the raw body, and the answer stays 422', async () => {
    const { callbacks, deliver } = make()
    const seen: unknown[] = []
    callbacks.onUnrecognized(({ code, issues, rawBody, body, delivery }) =>
      seen.push({ code, issues, rawBody, body, generation: delivery.generation }),
    )
    const delivery = v3Delivery({ payload: { news: 'of another kind' } })
    expect((await deliver(delivery)).status).toBe(422)
    expect(seen).toEqual([
      {
        code: 'unrecognized_payload',
        issues: [],
        rawBody: delivery.body,
        body: { news: 'of another kind' },
        generation: 'v3',
      },
    ])
  })

  test('gets the text of a body that was parsed before, and may fail or unsubscribe', async () => {
    const { callbacks } = make()
    const bodies: string[] = []
    const off = callbacks.onUnrecognized(({ rawBody }) => {
      bodies.push(rawBody)
      throw new Error('no')
    })
    const parsed = { ...v3Delivery(), body: { news: 1 }, clientIp: senderIp }
    expect((await callbacks.receive(parsed)).code).toBe('unrecognized_payload')
    off()
    expect((await callbacks.receive(parsed)).code).toBe('unrecognized_payload')
    expect(bodies).toEqual(['{"news":1}'])
  })
})

function withResolvers() {
  let resolve: (value?: unknown) => void = () => undefined
  const promise = new Promise((done) => (resolve = done))
  return { promise, resolve }
}

test('what onUnrecognized throws goes to onError', async () => {
  const onError = vi.fn()
  const { callbacks, post } = receiver({ onError })
  const error = new Error('x')
  callbacks.onUnrecognized(() => {
    throw error
  })
  expect((await post(v3Delivery({ payload: { hello: 1 } }))).code).toBe('unrecognized_payload')
  expect(onError.mock.calls).toEqual([
    [error, { where: 'handler', report: expect.objectContaining({ code: 'unrecognized_payload' }) as object }],
  ])
})

test('a thousand waiters on one signal share one listener', async () => {
  const { callbacks } = receiver()
  const warned = vi.fn()
  process.on('warning', warned)
  const controller = new AbortController()
  const waits = Array.from({ length: 1_000 }, (_, i) => callbacks.waitForJob(`job-${i}`, { signal: controller.signal }))
  const reason = new Error('enough')
  controller.abort(reason)
  expect(
    new Set((await Promise.allSettled(waits)).map((one) => (one as PromiseRejectedResult).reason as Error)),
  ).toEqual(new Set([reason]))
  await new Promise((resolve) => setImmediate(resolve))
  process.off('warning', warned)
  expect(warned).not.toHaveBeenCalled()
})
