import { buildEvent, type NewEvent, setOwnId } from '../events/build.ts'
import type { Realm } from '../events/id.ts'
import { type ParamIssue, readPartnerParams } from '../events/partner-params.ts'
import { after, withTimeout } from '../lib/promises.ts'
import type { Decoded } from '../payload/decoded.ts'
import { type Refusal, refuseThrown, refusing } from '../report/refusal.ts'
import type { DeliveryInfo } from '../types/delivery.ts'
import type { Config } from './config.ts'
import { refuseParams } from './refused.ts'

/**
 * Makes an event of a payload: the same for delivered and repeated callbacks. Calls `tellUnread` with partner params
 * that break the schema.
 */
export function makeEvent(
  decoded: Decoded,
  delivery: DeliveryInfo,
  realm: Realm,
  { partnerParams: schema }: Config,
  tellUnread?: (code: 'invalid_partner_params', issues: readonly ParamIssue[]) => Promise<void>,
): NewEvent | Refusal | Promise<NewEvent | Refusal> {
  return after(readPartnerParams(decoded.partnerParams, schema), (params) => {
    if ('value' in params) return buildEvent(decoded, params.value, delivery, realm)
    if ('failed' in params)
      return refuseThrown('internal_error', 'schema_failed', { where: 'partnerParams', error: params.error })
    return after(tellUnread?.('invalid_partner_params', params.issues), () => refuseParams(params.issues))
  })
}

/** Gives the event the id that the option `eventId` makes of it. */
export function takeOwnId(event: NewEvent, { eventId }: Config): Refusal | undefined {
  try {
    setOwnId(event, eventId)
    return undefined
  } catch (error) {
    return refuseThrown('internal_error', 'event_id_failed', { where: 'eventId', error })
  }
}

/** Longest time for `referenceOf`, ms. */
const referenceMs = 5_000

/** Refuses an event that came to the URL of another reference than the app has for it. */
export function checkReference(
  event: NewEvent,
  { referenceOf }: Config,
): Refusal | undefined | Promise<Refusal | undefined> {
  if (!referenceOf) return undefined
  return after(
    withTimeout(() => referenceOf(event as never), referenceMs),
    (boxed) => {
      if (!('value' in boxed))
        return refuseThrown(
          'internal_error',
          'unexpected',
          { where: 'delivery', error: boxed.error },
          'referenceOf failed',
        )
      if (boxed.value !== undefined && boxed.value === event.delivery.reference) return undefined
      return refusing('callback_url_mismatch')(
        'other_reference',
        'referenceOf gives another reference for this event than the URL has.',
      )
    },
  )
}
