import type { SmileIdEvent } from '../types/event.ts'
import { withTimeout, failureName } from '../lib/with-timeout.ts'
import type { Json } from '../lib/json.ts'
import type { Inbox } from './inbox.ts'
import { toMessage } from './message.ts'

/** The inbox of a receiver. */
export interface InboxConfig {
  readonly inbox: Inbox
  /** Ms. */
  readonly timeoutMs: number
}

/**
 * Hands an event to the inbox; resolves to why it did not take it, or undefined. An inbox that confirms too late does no harm:
 * the delivery comes again, and its id is known there.
 */
export async function storeInInbox(event: SmileIdEvent<unknown>, sentParams: Json, { inbox, timeoutMs }: InboxConfig): Promise<string | undefined> {
  const boxed = await withTimeout(async () => inbox.add(toMessage(event, sentParams)), timeoutMs)
  return 'value' in boxed ? undefined : failureName(boxed)
}
