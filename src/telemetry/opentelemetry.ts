import {
  context,
  type Context,
  createTraceState,
  type Link,
  type Span,
  type SpanContext,
  SpanKind,
  SpanStatusCode,
  trace,
  type Tracer,
} from '@opentelemetry/api'
import type { DispatchFacts, DispatchReport } from '../inbox/dispatch.ts'
import type { TraceContext } from '../inbox/message.ts'
import { checkOptions, type ChecksOf, having } from '../lib/check.ts'
import { type Hooks, hooksKey } from '../report/hooks.ts'
import type { DeliveryReport } from '../report/report.ts'
import {
  isFailure,
  labelOf,
  makeFigures,
  meterChecks,
  meterOf,
  type MeterOption,
  scope,
  wordsOf,
  wordsOfDispatch,
} from './figures.ts'

export type { MeterOption } from './figures.ts'
export { recordDrift, recordReconcile } from './figures.ts'

/** Options for spans and metrics. */
export interface TelemetryOptions extends MeterOption {
  /** Default: the tracer `express-smile-id` of the global provider. */
  readonly tracer?: Tracer | undefined
}

const checks = {
  ...meterChecks,
  tracer: having<Tracer>(['startSpan'], 'a tracer of OpenTelemetry'),
} satisfies ChecksOf<TelemetryOptions>

/**
 * For the option `onDelivery`, in receivers and in workers: records every delivery and every dispatch in OpenTelemetry.
 *
 * - a span `smile_id.callback`, from receipt to answer, with the stages as events; INTERNAL inside a span of the HTTP
 *   server
 * - a span `smile_id.dispatch` for each attempt at a stored event, linked to the delivery's
 * - the spans of your handlers are their children, if a context manager is registered, as the SDK for Node does
 * - counters `smile_id.callbacks`, `smile_id.dispatches`, `smile_id.dead_letters`, `smile_id.contradictions`
 * - histograms in s: `smile_id.callback.duration`, `smile_id.callback.age` (signature to receipt),
 *   `smile_id.dispatch.duration`, `smile_id.handled.age` (signature to the handlers' end)
 *
 * All carry the code and, as far as they are known, generation, kind, product, outcome and environment; spans also the
 * credential's label. None carries an id of a job or a user, or anything of a payload.
 * @example
 * import { smileIdCallbacks } from 'express-smile-id'
 * import { recordDeliveries } from 'express-smile-id/opentelemetry'
 *
 * const callbacks = smileIdCallbacks({ credentials, onDelivery: recordDeliveries() })
 * @throws SmileIdConfigError for options that cannot work
 */
export function recordDeliveries(options?: TelemetryOptions): (report: DeliveryReport) => void {
  const { tracer, meter } = checkOptions(options, checks)
  const spans = tracer ?? trace.getTracer(scope)
  const figures = makeFigures(meterOf(meter))
  const listener = (report: DeliveryReport): void => {
    // Called as a plain listener: then the span is created afterwards, and has no children.
    const endMs = Date.now()
    const startMs = endMs - report.durationMs
    endDelivery(startDelivery(spans, context.active(), startMs), report, startMs, endMs)
    figures.delivery(report)
  }
  const hooks: Hooks = {
    async delivery(run) {
      const startMs = Date.now()
      const span = startDelivery(spans, context.active(), startMs)
      const report = await context.with(trace.setSpan(context.active(), span), run)
      endDelivery(span, report, startMs, startMs + report.durationMs)
      figures.delivery(report)
      return report
    },
    current: () => traceContextOf(context.active()),
    async dispatch(facts, run) {
      const started = performance.now()
      const span = startDispatch(spans, facts)
      const settle = (code: string) => {
        span.setAttribute('smile_id.code', code)
        if (isFailure(code)) span.setStatus({ code: SpanStatusCode.ERROR, message: code })
        span.end()
        figures.dispatch(facts, code, performance.now() - started)
      }
      let report: DispatchReport
      try {
        report = await context.with(trace.setSpan(context.active(), span), run)
      } catch (error) {
        settle(codeOf(error))
        throw error
      }
      settle(report.code)
      return report
    },
  }
  return Object.assign(listener, { [hooksKey]: hooks })
}

/** A DispatchError's code; nothing of any other error. */
function codeOf(error: unknown): string {
  const { name, code } = error as { name?: unknown; code?: unknown }
  return name === 'DispatchError' ? String(code) : 'internal_error'
}

function startDelivery(tracer: Tracer, around: Context, startTime: number): Span {
  // The receiver's clock may be a test's: spans use the real one.
  return tracer.startSpan(
    'smile_id.callback',
    { kind: trace.getSpan(around) ? SpanKind.INTERNAL : SpanKind.SERVER, startTime },
    around,
  )
}

function endDelivery(span: Span, report: DeliveryReport, startMs: number, endMs: number): void {
  const { code, status, stages, event, claim, inbox, credential } = report
  span.setAttributes({
    ...wordsOf(report),
    ...labelOf(credential?.label),
    'http.response.status_code': status,
    ...(event && { 'smile_id.event_id': event.id }),
    ...(claim && { 'smile_id.claim': claim.reservation }),
    ...(inbox && { 'smile_id.inbox': inbox }),
  })
  for (const { name, atMs } of stages) span.addEvent(name, undefined, startMs + atMs)
  if (status >= 500) span.setStatus({ code: SpanStatusCode.ERROR, message: code })
  span.end(endMs)
}

function startDispatch(tracer: Tracer, facts: DispatchFacts): Span {
  return tracer.startSpan('smile_id.dispatch', {
    kind: SpanKind.CONSUMER,
    links: linksTo(facts.trace),
    attributes: { ...wordsOfDispatch(facts), ...labelOf(facts.credential?.label), 'smile_id.event_id': facts.id },
  })
}

/** The active span, as headers of W3C Trace Context. */
function traceContextOf(context: Context): TraceContext | undefined {
  const span = trace.getSpanContext(context)
  if (!span || !trace.isSpanContextValid(span)) return undefined
  const tracestate = span.traceState?.serialize()
  return {
    traceparent: `00-${span.traceId}-${span.spanId}-${span.traceFlags.toString(16).padStart(2, '0')}`,
    ...(tracestate && { tracestate }),
  }
}

/** A link to the span that a message names, if any. */
function linksTo(stored: TraceContext | undefined): Link[] {
  const [, traceId = '', spanId = '', flags = '00'] =
    /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/.exec(String(stored?.traceparent)) ?? []
  const context: SpanContext = {
    traceId,
    spanId,
    traceFlags: Number.parseInt(flags, 16),
    isRemote: true,
    ...(stored?.tracestate !== undefined && { traceState: createTraceState(stored.tracestate) }),
  }
  return trace.isSpanContextValid(context) ? [{ context }] : []
}
