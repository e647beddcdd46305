import { inspect } from 'node:util'
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base'
import { expect, test } from 'vitest'
import * as z from 'zod'
import { PermanentError, smileIdCallbacks, type DeliveryReport, type ReportCode, type SmileIdCallbacksOptions } from '../../src/index.ts'
import { recordDeliveries } from '../../src/telemetry/opentelemetry.ts'
import { senderIp, testOptions, v1Delivery, v1Payload, v3Delivery, v3Payload } from '../support/deliveries.ts'

const canary = 'C4N4RY'
const credential = { partnerId: '085', apiKey: `${canary}-key` }
const callbackSecret = `${canary}-of-the-callback-url`

/** The canary in every value and in keys of its own, at every level. What decides the end is left as it is. */
function planted(value: unknown, keep: ReadonlySet<string>): unknown {
  if (Array.isArray(value)) return value.map((item) => planted(item, keep))
  if (typeof value !== 'object' || value === null) return typeof value === 'string' ? `${canary} ${value}` : value
  const entries = Object.entries(value).map(([key, inner]) => [key, keep.has(key) ? inner : planted(inner, keep)] as const)
  return Object.fromEntries([...entries, [`${canary}-key`, canary], [`__proto__${canary}`, { [canary]: canary }]])
}

const decisive = new Set(['ResultCode', 'job_type', 'status', 'product'])
const v1 = v1Delivery({ credential, payload: planted({ ...v1Payload, FullName: 'Ada', Photo: 'x', people: [{ name: 'Ada' }] }, decisive) as Record<string, unknown> })
const v3 = v3Delivery({ credential, payload: planted({ ...v3Payload, id_fields: { full_name: 'Ada' } }, decisive) as Record<string, unknown>, jobId: `${canary}-job`, userId: `${canary}-user` })
const unknown = v3Delivery({ credential, payload: { [canary]: canary }, jobId: `${canary}-job` })
const wrongKey = v3Delivery({ credential: { ...credential, apiKey: `${canary}-other` }, payload: planted(v3Payload, decisive) as Record<string, unknown> })
const oops = () => { throw Object.assign(new Error(`${canary} in a handler`, { cause: new Error(canary) }), { [canary]: canary }) }

type Case = [code: ReportCode, delivery: typeof v1, options?: Partial<SmileIdCallbacksOptions>, handler?: () => unknown]

const cases: Case[] = [
  ['accepted', v1],
  ['accepted', v3],
  ['accepted', v1, { partnerParams: z.looseObject({ job_id: z.string() }) as never }],
  ['handler_failed', v1, {}, oops],
  ['handler_rejected', v3, {}, () => { throw new PermanentError(`${canary} is closed`) }],
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
  ['contradicted', v1, { confirm: () => 'contradicted' }],
  ['not_confirmed', v1, { confirm: oops }],
  ['store_unavailable', v1, { store: { reserve: oops, complete: oops, release: oops, forget: oops } }],
  ['inbox_unavailable', v1, { inbox: { add: oops } }],
  ['ip_not_allowed', v1, { allowedIps: '10.0.0.1' }],
]

test.each(cases)('%s: the canary is in nothing that comes out', async (code, delivery, options = {}, handler = () => undefined) => {
  const out: unknown[] = []
  const logger = { warn: (...line: unknown[]) => void out.push(line), error: (...line: unknown[]) => void out.push(line), debug: (...line: unknown[]) => void out.push(line) }
  const exporter = new InMemorySpanExporter()
  const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] })
  const telemetry = recordDeliveries({ tracer: provider.getTracer('test') })
  const onDelivery = (report: DeliveryReport) => {
    out.push(report)
    telemetry(report)
  }
  const callbacks = smileIdCallbacks({ ...testOptions, credentials: credential, logger, onDelivery, ...options })
  callbacks.onAny(handler)
  callbacks.onUnrecognized(() => undefined)
  const url = `https://receiver.test/smile-id?ref=${canary}&tag=${canary}`
  const response = await callbacks.fetch(new Request(url, delivery), { clientIp: senderIp })
  out.push(await callbacks.receive({ ...delivery, url, clientIp: senderIp }))
  out.push(response.status, [...response.headers], await response.text())
  out.push(exporter.getFinishedSpans().map(({ name, attributes, events, status }) => ({ name, attributes, events, status })))
  expect(inspect(out, { depth: 30, showHidden: true, getters: true, maxArrayLength: null, maxStringLength: null })).not.toContain(canary)
  expect(JSON.stringify(out)).not.toContain(canary)
  expect(out).toContainEqual(expect.objectContaining({ code }))
  expect(inspect(callbacks, { depth: 30, showHidden: true })).not.toContain(canary)
})
