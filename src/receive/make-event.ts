import { buildEvent, type NewEvent, setOwnId } from '../events/build.ts'
import type { Realm } from '../events/id.ts'
import { readPartnerParams, type ParamIssue } from '../events/partner-params.ts'
import { after } from '../lib/promises.ts'
import type { Decoded } from '../payload/decoded.ts'
import { type Refusal, refuseThrown } from '../report/refusal.ts'
import type { DeliveryInfo } from '../types/event.ts'
import type { Config } from './config.ts'
import { refuseParams } from './refused.ts'

/**
 * Makes an event of a payload: the same for delivered and repeated callbacks. Calls `tell` with partner params that
 * break the schema.
 */
export function makeEvent(
  decoded: Decoded,
  delivery: DeliveryInfo,
  realm: Realm,
  { partnerParams: schema }: Config,
  tell?: (issues: readonly ParamIssue[]) => Promise<void>,
): NewEvent | Refusal | Promise<NewEvent | Refusal> {
  return after(readPartnerParams(decoded.partnerParams, schema), (params) => {
    if ('value' in params) return buildEvent(decoded, params.value, delivery, realm)
    if ('failed' in params)
      return refuseThrown(
        'internal_error',
        'schema_failed',
        { where: 'partnerParams', error: params.error },
        'The schema of partnerParams failed',
      )
    return after(tell?.(params.issues), () => refuseParams(params.issues))
  })
}

/** Gives the event the id that the option `eventId` makes of it. */
export function takeOwnId(event: NewEvent, { eventId }: Config): Refusal | undefined {
  try {
    setOwnId(event, eventId)
    return undefined
  } catch (error) {
    return refuseThrown('internal_error', 'event_id_failed', { where: 'eventId', error }, 'eventId failed')
  }
}
