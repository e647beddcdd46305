import { namesOf } from '../events/subscriptions.ts'
import type { SmileIdEvent } from '../events/types.ts'
import { timeBox } from '../once/time-box.ts'
import { refuse, type Refusal } from '../receive/refusal.ts'
import { reached, type Trace } from '../receive/report.ts'
import { askSmileId, type Asking, type Confirm, type Verdict } from './confirm.ts'

/** The options `confirm`, `confirmEvents` and `confirmTimeout`, checked. */
export interface ConfirmConfig {
  readonly confirm: Confirm<never>
  readonly events: ReadonlySet<string>
  readonly timeoutMs: number
}

/** What the stage needs beside the event. */
type Context = Omit<Asking, 'signal'>

/** The event, confirmed where that was asked for or its signature came before with something else. */
export async function confirmEvent(event: SmileIdEvent<unknown>, config: ConfirmConfig, context: Context, trace: Trace): Promise<SmileIdEvent<unknown> | Refusal> {
  const wanted = trace.signatureReused === true || namesOf(event).some((name) => config.events.has(name))
  if (!wanted) return event
  const verdict = await ask(event, config, context)
  if (verdict === 'unaskable') return event
  trace.confirmation = verdict
  if (verdict === 'contradicted') return refuse('contradicted')
  if (verdict === 'unavailable') return refuse('not_confirmed')
  reached(trace, 'confirmed')
  return { ...event, delivery: { ...event.delivery, confirmed: true } }
}

async function ask(event: SmileIdEvent<unknown>, { confirm, timeoutMs }: ConfirmConfig, context: Context): Promise<Verdict | 'unaskable'> {
  const controller = new AbortController()
  const { signal } = controller
  const isOwn = typeof confirm === 'function'
  const boxed = await timeBox<unknown>(async () => (isOwn ? confirm(event as never, signal) : confirm[askSmileId](event, { ...context, signal })), timeoutMs)
  controller.abort(new DOMException('confirmTimeout has passed', 'TimeoutError'))
  const verdict = 'value' in boxed ? boxed.value : undefined
  if (verdict === 'confirmed' || verdict === 'contradicted') return verdict
  return verdict === 'unaskable' && !isOwn ? verdict : 'unavailable'
}
