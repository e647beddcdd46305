import { type Attributes, type Meter, metrics } from '@opentelemetry/api'
import type { AroundContext } from '../inbox/around.ts'
import type { SmileIdEvent } from '../types/event.ts'
import { checkOptions, type ChecksOf, having } from '../lib/check.ts'
import type { Drift } from '../payload/notes.ts'
import type { DeliveryReport } from '../report/report.ts'

export const scope = 'express-smile-id'

/** Options for metrics. */
export interface MeterOption {
  /** Default: the meter `express-smile-id` of the global provider. */
  readonly meter?: Meter | undefined
}

export const meterChecks = {
  meter: having<Meter>(['createCounter', 'createHistogram'], 'a meter of OpenTelemetry'),
} satisfies ChecksOf<MeterOption>

export const meterOf = (meter: Meter | undefined): Meter => meter ?? metrics.getMeter(scope)

/** Counters and histograms of deliveries and dispatches. */
export interface Figures {
  delivery(report: DeliveryReport): void
  dispatch(about: AroundContext<SmileIdEvent<unknown>>, code: string, durationMs: number): void
}

export function makeFigures(meter: Meter): Figures {
  const callbacks = meter.createCounter('smile_id.callbacks', {
    description: 'Deliveries, by result',
    unit: '{delivery}',
  })
  const duration = meter.createHistogram('smile_id.callback.duration', {
    description: 'From receipt to answer',
    unit: 's',
  })
  const age = meter.createHistogram('smile_id.callback.age', { description: 'From signature to receipt', unit: 's' })
  const handled = meter.createHistogram('smile_id.handled.age', {
    description: "From signature to the handlers' end",
    unit: 's',
  })
  const contradictions = meter.createCounter('smile_id.contradictions', {
    description: 'Deliveries that Smile ID contradicts',
    unit: '{delivery}',
  })
  const conflicts = meter.createCounter('smile_id.verdict_conflicts', {
    description: 'Verdicts that came before for another recipient, in deliveries and dispatches',
    unit: '{event}',
  })
  const dispatches = meter.createCounter('smile_id.dispatches', {
    description: 'Attempts at stored events, by result',
    unit: '{dispatch}',
  })
  const dispatchDuration = meter.createHistogram('smile_id.dispatch.duration', {
    description: 'Duration of the handlers of a stored event',
    unit: 's',
  })
  const dead = meter.createCounter('smile_id.dead_letters', {
    description: 'Stored events whose last attempt failed',
    unit: '{event}',
  })
  const seconds = (ms: number) => Math.max(0, ms) / 1000
  return {
    delivery(report) {
      const { code, durationMs, signedAt, receivedAt, handlers } = report
      const words = wordsOf(report)
      callbacks.add(1, words)
      duration.record(durationMs / 1000, words)
      if (code === 'contradicted') contradictions.add(1, words)
      if (report.verdictConflict) conflicts.add(1, words)
      if (!signedAt) return
      const ageMs = receivedAt.getTime() - signedAt.getTime()
      age.record(seconds(ageMs), words)
      if (code === 'accepted' && handlers) handled.record(seconds(ageMs + durationMs), words)
    },
    dispatch({ event, isLastTry }, code, durationMs) {
      const words = { ...wordsOfDispatch(event), 'smile_id.code': code }
      dispatches.add(1, words)
      if (code === 'verdict_conflict') conflicts.add(1, words)
      dispatchDuration.record(seconds(durationMs), words)
      if (code === 'accepted') handled.record(seconds(Date.now() - event.delivery.signedAt.getTime()), words)
      if (isFailure(code) && isLastTry) dead.add(1, words)
    },
  }
}

/** Codes of a dispatch that needs no retry. */
const settled: ReadonlySet<string> = new Set(['accepted', 'unhandled', 'handler_rejected'])

export const isFailure = (code: string): boolean => !settled.has(code)

/** Attributes from fixed sets, and the environment as you named it: for metrics. */
export function wordsOf({ code, generation, event, credential }: DeliveryReport): Attributes {
  return { 'smile_id.code': code, ...common(generation, event, credential?.environment) }
}

export function wordsOfDispatch(event: SmileIdEvent<unknown>): Attributes {
  const { kind, product, delivery } = event
  const outcome = event.kind === 'result' ? event.outcome : undefined
  return common(delivery.generation, { kind, product, outcome }, delivery.credential.environment)
}

/** The credential's label may be one of many tenants: for spans only. */
export const labelOf = (label: string | undefined): Attributes =>
  label === undefined ? {} : { 'smile_id.credential': label }

function common(
  generation: string | undefined,
  event: { kind: string; product: string; outcome?: string | undefined } | undefined,
  environment: string | undefined,
): Attributes {
  return {
    ...(generation && { 'smile_id.generation': generation }),
    ...(event && { 'smile_id.kind': event.kind, 'smile_id.product': event.product }),
    ...(event?.outcome && { 'smile_id.outcome': event.outcome }),
    ...(environment && { 'smile_id.environment': environment }),
  }
}

/**
 * Counts the results of `reconcile` in `smile_id.reconciled`: `handled`, `known`, `dead`, `processing`, `replayed`,
 * `notFound`, `failed`. @throws SmileIdConfigError for options that cannot work
 * @example
 * import { recordReconcile } from 'express-smile-id/opentelemetry'
 * import { reconcile } from 'express-smile-id/reconcile'
 *
 * const record = recordReconcile()
 * record(await reconcile(callbacks, { environment: 'production', jobs: openJobs() }))
 */
export function recordReconcile(options?: MeterOption): (report: object) => void {
  const reconciled = meterOf(checkOptions(options, meterChecks).meter).createCounter('smile_id.reconciled', {
    description: 'Jobs that Smile ID was asked about, by result',
    unit: '{job}',
  })
  return (report) => {
    for (const [result, value] of Object.entries(report) as [string, unknown][]) {
      const count = Array.isArray(value) ? value.length : value
      if (result !== 'asked' && typeof count === 'number' && count > 0)
        reconciled.add(count, { 'smile_id.result': result })
    }
  }
}

/**
 * For the option `onDrift`: counts unknown fields and values in `smile_id.drift`, by sort (`key`, `code`, `status`,
 * `reason`, `product`), product and generation. No name and no value is recorded. @throws SmileIdConfigError for
 * options that cannot work
 * @example
 * import { smileIdCallbacks } from 'express-smile-id'
 * import { recordDrift } from 'express-smile-id/opentelemetry'
 *
 * const callbacks = smileIdCallbacks({ credentials, onDrift: recordDrift() })
 */
export function recordDrift(options?: MeterOption): (drift: Drift) => void {
  const drifts = meterOf(checkOptions(options, meterChecks).meter).createCounter('smile_id.drift', {
    description: 'Undocumented fields and values, each once',
    unit: '{drift}',
  })
  return ({ kind, product, generation }) =>
    drifts.add(1, { 'smile_id.drift.kind': kind, 'smile_id.product': product, 'smile_id.generation': generation })
}
