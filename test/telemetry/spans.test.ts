import { inspect } from 'node:util'
import { context, propagation, SpanKind, SpanStatusCode } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics'
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import {
  memoryStore,
  PermanentError,
  smileIdCallbacks,
  type InboxMessage,
  type SmileIdCallbacksOptions,
} from '../../src/index.ts'
import { bullmqProcessor } from '../../src/engines/bullmq/inbox.ts'
import { encode } from '../../src/inbox/message.ts'
import { recordDeliveries, recordDrift, recordReconcile } from '../../src/telemetry/opentelemetry.ts'
import {
  credential,
  senderIp,
  signedAt,
  testOptions,
  v1Delivery,
  v1Payload,
  v3Delivery,
  v3Payload,
} from '../support/deliveries.ts'

const canary = 'JaneCanary'
const exported = new InMemorySpanExporter()
const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exported)] })
const figures = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE)
const manager = new AsyncLocalStorageContextManager()
const tracer = provider.getTracer('test')

beforeAll(() => {
  context.setGlobalContextManager(manager.enable())
})
afterAll(async () => {
  context.disable()
  propagation.disable()
  await provider.shutdown()
})
beforeEach(() => {
  exported.reset()
})

function telemetry() {
  const reader = new PeriodicExportingMetricReader({ exporter: figures, exportIntervalMillis: 3_600_000 })
  const meter = new MeterProvider({ readers: [reader] }).getMeter('test')
  return {
    meter,
    hooks: recordDeliveries({ tracer, meter }),
    metric: async (name: string) => {
      figures.reset()
      await reader.forceFlush()
      const all = figures
        .getMetrics()
        .flatMap(({ scopeMetrics }) => scopeMetrics)
        .flatMap(({ metrics }) => metrics)
      return (all.find(({ descriptor }) => descriptor.name === name)?.dataPoints ?? []).map(
        ({ value, attributes }) => ({ value, attributes }),
      )
    },
  }
}

const named = (name: string) => exported.getFinishedSpans().filter((span) => span.name === name)
const one = (name: string) => {
  const found = named(name)
  expect(found).toHaveLength(1)
  return found[0]!
}

const labelled = { ...credential, environment: 'sandbox', label: 'tenant-7' }
const delivery = {
  ...v1Delivery({
    payload: { ...v1Payload, FullName: canary, PartnerParams: { ...v1Payload.PartnerParams, account_id: canary } },
  }),
  clientIp: senderIp,
}

/** A receiver whose messages end up in a list. */
function receiver(options: Partial<SmileIdCallbacksOptions> = {}) {
  const messages: InboxMessage[] = []
  const callbacks = smileIdCallbacks({
    ...testOptions,
    credentials: labelled,
    store: memoryStore(),
    inbox: { add: (message) => Promise.resolve(messages.push(message)) },
    ...options,
  })
  return { callbacks, stored: () => JSON.parse(JSON.stringify(messages[0])) as unknown, message: () => messages[0]! }
}

describe('a delivery', () => {
  test('is INTERNAL inside the span of an HTTP server, and its handlers are its children', async () => {
    const { hooks } = telemetry()
    const callbacks = smileIdCallbacks({ ...testOptions, credentials: labelled, ...hooks })
    callbacks.onAny(async () => {
      await Promise.resolve()
      tracer.startSpan('handler').end()
    })
    await tracer.startActiveSpan('POST /smile-id', { kind: SpanKind.SERVER }, async (server) => {
      await callbacks.receive(delivery)
      server.end()
    })
    const span = one('smile_id.callback')
    expect(span.kind).toBe(SpanKind.INTERNAL)
    expect(span.parentSpanContext?.spanId).toBe(one('POST /smile-id').spanContext().spanId)
    expect(one('handler').parentSpanContext?.spanId).toBe(span.spanContext().spanId)
    expect(span.attributes).toMatchObject({
      'smile_id.environment': 'sandbox',
      'smile_id.credential': 'tenant-7',
      'smile_id.code': 'accepted',
    })
  })

  test('is SERVER where nothing is around it', async () => {
    const { hooks } = telemetry()
    const callbacks = smileIdCallbacks({ ...testOptions, ...hooks })
    callbacks.onAny(() => undefined)
    await callbacks.receive(delivery)
    expect(one('smile_id.callback').kind).toBe(SpanKind.SERVER)
  })

  test('is counted once, and its time from signature to the end is', async () => {
    const { hooks, metric } = telemetry()
    const callbacks = smileIdCallbacks({ ...testOptions, ...hooks })
    callbacks.onAny(() => undefined)
    await callbacks.receive({
      ...v1Delivery({ timestamp: new Date(Date.parse(signedAt) - 90_000).toISOString() }),
      clientIp: senderIp,
    })
    expect((await metric('smile_id.callbacks')).map(({ value }) => value)).toEqual([1])
    const [handled] = await metric('smile_id.handled.age')
    expect((handled!.value as { sum: number }).sum).toBeGreaterThanOrEqual(90)
    expect((handled!.value as { sum: number }).sum).toBeLessThan(120)
  })

  test('that Smile ID contradicts is counted apart', async () => {
    const { hooks, metric } = telemetry()
    const callbacks = smileIdCallbacks({
      ...testOptions,
      ...hooks,
      confirm: { ask: () => Promise.resolve('contradicted'), events: ['approved'] },
    })
    callbacks.onAny(() => undefined)
    const { code } = await callbacks.receive({ ...v3Delivery(), clientIp: senderIp })
    expect(code).toBe('contradicted')
    expect(await metric('smile_id.contradictions')).toMatchObject([
      { value: 1, attributes: { 'smile_id.code': 'contradicted' } },
    ])
  })

  test('a verdict for another recipient is counted apart', async () => {
    const { hooks, metric } = telemetry()
    const callbacks = smileIdCallbacks({ ...testOptions, ...hooks })
    callbacks.onAny(() => undefined)
    const codes: string[] = []
    for (const account_id of ['mallory', 'alice'])
      codes.push(
        (
          await callbacks.receive({
            ...v3Delivery({ payload: { ...v3Payload, partner_params: { account_id } } }),
            clientIp: senderIp,
          })
        ).code,
      )
    expect(codes).toEqual(['accepted', 'accepted'])
    expect(await metric('smile_id.verdict_conflicts')).toMatchObject([{ value: 1 }])
  })

  test('keeps its answer when telemetry fails', async () => {
    const broken = {
      startSpan: () => {
        throw new Error('no tracer')
      },
    } as unknown as typeof tracer
    const callbacks = smileIdCallbacks({ ...testOptions, ...recordDeliveries({ tracer: broken }) })
    let runs = 0
    callbacks.onAny(() => void (runs += 1))
    expect(await callbacks.receive(delivery)).toMatchObject({ code: 'accepted' })
    expect(runs).toBe(1)
  })
})

describe('a dispatch', () => {
  test('is linked to its delivery, and its handlers are its children', async () => {
    const { hooks, metric } = telemetry()
    const front = receiver({ ...hooks })
    await front.callbacks.receive(delivery)
    const back = smileIdCallbacks({ ...testOptions, ...hooks })
    back.onAny(async () => {
      await Promise.resolve()
      tracer.startSpan('handler').end()
    })
    await back.dispatch(front.stored())
    const [callback, dispatch] = [one('smile_id.callback'), one('smile_id.dispatch')]
    expect(dispatch.links.map((link) => link.context)).toMatchObject([
      { traceId: callback.spanContext().traceId, spanId: callback.spanContext().spanId, isRemote: true },
    ])
    expect(dispatch.spanContext().traceId).not.toBe(callback.spanContext().traceId)
    expect(dispatch.kind).toBe(SpanKind.CONSUMER)
    expect(one('handler').parentSpanContext?.spanId).toBe(dispatch.spanContext().spanId)
    expect(dispatch.attributes).toMatchObject({
      'smile_id.code': 'accepted',
      'smile_id.product': 'biometric_kyc',
      'smile_id.outcome': 'approved',
      'smile_id.environment': 'sandbox',
      'smile_id.credential': 'tenant-7',
    })
    expect(await metric('smile_id.dispatches')).toMatchObject([
      { value: 1, attributes: { 'smile_id.code': 'accepted', 'smile_id.environment': 'sandbox' } },
    ])
    expect(await metric('smile_id.handled.age')).toMatchObject([{ value: { count: 1 } }])
    // Of the delivery nothing ran here but the inbox.
    expect(await metric('smile_id.dead_letters')).toEqual([])
  })

  test('has no link to a delivery that had no span', async () => {
    const front = receiver()
    await front.callbacks.receive(delivery)
    const back = smileIdCallbacks({ ...testOptions, ...telemetry().hooks })
    back.onAny(() => undefined)
    await back.dispatch(front.stored())
    expect(one('smile_id.dispatch').links).toEqual([])
    await back.dispatch({ ...front.message(), trace: { traceparent: 'not one', tracestate: 'a=b' } })
    expect(named('smile_id.dispatch')[1]!.links).toEqual([])
  })

  test('that fails is an error, and counted as a dead letter at the last try alone', async () => {
    const { hooks, metric } = telemetry()
    const front = receiver({ ...hooks })
    await front.callbacks.receive(delivery)
    const back = smileIdCallbacks({ ...testOptions, ...hooks })
    back.onAny(() => Promise.reject(new Error(canary)))
    const process = bullmqProcessor(back)
    const data = await encode(front.message(), {})
    await expect(process({ data, attemptsMade: 0, opts: { attempts: 2 } })).rejects.toMatchObject({
      code: 'handler_failed',
    })
    expect(await metric('smile_id.dead_letters')).toEqual([])
    await expect(process({ data, attemptsMade: 1, opts: { attempts: 2 } })).rejects.toMatchObject({
      code: 'handler_failed',
    })
    expect(await metric('smile_id.dead_letters')).toMatchObject([
      { value: 1, attributes: { 'smile_id.code': 'handler_failed', 'smile_id.product': 'biometric_kyc' } },
    ])
    expect(named('smile_id.dispatch').map(({ status }) => status)).toEqual([
      { code: SpanStatusCode.ERROR, message: 'handler_failed' },
      { code: SpanStatusCode.ERROR, message: 'handler_failed' },
    ])
    expect(await metric('smile_id.handled.age')).toEqual([])
  })

  test('that a handler refuses for good is no error', async () => {
    const front = receiver()
    await front.callbacks.receive(delivery)
    const back = smileIdCallbacks({ ...testOptions, ...telemetry().hooks })
    back.onAny(() => Promise.reject(new PermanentError(canary)))
    await back.dispatch(front.stored(), { isLastTry: true })
    expect(one('smile_id.dispatch')).toMatchObject({
      status: { code: SpanStatusCode.UNSET },
      attributes: { 'smile_id.code': 'handler_rejected' },
    })
  })
})

test('dispatches that reach no handler are counted as well, by both the engine and a listener of your own', async () => {
  const { hooks, metric } = telemetry()
  const front = receiver({ ...hooks })
  await front.callbacks.receive(delivery)
  const seen: string[] = []
  const onDispatch = [hooks.onDispatch, ({ code }: { code: string }) => void seen.push(code)]
  const back = smileIdCallbacks({ ...testOptions, ...hooks, onDispatch })
  await expect(back.dispatch(front.stored())).rejects.toMatchObject({ code: 'no_handlers' })
  back.on('rejected', () => undefined)
  await back.dispatch(front.stored())
  await expect(back.dispatch({ not: 'ours' }, { isLastTry: true })).rejects.toMatchObject({ code: 'message_invalid' })
  const codes = ['no_handlers', 'unhandled', 'message_invalid']
  expect(seen).toEqual(codes)
  const counted = await metric('smile_id.dispatches')
  expect(counted.map(({ attributes }) => attributes['smile_id.code'])).toEqual(codes)
  expect(counted[1]!.attributes).toMatchObject({
    'smile_id.product': 'biometric_kyc',
    'smile_id.environment': 'sandbox',
  })
  expect(await metric('smile_id.dead_letters')).toMatchObject([{ attributes: { 'smile_id.code': 'message_invalid' } }])
  expect(await metric('smile_id.dispatch.duration')).toHaveLength(3)
})

test('results of reconcile are counted', async () => {
  const { meter, metric } = telemetry()
  recordReconcile({ meter })({
    asked: 9,
    handled: 3,
    known: 2,
    processing: 0,
    replayed: 1,
    notFound: 1,
    failed: [{ jobId: canary, reason: 'stale' }],
  })
  expect(await metric('smile_id.reconciled')).toEqual([
    { value: 3, attributes: { 'smile_id.result': 'handled' } },
    { value: 2, attributes: { 'smile_id.result': 'known' } },
    { value: 1, attributes: { 'smile_id.result': 'replayed' } },
    { value: 1, attributes: { 'smile_id.result': 'notFound' } },
    { value: 1, attributes: { 'smile_id.result': 'failed' } },
  ])
})

test('drift is counted by sort, product and generation, each new name once and none told', async () => {
  const { meter, metric } = telemetry()
  const { callbacks } = receiver({ onDrift: recordDrift({ meter }) })
  const post = (signed: ReturnType<typeof v1Delivery>) => callbacks.receive({ ...signed, clientIp: senderIp })
  for (let time = 0; time < 3; time += 1) {
    await post(v1Delivery({ payload: { ...v1Payload, [`New_${canary}`]: 1, Other: canary } }))
    await post(v3Delivery({ payload: { ...v3Payload, status: canary, reason: canary } }))
    await post(
      v3Delivery({ credential: { ...credential, apiKey: 'another' }, payload: { ...v3Payload, New_Field: 1 } }),
    )
  }
  const v3 = { 'smile_id.product': 'document_verification', 'smile_id.generation': 'v3' }
  expect(await metric('smile_id.drift')).toEqual([
    {
      value: 2,
      attributes: { 'smile_id.drift.kind': 'key', 'smile_id.product': 'biometric_kyc', 'smile_id.generation': 'v1' },
    },
    { value: 1, attributes: { 'smile_id.drift.kind': 'status', ...v3 } },
    { value: 1, attributes: { 'smile_id.drift.kind': 'reason', ...v3 } },
  ])
  expect(JSON.stringify(figures.getMetrics())).not.toContain(canary)
})

test('the canary is in no span and no figure', async () => {
  const { hooks, metric } = telemetry()
  const front = receiver({ ...hooks })
  const direct = smileIdCallbacks({ ...testOptions, ...hooks })
  direct.onAny(() => Promise.reject(new Error(canary)))
  await front.callbacks.receive(delivery)
  await direct.receive(delivery)
  await direct.dispatch(front.stored(), { isLastTry: true }).catch(() => undefined)
  await metric('smile_id.callbacks')
  expect(exported.getFinishedSpans()).toHaveLength(3)
  const all = inspect(
    { spans: exported.getFinishedSpans(), figures: figures.getMetrics() },
    { depth: Infinity, showHidden: true, maxArrayLength: null, maxStringLength: null },
  )
  expect(all).toContain('smile_id.dead_letters')
  expect(all).not.toContain(canary)
})
