import { metrics, SpanKind, SpanStatusCode, trace, type Attributes, type Meter, type Tracer } from '@opentelemetry/api'
import { having } from '../lib/check.ts'
import { checkOptions, type ChecksOf } from '../lib/check-options.ts'
import type { DeliveryReport } from '../report/report.ts'

/** Where spans and figures go. */
export interface TelemetryOptions {
  /** Default: the tracer `express-smile-id` of the global provider. */
  readonly tracer?: Tracer | undefined
  /** Default: the meter `express-smile-id` of the global provider. */
  readonly meter?: Meter | undefined
}

const checks = {
  tracer: having<Tracer>(['startSpan'], 'a tracer of OpenTelemetry'),
  meter: having<Meter>(['createCounter', 'createHistogram'], 'a meter of OpenTelemetry'),
} satisfies ChecksOf<TelemetryOptions>

const scope = 'express-smile-id'

/**
 * A listener for the option `onDelivery` that tells OpenTelemetry of every delivery:
 *
 * - a span `smile_id.callback`, from receipt to answer, with the stages as events; an error for answers of 500 and up
 * - counter `smile_id.callbacks`
 * - histogram `smile_id.callback.duration`, s: what the delivery took
 * - histogram `smile_id.callback.age`, s: from the signature to its receipt, for verified deliveries
 *
 * All carry the code, and as far as they are known generation, kind, product and outcome. None carries an id of a
 * job or a user, or anything of a payload.
 * @throws SmileIdConfigError for options that cannot work
 */
export function recordDeliveries(options?: TelemetryOptions): (report: DeliveryReport) => void {
  const { tracer, meter } = checkOptions(options, checks)
  const spans = tracer ?? trace.getTracer(scope)
  const figures = meter ?? metrics.getMeter(scope)
  const callbacks = figures.createCounter('smile_id.callbacks', { description: 'Deliveries, by what became of them', unit: '{delivery}' })
  const duration = figures.createHistogram('smile_id.callback.duration', { description: 'From receipt to answer', unit: 's' })
  const age = figures.createHistogram('smile_id.callback.age', { description: 'From signature to receipt', unit: 's' })

  return (report) => {
    const attributes = attributesOf(report)
    callbacks.add(1, attributes)
    duration.record(report.durationMs / 1000, attributes)
    if (report.signedAt) age.record((report.receivedAt.getTime() - report.signedAt.getTime()) / 1000, attributes)
    recordSpan(spans, report, attributes)
  }
}

function recordSpan(tracer: Tracer, { code, status, durationMs, stages, event, claim }: DeliveryReport, attributes: Attributes): void {
  // The receiver's clock may be a test's: spans stand on the real one.
  const end = Date.now()
  const start = end - durationMs
  const span = tracer.startSpan('smile_id.callback', {
    kind: SpanKind.SERVER,
    startTime: start,
    attributes: {
      ...attributes,
      'http.response.status_code': status,
      ...(event && { 'smile_id.event_id': event.id }),
      ...(claim && { 'smile_id.claim': claim.reservation }),
    },
  })
  for (const { name, atMs } of stages) span.addEvent(name, undefined, start + atMs)
  if (status >= 500) span.setStatus({ code: SpanStatusCode.ERROR, message: code })
  span.end(end)
}

function attributesOf({ code, generation, event }: DeliveryReport): Attributes {
  return {
    'smile_id.code': code,
    ...(generation && { 'smile_id.generation': generation }),
    ...(event && { 'smile_id.kind': event.kind, 'smile_id.product': event.product }),
    ...(event?.outcome && { 'smile_id.outcome': event.outcome }),
  }
}
