import { type NewEvent, setOwnId } from '../events/build.ts'
import type { Decoded } from '../payload/decoded.ts'
import { isRefusal, type Refusal } from '../report/refusal.ts'
import type { ReportCode } from '../report/report.ts'
import type { DeliveryInfo } from '../types/event.ts'
import type { Config } from './config.ts'
import type { DriftWatch } from './memory.ts'
import type { Candidate } from './guards/signature.ts'
import { claimEvent, type Handling } from './handle.ts'
import { makeEvent } from './make-event.ts'
import { type End, Trace } from './trace.ts'

// By name: the package may be loaded twice, as ES module and as CommonJS.
export const receiverAccess: unique symbol = Symbol.for('express-smile-id.receiverAccess') as never

/** A fact that Smile ID told when asked, in an answer that is genuine. */
export interface AskedFact {
  readonly decoded: Decoded
  readonly credential: Candidate
  /** Of the callback URL, and the path params of the mount, that its callback would have come to. */
  readonly reference: string | undefined
  readonly params: Readonly<Record<string, string>>
}

/** One to be handled. */
export interface ToldFact extends AskedFact {
  /** Epoch ms. */
  readonly answeredAt: number
}

/** What `reconcile` uses of a receiver; for this library alone. */
export interface ReceiverAccess {
  readonly config: Pick<Config, 'candidates' | 'codes' | 'now' | 'once'>
  /** The ids of the event that the fact makes; undefined if its partner params make none. */
  idsOf(fact: AskedFact): Promise<{ id: string; verdictId: string } | undefined>
  /** Partner params, claim, and handlers or inbox, as for a delivery. Never rejects. */
  receiveAsked(fact: ToldFact): Promise<{ code: ReportCode }>
}

/** What `reconcile` uses of a receiver. */
export function accessTo(handling: Handling, drift: DriftWatch): ReceiverAccess {
  const { config, consumers, inFlight } = handling

  const receive = async (fact: ToldFact): Promise<End> => {
    if (inFlight.closed) return 'shutting_down'
    const event = await eventOf(fact)
    return isRefusal(event)
      ? event
      : claimEvent({ event, sentParams: fact.decoded.partnerParams }, handling, new Trace())
  }

  return Object.freeze<ReceiverAccess>({
    config,
    async idsOf(fact) {
      const event = await eventOf(fact)
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

  /** What its partner params say otherwise goes where such deliveries go, once it is told. */
  async function eventOf(fact: AskedFact & { answeredAt?: number }): Promise<NewEvent | Refusal> {
    const { decoded } = fact
    drift.note(decoded)
    const delivery = deliveryOf(fact)
    const event = await makeEvent(decoded, delivery, config, async (issues) => {
      if (fact.answeredAt !== undefined)
        await consumers.unrecognized({
          code: 'invalid_partner_params',
          issues,
          rawBody: JSON.stringify(decoded.payload),
          body: decoded.payload,
          delivery,
        })
    })
    if (!isRefusal(event)) setOwnId(event, config.eventId)
    return event
  }

  /** Smile ID itself said it, in an answer to us: confirmed, all of it. */
  function deliveryOf({
    answeredAt = 0,
    params,
    reference,
    credential,
  }: AskedFact & { answeredAt?: number }): DeliveryInfo {
    const known = {
      origin: 'asked',
      generation: 'v1',
      signedAt: new Date(answeredAt),
      receivedAt: new Date(config.now()),
      params,
      confirmed: true,
      unconfirmed: [],
      credential: credential.credential,
    } as const
    return reference === undefined ? known : { ...known, reference }
  }
}
