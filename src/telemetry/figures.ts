import { type Attributes, type Counter, type Histogram, type Meter, metrics } from '@opentelemetry/api'
import type { AttemptReport } from '../inbox/attempt.ts'
import { definedOnly } from '../lib/json.ts'
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

const counters = {
  callbacks: ['{delivery}', 'Deliveries, by result'],
  contradictions: ['{delivery}', 'Deliveries that Smile ID contradicts'],
  verdict_conflicts: ['{event}', 'Verdicts that came before for another recipient, in deliveries and dispatches'],
  dispatches: ['{dispatch}', 'Attempts at stored events, by result'],
  dead_letters: ['{event}', 'Stored events whose last attempt failed'],
  reconciled: ['{job}', 'Jobs that Smile ID was asked about, by result'],
  drift: ['{drift}', 'Undocumented fields and values, each once'],
} as const

/** In seconds. */
const histograms = {
  'callback.duration': 'From receipt to answer',
  'callback.age': 'From signature to receipt',
  'handled.age': "From signature to the handlers' end",
  'dispatch.duration': 'Duration of an attempt at a stored event',
} as const

/** The instruments of a meter, each made at its first use. */
function instrumentsOf(meter: Meter = metrics.getMeter(scope)) {
  const counting: Partial<Record<string, Counter>> = {}
  const timing: Partial<Record<string, Histogram>> = {}
  return {
    count: (name: keyof typeof counters, words: Attributes, count = 1): void => {
      const [unit, description] = counters[name]
      counting[name] ??= meter.createCounter(`smile_id.${name}`, { description, unit })
      counting[name].add(count, words)
    },
    time: (name: keyof typeof histograms, ms: number, words: Attributes): void => {
      timing[name] ??= meter.createHistogram(`smile_id.${name}`, { description: histograms[name], unit: 's' })
      timing[name].record(Math.max(0, ms) / 1000, words)
    },
  }
}

/** Counters and histograms of deliveries and dispatches. */
export function makeFigures(meter: Meter | undefined) {
  const { count, time } = instrumentsOf(meter)
  return {
    delivery(report: DeliveryReport): void {
      const { code, durationMs, signedAt, receivedAt, handlers, credential } = report
      const words = wordsOf(report, credential?.environment)
      count('callbacks', words)
      time('callback.duration', durationMs, words)
      if (code === 'contradicted') count('contradictions', words)
      if (report.verdictConflict) count('verdict_conflicts', words)
      if (!signedAt) return
      const ageMs = receivedAt.getTime() - signedAt.getTime()
      time('callback.age', ageMs, words)
      if (code === 'accepted' && handlers) time('handled.age', ageMs + durationMs, words)
    },
    dispatch(report: AttemptReport): void {
      const { code, durationMs, ageMs, isLastTry, environment } = report
      const words = wordsOf(report, environment)
      count('dispatches', words)
      time('dispatch.duration', durationMs, words)
      if (code === 'verdict_conflict') count('verdict_conflicts', words)
      if (code === 'accepted' && ageMs !== undefined) time('handled.age', ageMs, words)
      if (isFailure(code) && isLastTry) count('dead_letters', words)
    },
  }
}

/** Codes of a dispatch that needs no retry. */
const settled: ReadonlySet<string> = new Set(['accepted', 'unhandled', 'handler_rejected', 'duplicate'])

export const isFailure = (code: string): boolean => !settled.has(code)

/** Attributes from fixed sets, and the environment as you named it: for metrics. */
export function wordsOf(
  { code, generation, event }: Pick<AttemptReport, 'generation' | 'event'> & { code?: string },
  environment: string | undefined,
): Attributes {
  return definedOnly({
    'smile_id.code': code,
    'smile_id.generation': generation,
    'smile_id.kind': event?.kind,
    'smile_id.product': event?.product,
    'smile_id.outcome': event?.outcome,
    'smile_id.environment': environment,
  })
}

/** The credential's label may be one of many tenants: for spans only. */
export const labelOf = (label: string | undefined): Attributes =>
  label === undefined ? {} : { 'smile_id.credential': label }

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
  const { count } = instrumentsOf(checkOptions(options, meterChecks).meter)
  return (report) => {
    for (const [result, value] of Object.entries(report) as [string, unknown][]) {
      const jobs = Array.isArray(value) ? value.length : value
      if (result !== 'asked' && typeof jobs === 'number' && jobs > 0)
        count('reconciled', { 'smile_id.result': result }, jobs)
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
  const { count } = instrumentsOf(checkOptions(options, meterChecks).meter)
  return ({ kind, product, generation }) =>
    count('drift', { 'smile_id.drift.kind': kind, 'smile_id.product': product, 'smile_id.generation': generation })
}
