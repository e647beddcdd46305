import type { SmileIdEvent } from '../events/types.ts'
import { timeBox, whyNot } from '../once/time-box.ts'
import type { Json } from '../payload/scalars.ts'
import { refuse, type Refusal } from '../receive/refusal.ts'
import type { ReportCode, Trace } from '../receive/report.ts'
import type { Inbox } from './inbox.ts'
import { toMessage } from './message.ts'

/** The inbox of a receiver. */
export interface InboxConfig {
  readonly inbox: Inbox
  /** Ms. */
  readonly timeoutMs: number
}

/**
 * Hands an event to the inbox. An inbox that confirms too late does no harm: the delivery comes again,
 * and its id is known there.
 */
export async function storeInInbox(event: SmileIdEvent<unknown>, sentParams: Json, { inbox, timeoutMs }: InboxConfig, trace: Trace): Promise<ReportCode | Refusal> {
  const boxed = await timeBox(async () => inbox.add(toMessage(event, sentParams)), timeoutMs)
  const isStored = 'value' in boxed
  trace.inbox = isStored ? 'stored' : 'unavailable'
  return isStored ? 'accepted' : refuse('inbox_unavailable', `The inbox failed: ${whyNot(boxed)}.`)
}
