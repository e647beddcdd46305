import { namesOf } from '../events/subscriptions.ts'
import type { SmileIdEvent } from '../types/event.ts'
import { withTimeout } from '../lib/with-timeout.ts'
import type { Asking, Confirmation } from './confirm.ts'
import type { ConfirmConfig } from './options.ts'

/** What the stage needs beside the event. */
type Context = Omit<Asking, 'signal'>

/** Whether an event of this sort is to be confirmed. */
export const isWanted = (event: SmileIdEvent<unknown>, { events }: ConfirmConfig): boolean => namesOf(event).some((name) => events.has(name))

/** What came of asking. */
export interface Asked {
  /** `unaskable` where there is no question to ask. */
  verdict: Confirmation | 'unaskable'
  /** Of a confirmed event: what Smile ID did not repeat. Default: nothing. */
  unconfirmed?: readonly string[]
}

/** Asks whether the event is true. */
export async function confirmEvent(event: SmileIdEvent<unknown>, { ask, timeoutMs }: ConfirmConfig, context: Context): Promise<Asked> {
  const controller = new AbortController()
  const { signal } = controller
  const isOwn = typeof ask !== 'function'
  const boxed = await withTimeout<unknown>(async () => (isOwn ? ask.own(event as never, { signal }) : ask(event, { ...context, signal })), timeoutMs)
  controller.abort(new DOMException("confirm's timeout has passed", 'TimeoutError'))
  const verdict = 'value' in boxed ? boxed.value : undefined
  if (verdict === 'confirmed' || verdict === 'contradicted') return { verdict }
  return { verdict: verdict === 'unaskable' && !isOwn ? verdict : 'unavailable' }
}
