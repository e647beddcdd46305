import { type Json, jsonText } from '../lib/json.ts'
import { failureName, ignoreFailure, withTimeout } from '../lib/promises.ts'
import type { OnceConfig } from '../once/claim.ts'
import { verdictKey } from '../once/verdicts.ts'
import type { SmileIdEvent } from '../types/event.ts'
import { type Inbox, type InboxAnswer, type InboxUser, isInboxAnswer, pendingChecks } from './inbox.ts'
import { toMessage, type TraceContext } from './message.ts'

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
export async function enqueue(
  { event, sentParams, bytes, trace }: ToEnqueue,
  { inbox, timeoutMs }: InboxConfig,
): Promise<Enqueued> {
  const underWay = underWayTo(inbox)
  const size = bytes ?? jsonText(event.payload)?.length ?? 0
  if (underWay.isFull(size)) return { failed: 'too much is under way to it' }
  const giveUp = new AbortController()
  const boxed = await withTimeout(
    () => underWay.run(size, async () => inbox.add(toMessage(event, sentParams, trace), { signal: giveUp.signal })),
    timeoutMs,
  )
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
  const made = new UnderWay({
    count: pendingChecks.maxPending(inbox.maxPending, 'inbox.maxPending'),
    bytes: pendingChecks.maxPendingBytes(inbox.maxPendingBytes, 'inbox.maxPendingBytes'),
  })
  underWayByInbox.set(inbox, made)
  return made
}

/** How much may be under way to an inbox at once. */
export interface UnderWayLimits {
  readonly count: number
  readonly bytes: number
}

/**
 * Counts what an inbox was given and has not settled. A client whose server is down keeps each message in memory,
 * also after we stopped waiting: so a message counts until its promise settles, however late.
 */
export class UnderWay {
  readonly #limits: UnderWayLimits
  #count = 0
  #bytes = 0

  constructor(limits: UnderWayLimits) {
    this.#limits = limits
  }

  /** Whether a message of this size would go beyond the limits; alone it never does. */
  isFull(bytes: number): boolean {
    return this.#count > 0 && (this.#count >= this.#limits.count || this.#bytes + bytes > this.#limits.bytes)
  }

  async run<T>(bytes: number, act: () => Promise<T>): Promise<T> {
    this.#count += 1
    this.#bytes += bytes
    try {
      return await act()
    } finally {
      this.#count -= 1
      this.#bytes -= bytes
    }
  }
}

/**
 * Drops what is known of an event, or of a verdict: first in the inbox, which would not take it again, then in the
 * store.
 */
export async function forget(
  id: string,
  { store, timeoutMs }: OnceConfig,
  config: InboxConfig | undefined,
): Promise<boolean> {
  if (config) await inTime('inbox', async () => config.inbox.forget?.(id), config.timeoutMs)
  const known = await Promise.all(
    [id, verdictKey(id)].map((key) => inTime('store', () => store.forget(key), timeoutMs)),
  )
  return known.includes(true)
}

async function inTime<T>(name: string, act: () => T | Promise<T>, timeoutMs: number): Promise<T> {
  const boxed = await withTimeout(act, timeoutMs)
  if ('value' in boxed) return boxed.value
  throw new Error(`express-smile-id: the ${name} could not forget the event: ${failureName(boxed)}.`)
}
