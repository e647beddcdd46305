import type { DeliveryInfo, SmileIdEvent } from '../types/event.ts'
import { isRecord, type Json } from '../lib/json.ts'

/** An event on its way to a worker, as plain JSON. Identity data. */
export interface InboxMessage {
  /** The form of this message. */
  version: 1
  /** The event's id, and the engine's job id. */
  id: string
  /** The event without its partner params; times as ISO texts. */
  event: Json
  /** Partner params as sent: the worker's own schema reads them again. */
  partnerParams: Json
}

export function toMessage(event: SmileIdEvent<unknown>, sentParams: Json): InboxMessage {
  const { signedAt, receivedAt } = event.delivery
  const plain: Record<string, unknown> = {
    ...event,
    delivery: { ...event.delivery, signedAt: signedAt.toISOString(), receivedAt: receivedAt.toISOString() },
  }
  // A schema's output need not be JSON.
  delete plain['partnerParams']
  return { version: 1, id: event.id, event: plain, partnerParams: sentParams }
}

export function fromMessage(message: InboxMessage, partnerParams: unknown): SmileIdEvent<unknown> {
  const plain = message.event['delivery'] as Record<string, string>
  const delivery = { ...plain, signedAt: time(plain['signedAt']), receivedAt: time(plain['receivedAt']) } as unknown as DeliveryInfo
  return { ...message.event, delivery, partnerParams } as unknown as SmileIdEvent<unknown>
}

const time = (text: string | undefined): Date => new Date(text ?? Number.NaN)

export function isMessage(value: unknown): value is InboxMessage {
  if (!isRecord(value) || value['version'] !== 1 || typeof value['id'] !== 'string') return false
  const { event, partnerParams } = value
  return isRecord(event) && event['id'] === value['id'] && isRecord(event['delivery']) && isRecord(partnerParams)
}
