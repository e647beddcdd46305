import type { SmileIdEvent } from '../../types/event.ts'
import { harmless, type Style, wrap } from '../shared/io.ts'
import type { Mistake } from './causes.ts'
import type { Inspection } from './inspect.ts'

/** Formats an inspection for a terminal. */
export function printed(inspection: Inspection, style: Style, showData: boolean): string {
  const { status, code, steps, cause, beyondAddress, here, event } = inspection
  const paint = status === 200 ? style.good : style.bad
  const marks = { pass: style.good('ok  '), fail: style.bad('no  '), 'not reached': style.dim('-   ') }
  const lines = [
    `The router answers ${paint(`${status} ${code}`)}`,
    '',
    ...steps.map(({ name, verdict, says }) =>
      `  ${marks[verdict]}${name.padEnd(10)}${verdict === 'not reached' ? style.dim('not reached') : harmless(says)}`.trimEnd(),
    ),
    ...(cause ? ['', ...causeLines(cause, style)] : []),
    ...(beyondAddress
      ? [
          '',
          `Apart from the address: ${beyondAddress.status} ${beyondAddress.code}`,
          ...(beyondAddress.cause ? causeLines(beyondAddress.cause, style) : []),
        ]
      : []),
    ...(here
      ? ['', `With the credentials given here: ${here.says}`, ...(here.cause ? causeLines(here.cause, style) : [])]
      : []),
    ...(event ? ['', ...eventLines(event, showData)] : []),
  ]
  return `${lines.join('\n')}\n`
}

export const causeLines = ({ name, because, fix }: Mistake, style: Style): string[] => [
  `${style.bold('Likely cause')} (${name})`,
  ...wrap(harmless(because, 500)),
  style.bold('What to do'),
  ...wrap(harmless(fix, 500)),
]

function eventLines(event: SmileIdEvent, showData: boolean): string[] {
  const shown = eventFacts(event, showData)
  const note = showData ? '' : ' (identity data masked; --show-data shows it)'
  return [
    `The event${note}`,
    ...JSON.stringify(shown, null, 2)
      .split('\n')
      .map((line) => `  ${line}`),
  ]
}

/** An event with identity data masked, unless `showData`. */
export function eventFacts(event: SmileIdEvent, showData: boolean): object {
  const shown = { ...event, verdictId: undefined, delivery: undefined }
  if (showData) return shown
  const { suspects, userId, partnerParams, payload } = shown as typeof shown & { suspects?: unknown }
  return {
    ...shown,
    ...(suspects !== undefined && { suspects: masked(suspects) }),
    userId: masked(userId),
    partnerParams: masked(partnerParams),
    payload: masked(payload),
  }
}

/** Keys whose values describe the job, not the person. */
const plain = new Set([
  // v1, contract/v1.md §1.0
  'ResultCode',
  'ResultText',
  'ResultType',
  'SmileJobID',
  'IsFinalResult',
  'IsMachineResult',
  'JSONVersion',
  'ConfidenceValue',
  'Source',
  'timestamp',
  'success',
  'StrictMatch',
  'job_complete',
  'job_success',
  'code',
  // v3, contract/v3.md §2.1
  'status',
  'message',
  'reason',
  'product',
  'created_at',
  'completed_at',
  'strict_match',
  'no_of_persons_found',
  'risk_level',
  'risk_score',
  'fraud_detected',
  'fraud_risk_level',
  'fraud_risk_score',
  'schema_version',
  // of both
  'job_id',
  'job_type',
])
/** Objects with such values only. contract/v1.md §3.2. */
const plainInside = new Set(['Actions'])

const mask = '***'

/** A copy with all keys, but only values that identify no one. */
export function masked(value: unknown, key?: string, inside = false): unknown {
  if (Array.isArray(value)) return value.map((one) => masked(one, key, inside))
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(
      Object.entries(value).map(([name, inner]) => [name, masked(inner, name, inside || plainInside.has(name))]),
    )
  }
  if (value === null || value === undefined || value === '') return value
  return inside || (key !== undefined && plain.has(key)) ? value : mask
}
