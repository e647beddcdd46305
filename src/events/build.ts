import { isFinal } from '../types/names.ts'
import type { DeliveryInfo, SmileIdEvent } from '../types/event.ts'
import { definedOnly } from '../lib/json.ts'
import { type Decoded } from '../payload/decoded.ts'

/** An event that nobody has seen yet: what is learned last is set in place, so that no event is built twice. */
export type NewEvent = SmileIdEvent<unknown> & { id: string; delivery: { -readonly [Name in keyof DeliveryInfo]: DeliveryInfo[Name] } }

/** A decoded payload and its delivery, as the event handlers get. */
export function buildEvent(ids: { id: string; verdictId: string }, decoded: Decoded, partnerParams: unknown, delivery: DeliveryInfo): NewEvent {
  const { meaning, product, jobId, smileJobId, userId, result, payload } = decoded
  const event = {
    ...ids,
    ...meaning,
    ...(meaning.kind === 'result' && { final: isFinal(meaning.outcome) }),
    product,
    jobId,
    ...definedOnly({ smileJobId, userId }),
    partnerParams,
    result,
    payload,
    delivery,
  }
  // The decoder pairs kinds with products; the union cannot follow it there.
  return event as unknown as NewEvent
}
