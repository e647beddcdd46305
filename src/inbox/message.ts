import type { DeliveryInfo, SmileIdEvent } from '../types/event.ts'
import { isRecord, type Json } from '../lib/json.ts'
import { fromSafeJson, toSafeJson } from './safe-json.ts'

/** Where a trace goes on: the headers of W3C Trace Context. */
export interface TraceContext {
  traceparent: string
  tracestate?: string
}

/**
 * An event on its way to a worker. Identity data. `JSON.stringify` makes a `SafeMessage` of it, which any engine and
 * any column keeps as it is, jsonb too; `callbacks.dispatch` reads both.
 */
export interface InboxMessage {
  /** The form of this message. */
  version: 1
  /** The event's id, and the engine's job id. */
  id: string
  /** The event without its partner params; times as ISO texts. */
  event: Json
  /** Partner params as sent: the worker's own schema reads them again. */
  partnerParams: Json
  /** The delivery's span, for a link from the worker's; absent without OpenTelemetry. */
  trace?: TraceContext | undefined
  /** Makes the form to be stored. */
  toJSON?(): SafeMessage
}

/** A message as JSON that holds no text but printable ASCII. */
export interface SafeMessage {
  version: 2
  /** The event's id. */
  id: string
  /** JSON of the message, every other character written as `\uXXXX`. */
  text: string
}

export function toMessage(event: SmileIdEvent<unknown>, sentParams: Json, trace?: TraceContext): InboxMessage {
  const { signedAt, receivedAt } = event.delivery
  const plain: Record<string, unknown> = {
    ...event,
    delivery: { ...event.delivery, signedAt: signedAt.toISOString(), receivedAt: receivedAt.toISOString() },
  }
  // A schema's output need not be JSON.
  delete plain['partnerParams']
  const message: InboxMessage = { version: 1, id: event.id, event: plain, partnerParams: sentParams, ...(trace && { trace }) }
  // Not enumerable: a copy with other contents must not be stored as this one.
  return Object.defineProperty(message, 'toJSON', { value: (): SafeMessage => ({ version: 2, id: message.id, text: toSafeJson({ ...message }) ?? '' }) })
}

export function fromMessage(message: InboxMessage, partnerParams: unknown): SmileIdEvent<unknown> {
  const plain = message.event['delivery'] as Record<string, string>
  const delivery = { ...addedLater, ...plain, signedAt: time(plain['signedAt']), receivedAt: time(plain['receivedAt']) } as unknown as DeliveryInfo
  return { verdictId: message.id, ...message.event, delivery, partnerParams } as unknown as SmileIdEvent<unknown>
}

/** What messages of earlier versions lack; their `verdictId` is the event's id. */
const addedLater = { origin: 'callback', unconfirmed: [] }

const time = (text: string | undefined): Date => new Date(text ?? Number.NaN)

/** The message in what was stored, in whichever form; undefined for anything else. */
export function readMessage(stored: unknown): InboxMessage | undefined {
  const value = isRecord(stored) && stored['version'] === 2 ? parse(stored['text']) : stored
  if (!isRecord(value) || value['version'] !== 1 || typeof value['id'] !== 'string') return undefined
  const { event, partnerParams } = value
  const isWhole = isRecord(event) && event['id'] === value['id'] && isRecord(event['delivery']) && isRecord(partnerParams)
  return isWhole ? (value as unknown as InboxMessage) : undefined
}

function parse(text: unknown): unknown {
  try {
    return typeof text === 'string' ? fromSafeJson(text) : undefined
  } catch {
    return undefined
  }
}
