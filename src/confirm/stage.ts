import { namesOf } from '../events/subscriptions.ts'
import type { SmileIdEvent } from '../types/event.ts'
import { isRecord } from '../lib/json.ts'
import { withTimeout } from '../lib/with-timeout.ts'
import type { Asking, Confirmed } from './confirm.ts'
import type { ConfirmConfig } from './options.ts'

/** What the stage needs beside the event. */
type Context = Omit<Asking, 'signal'>

/** Whether an event of this sort is to be confirmed. */
export const isWanted = (event: SmileIdEvent<unknown>, { events }: ConfirmConfig): boolean => namesOf(event).some((name) => events.has(name))

/** Whether the event is true, and how much of it. What a function of the user's confirms, it confirms whole. */
export async function confirmEvent(event: SmileIdEvent<unknown>, { ask, timeoutMs }: ConfirmConfig, context: Context): Promise<Confirmed> {
  const controller = new AbortController()
  const { signal } = controller
  const isOwn = typeof ask !== 'function'
  const boxed = await withTimeout<unknown>(async () => (isOwn ? ask.own(event as never, { signal }) : ask(event, { ...context, signal })), timeoutMs)
  controller.abort(new DOMException("confirm's timeout has passed", 'TimeoutError'))
  const value = 'value' in boxed ? boxed.value : undefined
  if (!isOwn) return isRecord(value) ? (value as unknown as Confirmed) : { word: 'unavailable' }
  return { word: value === 'confirmed' || value === 'contradicted' ? value : 'unavailable' }
}
