import { buildEvent, setOwnId, type NewEvent } from '../events/build.ts'
import { readPartnerParams } from '../events/partner-params.ts'
import { isRefusal, refuse, type Refusal } from '../report/refusal.ts'
import type { DeliveryInfo } from '../types/event.ts'
import type { AskedFact, ReceiverAccess, ToldFact } from './access.ts'
import { claimEvent, type Handling } from './claim-event.ts'
import type { DriftWatch } from './drift-watch.ts'
import { Trace, type End } from './trace.ts'

/** What `reconcile` uses of a receiver. */
export function accessTo({ config, consumers, inFlight }: Handling, drift: DriftWatch): ReceiverAccess {
  const receive = async (fact: ToldFact): Promise<End> => {
    if (inFlight.closed) return 'shutting_down'
    const event = await eventOf(fact)
    return isRefusal(event) ? event : claimEvent({ event, sentParams: fact.decoded.partnerParams }, { config, consumers, inFlight }, new Trace())
  }
  return Object.freeze<ReceiverAccess>({
    config,
    async idsOf(fact) {
      const event = await eventOf({ ...fact, answeredAt: 0 })
      return isRefusal(event) ? undefined : { id: event.id, verdictId: event.verdictId }
    },
    receiveAsked: (fact) =>
      inFlight.run(async () => {
        try {
          const end = await receive(fact)
          return { code: isRefusal(end) ? end.code : end }
        } catch {
          return { code: 'internal_error' }
        }
      }),
  })

  /** As the pipeline makes it of a delivery; what its partner params say otherwise goes where such deliveries go. */
  async function eventOf(fact: ToldFact): Promise<NewEvent | Refusal> {
    const { decoded } = fact
    drift.note(decoded)
    const delivery = deliveryOf(fact)
    const partnerParams = await readPartnerParams(decoded.partnerParams, config.partnerParams)
    if ('failed' in partnerParams) return refuse('internal_error')
    if ('issues' in partnerParams) {
      if (fact.answeredAt > 0) await consumers.unrecognized({ code: 'invalid_partner_params', issues: partnerParams.issues, rawBody: JSON.stringify(decoded.payload), body: decoded.payload, delivery })
      return refuse('invalid_partner_params')
    }
    const event = buildEvent(decoded, partnerParams.value, delivery)
    setOwnId(event, config.eventId)
    return event
  }

  /** Smile ID itself said it, in an answer to us: confirmed, all of it. */
  function deliveryOf({ answeredAt, params, reference, credential }: AskedFact & { answeredAt: number }): DeliveryInfo {
    const known = { origin: 'asked', generation: 'v1', signedAt: new Date(answeredAt), receivedAt: new Date(config.now()), params, confirmed: true, unconfirmed: [], credential: credential.credential } as const
    return reference === undefined ? known : { ...known, reference }
  }
}
