import { checkOptions } from '../lib/check-options.ts'
import type { Drift } from '../payload/drift.ts'
import { meterChecks, meterOf, type MeterOption } from './figures.ts'

/**
 * Counts what `reconcile` found, as `smile_id.reconciled` by result: `handled`, `known`, `processing`, `replayed`, `notFound`, `failed`. @throws SmileIdConfigError for options that cannot work
 * @example
 * import { recordReconcile } from 'express-smile-id/opentelemetry'
 * import { reconcile } from 'express-smile-id/reconcile'
 *
 * const record = recordReconcile()
 * record(await reconcile(callbacks, { environment: 'production', jobs: openJobs() }))
 */
export function recordReconcile(options?: MeterOption): (report: object) => void {
  const reconciled = meterOf(checkOptions(options, meterChecks).meter).createCounter('smile_id.reconciled', { description: 'Jobs that Smile ID was asked for, by result', unit: '{job}' })
  return (report) => {
    for (const [result, value] of Object.entries(report) as [string, unknown][]) {
      const count = Array.isArray(value) ? value.length : value
      if (result !== 'asked' && typeof count === 'number' && count > 0) reconciled.add(count, { 'smile_id.result': result })
    }
  }
}

/**
 * For the option `onDrift`: counts what this version has no words for, as `smile_id.drift`, by sort (`key`, `code`,
 * `status`, `reason`, `product`), product and generation. No name is told, and no value. @throws SmileIdConfigError for options that cannot work
 * @example
 * import { smileIdCallbacks } from 'express-smile-id'
 * import { recordDrift } from 'express-smile-id/opentelemetry'
 *
 * const callbacks = smileIdCallbacks({ credentials, onDrift: recordDrift() })
 */
export function recordDrift(options?: MeterOption): (drift: Drift) => void {
  const drifts = meterOf(checkOptions(options, meterChecks).meter).createCounter('smile_id.drift', { description: 'Fields and words that are not documented, each once', unit: '{drift}' })
  return ({ kind, product, generation }) => drifts.add(1, { 'smile_id.drift.kind': kind, 'smile_id.product': product, 'smile_id.generation': generation })
}
