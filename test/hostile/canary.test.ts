import { EffectError } from '../../src/errors.ts'
import { Readable } from 'node:stream'
import { inspect } from 'node:util'
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base'
import { describe, expect, test } from 'vitest'
import * as z from 'zod'
import {
  memoryStore,
  PermanentError,
  smileIdCallbacks,
  type DeliveryReport,
  type OnDelivery,
  type ReportCode,
  type SmileIdCallbacksOptions,
} from '../../src/index.ts'
import { answerOf } from '../../src/doors/answer.ts'
import { codes } from '../../src/report/codes.ts'
import { recordDeliveries } from '../../src/telemetry/opentelemetry.ts'
import {
  forgetful,
  senderIp,
  testOptions,
  v1Delivery,
  v1Payload,
  v3Delivery,
  v3Payload,
} from '../support/deliveries.ts'

const canary = 'C4N4RY'
const credential = { partnerId: '085', apiKey: `${canary}-key` }
const callbackSecret = `${canary}-of-the-callback-url`

/** The canary in every value and in keys of its own, at every level. What decides the end is left as it is. */
function planted(value: unknown, keep: ReadonlySet<string>): unknown {
  if (Array.isArray(value)) return value.map((item) => planted(item, keep))
  if (typeof value !== 'object' || value === null) return typeof value === 'string' ? `${canary} ${value}` : value
  const entries = Object.entries(value).map(
    ([key, inner]) => [key, keep.has(key) ? inner : planted(inner, keep)] as const,
  )
  return Object.fromEntries([...entries, [`${canary}-key`, canary], [`__proto__${canary}`, { [canary]: canary }]])
}

const decisive = new Set(['ResultCode', 'job_type', 'status', 'product'])
const v1 = v1Delivery({
  credential,
  payload: planted({ ...v1Payload, FullName: 'Ada', Photo: 'x', fiduciaries: [{ name: 'Ada' }] }, decisive) as Record<
    string,
    unknown
  >,
})
const v3 = v3Delivery({
  credential,
  payload: planted({ ...v3Payload, id_fields: { full_name: 'Ada' } }, decisive) as Record<string, unknown>,
  jobId: `${canary}-job`,
  userId: `${canary}-user`,
})
const unknown = v3Delivery({ credential, payload: { [canary]: canary }, jobId: `${canary}-job` })
const wrongKey = v3Delivery({
  credential: { ...credential, apiKey: `${canary}-other` },
  payload: planted(v3Payload, decisive) as Record<string, unknown>,
})
const oops = () => {
  throw Object.assign(new Error(`${canary} in a handler`, { cause: new Error(canary) }), { [canary]: canary })
}

type Case = [code: ReportCode, delivery: typeof v1, options?: Partial<SmileIdCallbacksOptions>, handler?: () => unknown]

const cases: Case[] = [
  ['accepted', v1],
  ['accepted', v3],
  ['accepted', v1, { partnerParams: z.looseObject({ job_id: z.string() }) as never }],
  ['handler_failed', v1, {}, oops],
  [
    'handler_rejected',
    v3,
    {},
    () => {
      throw new PermanentError(`${canary} is closed`)
    },
  ],
  [
    'verdict_conflict',
    v1,
    {},
    () => {
      throw new EffectError('verdict_conflict', 'One verdict for two recipients.', 'other', {
        cause: new Error(canary),
      })
    },
  ],
  ['handler_timeout', v1, { handlerTimeout: 10 }, () => new Promise(() => undefined)],
  ['unrecognized_payload', unknown],
  ['invalid_partner_params', v1, { partnerParams: z.strictObject({ age: z.number() }) as never }],
  ['internal_error', v1, { partnerParams: { '~standard': { version: 1, vendor: 'test', validate: oops } } as never }],
  ['internal_error', v1, { eventId: oops }],
  ['signature_mismatch', wrongKey],
  ['signature_missing', { ...v1, body: JSON.stringify({ [canary]: canary }) }],
  ['malformed_json', { ...v3, body: `{"${canary}": ${canary}` }],
  ['malformed_json', { ...v1, body: canary }],
  ['body_too_complex', { ...v1, body: '['.repeat(70) + `"${canary}"` }],
  ['body_too_large', v1, { maxBodySize: 100 }],
  ['unsupported_media_type', { ...v1, headers: { 'Content-Type': canary } }],
  ['headers_too_large', { ...v3, headers: { ...v3.headers, 'Job-ID': canary.repeat(200) } }],
  ['timestamp_invalid', v3Delivery({ credential, timestamp: canary })],
  ['timestamp_expired', v1, { now: () => testOptions.now() + 86_400_000 }],
  ['credentials_unavailable', v3, { credentials: oops }],
  ['callback_url_mismatch', v1, { callbackSecret }],
  ['contradicted', v1, { confirm: { ask: () => 'contradicted' } }],
  ['not_confirmed', v1, { confirm: { ask: oops } }],
  ['store_unavailable', v1, { store: { reserve: oops, complete: oops, release: oops, forget: oops } }],
  ['inbox_unavailable', v1, { inbox: { add: oops } }],
  ['ip_not_allowed', v1, { allowedIps: '10.0.0.1' }],
  ['method_not_allowed', { ...v1, method: 'GET' }],
  ['timestamp_in_future', v3, { now: () => testOptions.now() - 86_400_000 }],
  ['duplicate', v1, { store: memoryStore() }],
  ['in_progress', v1, { store: { ...forgetful, reserve: () => Promise.resolve('in_progress') } }],
  ['unhandled', v1],
  ['no_handlers', v3],
  ['shutting_down', v1],
]
const arrivals = ['body_incomplete', 'body_timeout', 'too_many_bodies'] as const

/** Everything that comes out of a receiver: log lines, reports, spans; what else there is goes to `out`, too. */
function watched(options: Partial<SmileIdCallbacksOptions>) {
  const out: unknown[] = []
  const line = (...parts: unknown[]) => void out.push(parts)
  const exporter = new InMemorySpanExporter()
  const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] })
  const telemetry = recordDeliveries({ tracer: provider.getTracer('test') })
  const onDelivery: OnDelivery = (report, context) => {
    out.push(report)
    telemetry.onDelivery(report, context)
  }
  const callbacks = smileIdCallbacks({
    ...testOptions,
    credentials: credential,
    logger: { warn: line, error: line, debug: line },
    onDelivery,
    around: telemetry.around,
    ...options,
  })
  callbacks.onUnrecognized(() => undefined)
  const check = () => {
    out.push(
      exporter.getFinishedSpans().map(({ name, attributes, events, status }) => ({ name, attributes, events, status })),
    )
    expectClean(out)
    expectClean(callbacks)
  }
  return { callbacks, out, check }
}

function expectClean(value: unknown): void {
  expect(
    inspect(value, { depth: 30, showHidden: true, getters: true, maxArrayLength: null, maxStringLength: null }),
  ).not.toContain(canary)
  expect(JSON.stringify(value)).not.toContain(canary)
}

const url = `https://receiver.test/smile-id?ref=${canary}&tag=${canary}`

test.each(cases)(
  '%s: the canary is in nothing that comes out',
  async (code, delivery, options = {}, handler = () => undefined) => {
    const { callbacks, out, check } = watched(options)
    if (code !== 'no_handlers')
      callbacks[code === 'unhandled' ? 'onJob' : 'onAny'](
        ...((code === 'unhandled' ? ['another', handler] : [handler]) as [never, never]),
      )
    if (code === 'shutting_down') await callbacks.close()
    const isBodiless = ['GET', 'HEAD'].includes(delivery.method)
    const response = await callbacks.fetch(new Request(url, isBodiless ? { ...delivery, body: null } : delivery), {
      clientIp: senderIp,
    })
    out.push(await callbacks.receive({ ...delivery, url, clientIp: senderIp }))
    out.push(response.status, [...response.headers], await response.text())
    check()
    expect(out).toContainEqual(expect.objectContaining({ code }))
  },
)

describe('bodies that do not arrive', () => {
  const arriving = () => {
    const body = new Readable({ read: () => undefined })
    body.push(`{"${canary}":"${canary.repeat(2_000)}`)
    return body
  }
  const half: Record<
    (typeof arrivals)[number],
    (callbacks: ReturnType<typeof watched>['callbacks']) => Promise<DeliveryReport>
  > = {
    body_timeout: (callbacks) => callbacks.receive({ ...v1, body: arriving(), clientIp: senderIp }),
    body_incomplete: (callbacks) => {
      const body = arriving()
      setImmediate(() => body.destroy(new Error(canary)))
      return callbacks.receive({ ...v1, body, clientIp: senderIp })
    },
    too_many_bodies: async (callbacks) => {
      const first = callbacks.receive({ ...v1, body: arriving(), clientIp: senderIp })
      const second = await callbacks.receive({ ...v1, body: arriving(), clientIp: senderIp })
      await first
      return second
    },
  }
  test.each(arrivals)('%s', async (code) => {
    const { callbacks, out, check } = watched({ bodyTimeout: 60, maxUnverifiedBytes: 15_000 })
    const report = await half[code](callbacks)
    expect(report.code).toBe(code)
    out.push(report, answerOf(report))
    check()
  })
})

test('no code is left out', () => {
  expect([...new Set([...cases.map(([code]) => code), ...arrivals])].sort()).toEqual(Object.keys(codes).sort())
})

describe('errors that are thrown', () => {
  const failing = { reserve: oops, complete: oops, release: oops, forget: oops }
  const stored = async (): Promise<unknown> => {
    const messages: unknown[] = []
    await smileIdCallbacks({
      ...testOptions,
      credentials: credential,
      inbox: { add: (message) => Promise.resolve(messages.push(message)) },
    }).receive({ ...v1, clientIp: senderIp })
    return messages[0]
  }
  const make = (options: object = {}) => smileIdCallbacks({ ...testOptions, credentials: credential, ...options })
  test.each<[string, () => unknown]>([
    [
      'a handler in a worker',
      async () => {
        const callbacks = make()
        callbacks.onAny(oops)
        return callbacks.dispatch(await stored())
      },
    ],
    [
      'a handler in a worker that takes too long',
      async () => {
        const callbacks = make()
        callbacks.onAny(() => new Promise(() => undefined))
        return callbacks.dispatch(await stored(), { timeout: 10 })
      },
    ],
    ['a worker without handlers', async () => make().dispatch(await stored())],
    ['a message that is none', () => make().dispatch({ version: 1, id: canary, event: canary })],
    [
      'a schema in a worker',
      async () => {
        const callbacks = make({ partnerParams: z.unknown().transform(oops) })
        callbacks.onAny(() => undefined)
        return callbacks.dispatch(await stored())
      },
    ],
    ['forget, with a store that fails', () => make({ store: failing }).forget(canary)],
    ['forget, with an inbox that fails', () => make({ inbox: { add: oops, forget: oops } }).forget(canary)],
    ['a credential of the wrong form', () => make({ credentials: { partnerId: canary, apiKey: [canary] } })],
    ['an environment that is no text', () => make({ credentials: { ...credential, environment: [canary] } })],
    ['a callback secret that is too short', () => make({ callbackSecret: canary })],
    ['a callback secret of another type', () => make({ callbackSecret: { canary } })],
    ['a callback URL that is none', () => make({ callbackSecret }).urlFor(canary, canary)],
    ['a callback URL without a secret', () => make().urlFor('https://receiver.test', canary)],
  ])('%s', async (_, act) => {
    const error: unknown = await new Promise((resolve) => resolve(act())).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(Error)
    const { message, stack } = error as Error
    // Its cause is the app's own error, whole.
    expectClean([message, stack, Object.entries(error as object), JSON.stringify(error)])
  })
})
