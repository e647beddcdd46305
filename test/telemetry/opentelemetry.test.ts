import { inspect } from 'node:util'
import { SpanStatusCode } from '@opentelemetry/api'
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
  type MetricData,
} from '@opentelemetry/sdk-metrics'
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base'
import { afterEach, expect, test } from 'vitest'
import { memoryStore, smileIdCallbacks, type ReportCode, type SmileIdCallbacksOptions } from '../../src/index.ts'
import { recordDeliveries } from '../../src/telemetry/opentelemetry.ts'
import {
  credential,
  senderIp,
  signedAt,
  testOptions,
  v1Delivery,
  v1Payload,
  v3Delivery,
} from '../support/deliveries.ts'
import { receiver } from '../support/receiver.ts'

const stops: (() => Promise<void>)[] = []
afterEach(() => Promise.all(stops.splice(0).map((stop) => stop())))

function recorder(options: Partial<SmileIdCallbacksOptions> = {}) {
  const spans = new InMemorySpanExporter()
  const tracing = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spans)] })
  const exported = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE)
  const reader = new PeriodicExportingMetricReader({ exporter: exported, exportIntervalMillis: 3_600_000 })
  const metering = new MeterProvider({ readers: [reader] })
  stops.push(
    () => tracing.shutdown(),
    () => metering.shutdown(),
  )
  const hooks = recordDeliveries({ tracer: tracing.getTracer('test'), meter: metering.getMeter('test') })
  const callbacks = smileIdCallbacks({ ...testOptions, ...options, ...hooks })
  return {
    callbacks,
    deliver: (delivery: ReturnType<typeof v1Delivery>, clientIp = senderIp) =>
      callbacks.receive({ ...delivery, clientIp }),
    spans: () => spans.getFinishedSpans(),
    metric: async (name: string): Promise<MetricData['dataPoints']> => {
      await reader.forceFlush()
      const all =
        exported
          .getMetrics()
          .at(-1)
          ?.scopeMetrics.flatMap(({ metrics }) => metrics) ?? []
      return all.find(({ descriptor }) => descriptor.name === name)?.dataPoints ?? []
    },
    exported: () =>
      inspect(
        { spans: spans.getFinishedSpans(), metrics: exported.getMetrics() },
        { depth: Infinity, showHidden: true, maxArrayLength: null },
      ),
  }
}

const forged = { ...credential, apiKey: 'another' }

interface Row {
  code: ReportCode
  delivery: ReturnType<typeof v1Delivery>
  from?: string
  options?: Partial<SmileIdCallbacksOptions>
  handler?: (() => unknown) | null
  stages: string[]
}
const handled = ['admitted', 'read', 'verified', 'decoded', 'claimed']

const rows: Row[] = [
  { code: 'accepted', delivery: v1Delivery(), stages: handled },
  { code: 'accepted', delivery: v3Delivery(), stages: ['admitted', 'verified', 'read', 'decoded', 'claimed'] },
  { code: 'method_not_allowed', delivery: { ...v1Delivery(), method: 'GET' }, stages: [] },
  { code: 'ip_not_allowed', delivery: v1Delivery(), from: '203.0.113.9', stages: [] },
  {
    code: 'unsupported_media_type',
    delivery: { ...v1Delivery(), headers: { 'Content-Type': 'text/plain' } },
    stages: [],
  },
  { code: 'body_too_large', delivery: v1Delivery(), options: { maxBodySize: 10 }, stages: ['admitted'] },
  { code: 'malformed_json', delivery: { ...v1Delivery(), body: '{' }, stages: ['admitted'] },
  { code: 'signature_missing', delivery: { ...v1Delivery(), body: '{}' }, stages: ['admitted', 'read'] },
  { code: 'signature_mismatch', delivery: v3Delivery({ credential: forged }), stages: ['admitted'] },
  { code: 'timestamp_invalid', delivery: v1Delivery({ timestamp: 'soon' }), stages: ['admitted', 'read'] },
  {
    code: 'timestamp_expired',
    delivery: v1Delivery({ timestamp: '2026-10-13T09:00:00Z' }),
    stages: ['admitted', 'read'],
  },
  {
    code: 'timestamp_in_future',
    delivery: v1Delivery({ timestamp: '2026-10-15T09:00:00Z' }),
    stages: ['admitted', 'read'],
  },
  { code: 'unrecognized_payload', delivery: v1Delivery({ payload: {} }), stages: ['admitted', 'read', 'verified'] },
  { code: 'no_handlers', delivery: v1Delivery(), handler: null, stages: handled },
  {
    code: 'handler_failed',
    delivery: v1Delivery(),
    handler: () => {
      throw new Error('no')
    },
    stages: handled,
  },
  {
    code: 'handler_timeout',
    delivery: v1Delivery(),
    options: { handlerTimeout: 10 },
    handler: () => new Promise(() => undefined),
    stages: handled,
  },
]

test.each(rows)(
  '$code: a span and figures',
  async ({ code, delivery, from, options, handler = () => undefined, stages }) => {
    const { callbacks, deliver, spans, metric } = recorder(options)
    if (handler) callbacks.onAny(handler)
    const report = await deliver(delivery, from)
    expect(report.code).toBe(code)

    const [span, ...others] = spans()
    expect(others).toEqual([])
    expect(span?.name).toBe('smile_id.callback')
    expect(span?.attributes).toMatchObject({ 'smile_id.code': code, 'http.response.status_code': report.status })
    expect(span?.events.map(({ name }) => name)).toEqual(stages)
    expect(span?.status.code).toBe(report.status >= 500 ? SpanStatusCode.ERROR : SpanStatusCode.UNSET)
    expect(span?.attributes['smile_id.product']).toBe(report.event?.product)
    expect(span?.attributes['smile_id.outcome']).toBe(report.event?.outcome)

    const [count] = await metric('smile_id.callbacks')
    expect(count).toMatchObject({ value: 1, attributes: { 'smile_id.code': code } })
    const [duration] = await metric('smile_id.callback.duration')
    expect(duration).toMatchObject({ value: { count: 1 } })
    expect(await metric('smile_id.callback.age')).toHaveLength(report.signedAt ? 1 : 0)
  },
)

test('deliveries are counted by code, product and outcome, and their age is in seconds', async () => {
  const { callbacks, deliver, metric } = recorder({ store: memoryStore() })
  callbacks.onAny(() => undefined)
  await deliver(v1Delivery({ timestamp: new Date(Date.parse(signedAt) - 90_000).toISOString() }))
  await deliver(v1Delivery())
  await deliver(v3Delivery({ credential: forged }))
  expect((await metric('smile_id.callbacks')).map(({ attributes, value }) => [attributes, value])).toEqual([
    [
      {
        'smile_id.code': 'accepted',
        'smile_id.generation': 'v1',
        'smile_id.kind': 'result',
        'smile_id.product': 'biometric_kyc',
        'smile_id.outcome': 'approved',
      },
      1,
    ],
    [
      {
        'smile_id.code': 'duplicate',
        'smile_id.generation': 'v1',
        'smile_id.kind': 'result',
        'smile_id.product': 'biometric_kyc',
        'smile_id.outcome': 'approved',
      },
      1,
    ],
    [{ 'smile_id.code': 'signature_mismatch', 'smile_id.generation': 'v3' }, 1],
  ])
  expect((await metric('smile_id.callback.age'))[0]).toMatchObject({ value: { sum: 90 } })
})

test('nothing of a payload, and no key, reaches a span or a figure', async () => {
  const canary = 'CANARY-91c4'
  const key = { partnerId: '085', apiKey: canary }
  const { callbacks, deliver, exported, metric } = recorder({ credentials: key })
  callbacks.onAny(() => {
    throw new Error(canary)
  })
  const payload = {
    ...v1Payload,
    [canary]: canary,
    ResultText: canary,
    FullName: canary,
    PartnerParams: { job_id: canary, job_type: 1, [canary]: canary },
  }
  await deliver(v1Delivery({ credential: key, payload }))
  await deliver(
    v3Delivery({
      credential: key,
      payload: { status: canary, product: canary, reason: canary },
      jobId: canary,
      userId: canary,
    }),
  )
  await deliver(v1Delivery({ payload }))
  await deliver({ ...v1Delivery(), body: canary })
  await metric('smile_id.callbacks')
  expect(exported()).toContain('smile_id.callback')
  expect(exported()).not.toContain(canary)
})

test('without a provider it does nothing, and harms nothing', async () => {
  expect((await receiver({ ...recordDeliveries() }).post(v1Delivery())).code).toBe('accepted')
})
