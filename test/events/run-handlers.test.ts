import { AsyncLocalStorage } from 'node:async_hooks'
import { describe, expect, test, vi } from 'vitest'
import {
  type Around,
  type InboxMessage,
  PermanentError,
  smileIdCallbacks,
  type SmileIdCallbacksOptions,
} from '../../src/index.ts'
import { senderIp, testOptions, v1Delivery } from '../support/deliveries.ts'
import { runHandlers } from '../../src/events/run-handlers.ts'

test('what a handler throws counts as failed, also if it cannot be looked at', async () => {
  const trap = () => {
    throw new Error('not to be looked at')
  }
  const odd: unknown = new Proxy({}, { get: trap, getPrototypeOf: trap })
  const thrown: unknown[] = []
  const throwing = (error: unknown) => () => {
    throw error
  }
  const later = async () => Promise.resolve().then(throwing(odd))
  const handlers = [throwing(odd), later, throwing(new PermanentError('never')), () => undefined]
  expect(await runHandlers('event', handlers, { timeoutMs: 1_000, onError: (error) => thrown.push(error) })).toEqual({
    matched: 4,
    failed: 2,
    rejected: 1,
    timedOut: 0,
  })
  expect(thrown).toHaveLength(3)
})

describe('around', () => {
  const order: string[] = []
  const named =
    (name: string): Around =>
    async (run) => {
      order.push(`${name} in`)
      await run().finally(() => order.push(`${name} out`))
    }
  const handled = (options: Partial<SmileIdCallbacksOptions>, handler: () => unknown = () => order.push('handler')) => {
    const errors: unknown[] = []
    const callbacks = smileIdCallbacks({ ...testOptions, onError: (error) => errors.push(error), ...options })
    callbacks.onAny(handler)
    return { errors, callbacks, report: () => callbacks.receive({ ...v1Delivery(), clientIp: senderIp }) }
  }

  test('one or several, the first outermost, around all handlers of an event', async () => {
    order.length = 0
    await handled({ around: [named('outer'), named('inner')] }).report()
    expect(order).toEqual(['outer in', 'inner in', 'handler', 'inner out', 'outer out'])
  })

  test('its context reaches handlers, in the receiver and in a worker', async () => {
    const tenant = new AsyncLocalStorage<string>()
    const seen: unknown[] = []
    const around: Around = (run, { event, stage }) => tenant.run(`${stage} ${event.jobId}`, run)
    const messages: InboxMessage[] = []
    const inbox = {
      add: (message: InboxMessage) => Promise.resolve(messages.push(message) && seen.push(tenant.getStore())),
    }
    const handler = () => seen.push(tenant.getStore())
    await handled({ around }, handler).report()
    const { report, callbacks } = handled({ around, inbox }, handler)
    await report()
    await callbacks.dispatch(messages[0])
    expect(seen).toEqual(['handlers job-1', 'inbox job-1', 'dispatch job-1'])
  })

  test('what it writes to trace is stored, and read in the worker', async () => {
    const messages: InboxMessage[] = []
    const traces: unknown[] = []
    const around: Around = async (run, { stage, trace }) => {
      if (stage === 'inbox') trace.traceparent = '00-1-2-01'
      else traces.push(trace)
      await run()
    }
    const { report, callbacks } = handled({ around, inbox: { add: (one) => Promise.resolve(messages.push(one)) } })
    await report()
    await callbacks.dispatch(JSON.parse(JSON.stringify(messages[0])))
    expect(traces).toEqual([{ traceparent: '00-1-2-01' }])
  })

  const failure = new Error('no tenant')
  test.each<[string, Around, unknown[]]>([
    ['throws before it runs the handlers', () => Promise.reject(failure), [failure]],
    ['throws after it has run them', (run) => run().then(() => Promise.reject(failure)), [failure]],
    [
      'does not run them',
      () => Promise.resolve(),
      [expect.objectContaining({ message: 'around did not run the handlers' })],
    ],
    [
      'throws at once',
      () => {
        throw failure
      },
      [failure],
    ],
  ])('one that %s: 503, and onError is told', async (_, around, told) => {
    const { errors, report } = handled({ around })
    expect(await report()).toMatchObject({ code: 'handler_failed', status: 503 })
    expect(errors).toEqual(told)
    const inboxed = handled({ around, inbox: { add: () => Promise.resolve('stored') } })
    expect((await inboxed.report()).code).toBe('inbox_unavailable')
  })

  test('one that hangs is over with the time of the handlers, and run rejects then', async () => {
    const { report } = handled({ around: () => new Promise(() => undefined), handlerTimeout: 20 })
    expect((await report()).code).toBe('handler_timeout')
    const seen: unknown[] = []
    const around: Around = (run) => run().catch((error: unknown) => void seen.push(error))
    const slow = handled({ around, handlerTimeout: 20 }, () => new Promise(() => undefined))
    expect((await slow.report()).code).toBe('handler_timeout')
    await vi.waitFor(() => expect(seen).toMatchObject([{ name: 'TimeoutError' }]), { timeout: 30_000 })
  })

  test('it sees what a handler threw; whether it hands that on or not, the event is not handled', async () => {
    const thrown = new Error('no')
    for (const around of [(run) => run(), (run) => run().catch(() => undefined)] satisfies Around[]) {
      const { errors, report } = handled({ around }, () => Promise.reject(thrown))
      expect(await report()).toMatchObject({ code: 'handler_failed', handlers: { failed: 1 } })
      expect(errors).toEqual([thrown])
    }
    const { report } = handled({ around: (run) => run() }, () => Promise.reject(new PermanentError('never')))
    expect(await report()).toMatchObject({ code: 'handler_rejected', handlers: { rejected: 1, failed: 0 } })
  })

  test('run called twice runs the handlers once', async () => {
    order.length = 0
    await handled({
      around: async (run) => {
        await Promise.all([run(), run()])
      },
    }).report()
    expect(order).toEqual(['handler'])
  })
})
