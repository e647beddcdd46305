import { type MaskRules, masked } from '../../capture/mask.ts'
import type { SmileIdEvent } from '../../types/event.ts'
import { harmless, indented, type Style, wrap } from '../shared/io.ts'
import type { Mistake } from './causes.ts'
import type { Inspection } from './inspect.ts'

/** Formats an inspection for a terminal. */
export function printed(inspection: Inspection, style: Style, showData: boolean): string {
  const { status, code, steps, cause, beyondAddress: beyond, here, event } = inspection
  const marks = { pass: style.good('ok  '), fail: style.bad('no  '), 'not reached': style.dim('-   ') }
  const causeOf = (one: { cause?: Mistake | undefined } | undefined) => (one?.cause ? causeLines(one.cause, style) : [])
  const lines = [
    `The router answers ${(status === 200 ? style.good : style.bad)(`${status} ${code}`)}`,
    '',
    ...steps.map(({ name, verdict, says }) =>
      `  ${marks[verdict]}${name.padEnd(10)}${verdict === 'not reached' ? style.dim('not reached') : harmless(says)}`.trimEnd(),
    ),
    ...(cause ? ['', ...causeLines(cause, style)] : []),
    ...(beyond ? ['', `Apart from the address: ${beyond.status} ${beyond.code}`, ...causeOf(beyond)] : []),
    ...(here ? ['', `With the credentials given here: ${here.says}`, ...causeOf(here)] : []),
    ...(event
      ? [
          '',
          `The event${showData ? '' : ' (identity data masked; --show-data shows it)'}`,
          ...indented(eventFacts(event, showData)),
        ]
      : []),
  ]
  return `${lines.join('\n')}\n`
}

export const causeLines = ({ name, because, fix }: Mistake, style: Style): string[] => [
  `${style.bold('Likely cause')} (${name})`,
  ...wrap(harmless(because, 500)),
  style.bold('What to do'),
  ...wrap(harmless(fix, 500)),
]

/** An event with identity data masked, unless `showData`. */
export function eventFacts(event: SmileIdEvent, showData: boolean): object {
  const shown: object = { ...event, verdictId: undefined, delivery: undefined }
  return Object.fromEntries(
    Object.entries(shown).map(([name, value]) => [
      name,
      !showData && personal.has(name) ? masked(value, onScreen) : (value as unknown),
    ]),
  )
}

/** Fields of an event that may identify a person. */
const personal: ReadonlySet<string> = new Set(['suspects', 'userId', 'partnerParams', 'payload'])

/** Keys whose values describe the job, not the person: contract/v1.md §1.0 and §3.2, contract/v3.md §2.1. */
const plain: ReadonlySet<string> = new Set(
  `ResultCode ResultText ResultType SmileJobID IsFinalResult IsMachineResult JSONVersion ConfidenceValue Source timestamp
  success StrictMatch job_complete job_success code Actions status message reason product created_at completed_at
  strict_match no_of_persons_found risk_level risk_score fraud_detected fraud_risk_level fraud_risk_score
  schema_version job_id job_type`.split(/\s+/),
)

/** All keys, but only values that identify no one. */
const onScreen: MaskRules = { nameOf: (name) => name, keeps: (_value, key) => plain.has(key), plainInside: 'Actions' }
