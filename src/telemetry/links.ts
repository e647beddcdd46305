import { createTraceState, trace, type Context, type Link, type SpanContext } from '@opentelemetry/api'
import type { TraceContext } from '../inbox/message.ts'

/** The open span, as the headers of W3C Trace Context write it. */
export function traceContextOf(context: Context): TraceContext | undefined {
  const span = trace.getSpanContext(context)
  if (!span || !trace.isSpanContextValid(span)) return undefined
  const tracestate = span.traceState?.serialize()
  return { traceparent: `00-${span.traceId}-${span.spanId}-${span.traceFlags.toString(16).padStart(2, '0')}`, ...(tracestate && { tracestate }) }
}

/** A link to the span that a message names; none where it names none. */
export function linksTo(stored: TraceContext | undefined): Link[] {
  const [, traceId = '', spanId = '', flags = '00'] = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/.exec(String(stored?.traceparent)) ?? []
  const context: SpanContext = { traceId, spanId, traceFlags: Number.parseInt(flags, 16), isRemote: true, ...(stored?.tracestate !== undefined && { traceState: createTraceState(stored.tracestate) }) }
  return trace.isSpanContextValid(context) ? [{ context }] : []
}
