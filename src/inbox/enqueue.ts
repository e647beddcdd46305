import type { SmileIdEvent } from '../types/event.ts'
import { withTimeout, failureName } from '../lib/with-timeout.ts'
import { ignoreFailure } from '../lib/ignore-failure.ts'
import { jsonText, type Json } from '../lib/json.ts'
import { isInboxAnswer, pendingChecks, type Inbox, type InboxAnswer, type InboxUser } from './inbox.ts'
import { toMessage, type TraceContext } from './message.ts'
import { UnderWay } from './under-way.ts'

/** The inbox of a receiver. */
export interface InboxConfig {
  readonly inbox: Inbox
  /** Ms. */
  readonly timeoutMs: number
}

/** What became of an event that an inbox was given. */
export type Enqueued = { answer: InboxAnswer } | { failed: string }

/** One event on its way into the inbox. */
export interface ToEnqueue {
  event: SmileIdEvent<unknown>
  sentParams: Json
  /** Of its body; where it is not known it is measured. */
  bytes: number | undefined
  /** The delivery's span. */
  trace: TraceContext | undefined
}

/**
 * Hands an event to the inbox. An inbox that confirms too late does no harm: the delivery comes again, and its id is
 * known there. One that lets too much pile up is given no more.
 */
export async function enqueue({ event, sentParams, bytes, trace }: ToEnqueue, { inbox, timeoutMs }: InboxConfig): Promise<Enqueued> {
  const underWay = underWayTo(inbox)
  const size = bytes ?? jsonText(event.payload)?.length ?? 0
  if (underWay.isFull(size)) return { failed: 'too much is under way to it' }
  const giveUp = new AbortController()
  const boxed = await withTimeout(() => underWay.run(size, async () => inbox.add(toMessage(event, sentParams, trace), { signal: giveUp.signal })), timeoutMs)
  if ('value' in boxed) return { answer: isInboxAnswer(boxed.value) ? boxed.value : 'stored' }
  giveUp.abort()
  return { failed: failureName(boxed) }
}

/** Lets an inbox warn of what it finds out about its engine. */
export function attachInbox(config: InboxConfig | undefined, warn: InboxUser['warn']): void {
  try {
    const attached: unknown = config?.inbox.attach?.({ warn })
    ignoreFailure(attached)
  } catch {
    // It can do without.
  }
}

/** What the inbox knows of an event that was stored before; undefined if it does not say. */
export async function revisit(id: string, { inbox, timeoutMs }: InboxConfig): Promise<InboxAnswer | undefined> {
  if (!inbox.revisit) return undefined
  const boxed = await withTimeout(async () => inbox.revisit?.(id), timeoutMs)
  return 'value' in boxed && isInboxAnswer(boxed.value) ? boxed.value : undefined
}

// By inbox: receivers that share one share its bound.
const underWayByInbox = new WeakMap<Inbox, UnderWay>()

function underWayTo(inbox: Inbox): UnderWay {
  const known = underWayByInbox.get(inbox)
  if (known) return known
  const made = new UnderWay({ count: pendingChecks.maxPending(inbox.maxPending, 'inbox.maxPending'), bytes: pendingChecks.maxPendingBytes(inbox.maxPendingBytes, 'inbox.maxPendingBytes') })
  underWayByInbox.set(inbox, made)
  return made
}
