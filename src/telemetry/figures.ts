import { metrics, type Meter } from '@opentelemetry/api'
import { having } from '../lib/check.ts'
import type { ChecksOf } from '../lib/check-options.ts'
import type { DeliveryReport } from '../report/report.ts'
import type { DispatchFacts } from '../inbox/dispatch.ts'
import { wordsOf, wordsOfDispatch } from './attributes.ts'

export const scope = 'express-smile-id'

/** Where figures go. */
export interface MeterOption {
  /** Default: the meter `express-smile-id` of the global provider. */
  readonly meter?: Meter | undefined
}

export const meterChecks = { meter: having<Meter>(['createCounter', 'createHistogram'], 'a meter of OpenTelemetry') } satisfies ChecksOf<MeterOption>

export const meterOf = (meter: Meter | undefined): Meter => meter ?? metrics.getMeter(scope)

/** The counters and histograms of deliveries and dispatches. */
export interface Figures {
  delivery(report: DeliveryReport): void
  dispatch(facts: DispatchFacts, code: string, durationMs: number): void
}

export function makeFigures(meter: Meter): Figures {
  const callbacks = meter.createCounter('smile_id.callbacks', { description: 'Deliveries, by what became of them', unit: '{delivery}' })
  const duration = meter.createHistogram('smile_id.callback.duration', { description: 'From receipt to answer', unit: 's' })
  const age = meter.createHistogram('smile_id.callback.age', { description: 'From signature to receipt', unit: 's' })
  const handled = meter.createHistogram('smile_id.handled.age', { description: "From signature to the handlers' end", unit: 's' })
  const contradictions = meter.createCounter('smile_id.contradictions', { description: 'Deliveries that Smile ID contradicts', unit: '{delivery}' })
  const dispatches = meter.createCounter('smile_id.dispatches', { description: 'Tries of stored events, by what became of them', unit: '{dispatch}' })
  const dispatchDuration = meter.createHistogram('smile_id.dispatch.duration', { description: 'What the handlers of a stored event took', unit: 's' })
  const dead = meter.createCounter('smile_id.dead_letters', { description: 'Stored events that were given up', unit: '{event}' })
  const seconds = (ms: number) => Math.max(0, ms) / 1000
  return {
    delivery(report) {
      const { code, durationMs, signedAt, receivedAt, handlers } = report
      const words = wordsOf(report)
      callbacks.add(1, words)
      duration.record(durationMs / 1000, words)
      if (code === 'contradicted') contradictions.add(1, words)
      if (!signedAt) return
      const ageMs = receivedAt.getTime() - signedAt.getTime()
      age.record(seconds(ageMs), words)
      if (code === 'accepted' && handlers) handled.record(seconds(ageMs + durationMs), words)
    },
    dispatch(facts, code, durationMs) {
      const words = { ...wordsOfDispatch(facts), 'smile_id.code': code }
      dispatches.add(1, words)
      dispatchDuration.record(seconds(durationMs), words)
      if (code === 'accepted') handled.record(seconds(Date.now() - facts.signedAt.getTime()), words)
      if (isFailure(code) && facts.isLastTry) dead.add(1, words)
    },
  }
}

/** Codes of a dispatch that needs no other try. */
const settled: ReadonlySet<string> = new Set(['accepted', 'unhandled', 'handler_rejected'])

export const isFailure = (code: string): boolean => !settled.has(code)
