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
import type { Around, AroundContext } from '../inbox/dispatch.ts'
import type { AttemptReport } from '../inbox/attempt.ts'
import type { TraceContext } from '../inbox/message.ts'
import { definedOnly } from '../lib/json.ts'
import { checkOptions, type ChecksOf, having } from '../lib/check.ts'
import type { OnDelivery } from '../receive/config.ts'
import type { DeliveryReport } from '../report/report.ts'
import type { SmileIdEvent } from '../types/event.ts'
import { isFailure, labelOf, makeFigures, meterChecks, type MeterOption, scope, wordsOf } from './figures.ts'

export { type MeterOption, recordDrift, recordReconcile } from './figures.ts'

/** Options for spans and metrics. */
export interface TelemetryOptions extends MeterOption {
  /** Default: the tracer `express-smile-id` of the global provider. */
  readonly tracer?: Tracer | undefined
}

/** Made by `recordDeliveries`, for the options of the same names. */
export interface Telemetry {
  /** Ends the delivery's span, and counts it. */
  readonly onDelivery: OnDelivery<SmileIdEvent<unknown>>
  /** Counts the attempts of a worker. */
  readonly onDispatch: (report: AttemptReport) => void
  /** Makes spans that those of handlers are children of. */
  readonly around: Around<SmileIdEvent<unknown>>
}

const checks = {
  ...meterChecks,
  tracer: having<Tracer>(['startSpan'], 'a tracer of OpenTelemetry'),
} satisfies ChecksOf<TelemetryOptions>

/**
 * For the options `onDelivery`, `onDispatch` and `around`, in receivers and in workers: records every delivery, and
 * every attempt at a stored event, in OpenTelemetry.
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
 * const callbacks = smileIdCallbacks({ credentials, ...recordDeliveries() })
 *
 * // beside a listener of your own
 * const { onDelivery, ...others } = recordDeliveries()
 * smileIdCallbacks({ credentials, ...others, onDelivery: [onDelivery, (report) => console.log(report.code)] })
 * @throws SmileIdConfigError for options that cannot work
 */
export function recordDeliveries(options?: TelemetryOptions): Telemetry {
  const { tracer: spans = trace.getTracer(scope), meter } = checkOptions(options, checks)
  const figures = makeFigures(meter)
  const spansOf = new WeakMap<object, Span>()
  return {
    onDelivery(report, delivered) {
      const endMs = Date.now()
      const startMs = endMs - report.durationMs
      const begun = delivered.event && spansOf.get(delivered.event)
      endDelivery(begun ?? startDelivery(spans, context.active(), startMs), report, startMs, endMs)
      figures.delivery(report)
    },
    onDispatch: (report) => figures.dispatch(report),
    async around(run, about) {
      const { event, stage, startedAt, trace: carried } = about
      const isDispatch = stage === 'dispatch'
      let span: Span | undefined
      let inside = context.active()
      quietly(() => {
        // An answer to `reconcile` is not a delivery, and has no span.
        if (isDispatch) span = startDispatch(spans, about)
        else if (event.delivery.origin === 'callback') span = startDelivery(spans, inside, startedAt)
        if (span) inside = trace.setSpan(inside, span)
        if (span && !isDispatch) spansOf.set(event, span)
        if (stage === 'inbox') Object.assign(carried, traceContextOf(inside))
      })
      let going: Promise<void> | undefined
      quietly(() => context.with(inside, () => (going = run())))
      let code = 'accepted'
      try {
        await (going ?? run())
      } catch (error) {
        code = codeOf(error)
        throw error
      } finally {
        if (isDispatch)
          quietly(() => {
            span?.setAttribute('smile_id.code', code)
            if (isFailure(code)) span?.setStatus({ code: SpanStatusCode.ERROR, message: code })
            span?.end()
          })
      }
    },
  }
}

/** A failure of telemetry fails no event. */
function quietly(act: () => unknown): void {
  try {
    act()
  } catch {
    // A tracer or meter that throws; only its owner can mend it, and its own log says so.
  }
}

/** Report code of a rejection of `run`. */
function codeOf(error: unknown): string {
  const { name } = (error ?? {}) as { name?: unknown }
  return name === 'PermanentError' ? 'handler_rejected' : name === 'TimeoutError' ? 'handler_timeout' : 'handler_failed'
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
    ...wordsOf(report, credential?.environment),
    ...labelOf(credential?.label),
    'http.response.status_code': status,
    ...definedOnly({ 'smile_id.event_id': event?.id, 'smile_id.claim': claim?.reservation, 'smile_id.inbox': inbox }),
  })
  for (const { name, atMs } of stages) span.addEvent(name, undefined, startMs + atMs)
  if (status >= 500) span.setStatus({ code: SpanStatusCode.ERROR, message: code })
  span.end(endMs)
}

function startDispatch(tracer: Tracer, about: AroundContext<SmileIdEvent<unknown>>): Span {
  const { generation, credential } = about.event.delivery
  return tracer.startSpan('smile_id.dispatch', {
    kind: SpanKind.CONSUMER,
    links: linksTo(about.trace),
    attributes: {
      ...wordsOf({ generation, event: about.event }, credential.environment),
      ...labelOf(credential.label),
      'smile_id.event_id': about.event.id,
    },
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
function linksTo(stored: Partial<TraceContext>): Link[] {
  const [, traceId = '', spanId = '', flags = '00'] =
    /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/.exec(String(stored.traceparent)) ?? []
  const context: SpanContext = {
    traceId,
    spanId,
    traceFlags: Number.parseInt(flags, 16),
    isRemote: true,
    ...(stored.tracestate !== undefined && { traceState: createTraceState(stored.tracestate) }),
  }
  return trace.isSpanContextValid(context) ? [{ context }] : []
}
