import { type Json, jsonText } from '../lib/json.ts'
import { SmileIdError } from '../errors.ts'
import { type Boxed, withTimeout } from '../lib/promises.ts'
import { perKey } from '../lib/values.ts'
import type { SmileIdEvent } from '../types/event.ts'
import type { Wrap } from './dispatch.ts'
import { type Inbox, type InboxAnswer, isInboxAnswer, pendingChecks } from './inbox.ts'
import { toMessage, type TraceContext } from './message.ts'

/** The inbox of a receiver. */
export interface InboxConfig {
  readonly inbox: Inbox
  /** Ms. */
  readonly timeoutMs: number
}

/** An event that is being stored in the inbox. */
export interface ToEnqueue {
  event: SmileIdEvent<unknown>
  sentParams: Json
  /** Size of its body; measured if it is not known. */
  bytes: number | undefined
  /** Changes by `around` are stored with the event. */
  trace: Partial<TraceContext>
  wrap: Wrap
}

/**
 * Gives an event to the inbox. A late confirmation does no harm: the delivery is sent again, and the inbox knows its
 * id. An inbox with too much pending is given no more.
 */
export async function enqueue(
  { event, sentParams, bytes, trace, wrap = (run) => run() }: ToEnqueue,
  { inbox, timeoutMs }: InboxConfig,
): Promise<Boxed<InboxAnswer>> {
  const underWay = underWayTo(inbox)
  const size = bytes ?? jsonText(event.payload)?.length ?? 0
  if (underWay.isFull(size)) return { failed: 'error', error: new SmileIdError('too much is pending in it') }
  const giveUp = new AbortController()
  const boxed = await withTimeout(
    () =>
      underWay.run(size, async () => {
        let answer: { value: unknown } | undefined
        await wrap(async () => {
          const message = toMessage(event, sentParams, hasTrace(trace) ? trace : undefined)
          answer = { value: await inbox.add(message, { signal: giveUp.signal }) }
        })
        if (!answer) throw new SmileIdError('around did not run the storing of the event')
        return answer.value
      }),
    timeoutMs,
  )
  if ('value' in boxed) return { value: isInboxAnswer(boxed.value) ? boxed.value : 'stored' }
  giveUp.abort()
  return boxed
}

const hasTrace = (trace: Partial<TraceContext>): trace is TraceContext => trace.traceparent !== undefined

/** The inbox's answer for an event that was stored before; undefined if it gives none. */
export async function revisit(id: string, { inbox, timeoutMs }: InboxConfig): Promise<Boxed<InboxAnswer | undefined>> {
  if (!inbox.revisit) return { value: undefined }
  const boxed = await withTimeout(async () => inbox.revisit?.(id), timeoutMs)
  return 'failed' in boxed ? boxed : { value: isInboxAnswer(boxed.value) ? boxed.value : undefined }
}

/**
 * Counts the messages that an inbox was given and has not settled. A client whose server is down keeps each in memory,
 * even after the time limit: a message counts until its promise settles. Receivers that share an inbox share its
 * limits.
 */
const underWayTo = perKey((inbox: Inbox) => {
  const mostCount = pendingChecks.maxPending(inbox.maxPending, 'inbox.maxPending')
  const mostBytes = pendingChecks.maxPendingBytes(inbox.maxPendingBytes, 'inbox.maxPendingBytes')
  let count = 0
  let bytes = 0
  return {
    /** True if a message of this size would exceed the limits; a single message never does. */
    isFull: (size: number): boolean => count > 0 && (count >= mostCount || bytes + size > mostBytes),
    async run<T>(size: number, act: () => Promise<T>): Promise<T> {
      count += 1
      bytes += size
      try {
        return await act()
      } finally {
        count -= 1
        bytes -= size
      }
    },
  }
})
