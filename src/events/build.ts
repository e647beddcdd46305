import { isFinal } from '../types/names.ts'
import type { DeliveryInfo, SmileIdEvent } from '../types/event.ts'
import { definedOnly } from '../lib/json.ts'
import { type Decoded } from '../payload/decoded.ts'

/** A decoded payload and its delivery, as the event handlers get. */
export function buildEvent(id: string, decoded: Decoded, partnerParams: unknown, delivery: DeliveryInfo): SmileIdEvent<unknown> {
  const { meaning, product, jobId, smileJobId, userId, result, payload } = decoded
  const event = {
    id,
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
  return event as unknown as SmileIdEvent<unknown>
}
