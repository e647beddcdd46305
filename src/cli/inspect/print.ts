import type { SmileIdEvent } from '../../types/event.ts'
import type { Style } from '../shared/style.ts'
import { harmless, wrap } from '../shared/style.ts'
import type { Inspection } from './inspect.ts'
import { masked } from './mask.ts'
import type { Mistake } from './mistake.ts'

/** An inspection, for a person. */
export function printed(inspection: Inspection, style: Style, showData: boolean): string {
  const { status, code, steps, cause, beyondAddress, here, event } = inspection
  const paint = status === 200 ? style.good : style.bad
  const marks = { pass: style.good('ok  '), fail: style.bad('no  '), 'not reached': style.dim('-   ') }
  const lines = [
    `The router answers ${paint(`${status} ${code}`)}`,
    '',
    ...steps.map(({ name, verdict, says }) => `  ${marks[verdict]}${name.padEnd(10)}${verdict === 'not reached' ? style.dim('not reached') : harmless(says)}`.trimEnd()),
    ...(cause ? ['', ...causeLines(cause, style)] : []),
    ...(beyondAddress ? ['', `Apart from the address: ${beyondAddress.status} ${beyondAddress.code}`, ...(beyondAddress.cause ? causeLines(beyondAddress.cause, style) : [])] : []),
    ...(here ? ['', `With the credentials given here: ${here.says}`, ...(here.cause ? causeLines(here.cause, style) : [])] : []),
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
  return [`The event${note}`, ...JSON.stringify(shown, null, 2).split('\n').map((line) => `  ${line}`)]
}

/** An event as a screen may show it. */
export function eventFacts(event: SmileIdEvent, showData: boolean): object {
  const { id, kind, product, jobId, smileJobId, userId, partnerParams, result, payload } = event
  const own = event.kind === 'result' ? { outcome: event.outcome, final: event.final } : event.kind === 'id_info' ? { idStep: event.idStep } : event.kind === 'smile_secure' ? { suspects: event.suspects } : {}
  const shown = { id, kind, product, ...own, jobId, smileJobId, userId, partnerParams, result, payload }
  if (showData) return shown
  const { suspects } = own as { suspects?: readonly unknown[] }
  return {
    ...shown,
    ...(suspects && { suspects: masked(suspects) }),
    userId: masked(userId),
    partnerParams: masked(partnerParams),
    payload: masked(payload),
  }
}
