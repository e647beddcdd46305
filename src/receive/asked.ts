import type { NewEvent } from '../events/build.ts'
import type { Decoded } from '../payload/decoded.ts'
import type { Tell } from '../report/on-error.ts'
import { isRefusal, type Refusal } from '../report/refusal.ts'
import type { ReportCode } from '../report/report.ts'
import type { DeliveryInfo } from '../types/event.ts'
import type { Config } from './config.ts'
import type { DriftWatch } from './memory.ts'
import type { Candidate } from './guards/signature.ts'
import { revisit } from '../inbox/enqueue.ts'
import { claimEvent, type Handling } from './handle.ts'
import { makeEvent, takeOwnId } from './make-event.ts'
import { refuseUnexpected } from './refused.ts'
import { type End, Trace } from './trace.ts'

// Identified by name: the package may be loaded twice, as ES module and as CommonJS.
export const receiverAccess: unique symbol = Symbol.for('express-smile-id.receiverAccess') as never

/** A callback that Smile ID repeated in a genuine answer. */
export interface AskedFact {
  readonly decoded: Decoded
  readonly credential: Candidate
  /** Reference of the callback URL, and path params of the mount, to which its callback would have come. */
  readonly reference: string | undefined
  readonly params: Readonly<Record<string, string>>
}

/** A repeated callback that is to be handled. */
export interface FactToHandle extends AskedFact {
  /** Epoch ms. */
  readonly answeredAt: number
}

/** The part of a receiver that `reconcile` uses; for this library only. */
export interface ReceiverAccess {
  readonly config: Pick<Config, 'candidates' | 'codes' | 'now' | 'once'>
  readonly tell: Tell
  /** The ids of the event; undefined if its partner params are invalid. */
  idsOf(fact: AskedFact): Promise<{ id: string; verdictId: string } | undefined>
  /** Partner params, claim, and handlers or inbox, as for a delivery. Never rejects. */
  receiveAsked(fact: FactToHandle): Promise<{ code: ReportCode; isDead: boolean }>
  /** True if the inbox says of one of these events that its handlers failed every time. */
  isDead(ids: readonly string[]): Promise<boolean>
}

/** Gives `reconcile` access to a receiver. */
export function accessTo(handling: Handling, drift: DriftWatch, tell: Tell): ReceiverAccess {
  const { config, consumers, inFlight } = handling

  const receive = async (fact: FactToHandle, trace: Trace): Promise<End> => {
    if (inFlight.closed) return 'shutting_down'
    const event = await eventOf(fact, trace)
    return isRefusal(event) ? event : claimEvent({ event, sentParams: fact.decoded.partnerParams }, handling, trace)
  }
  /** No delivery's line says what failed: each failure has its own. */
  const ended = (end: End | NewEvent, trace: Trace) => {
    if (isRefusal(end) && end.thrown) trace.failed(end.thrown.where, end.thrown.error)
    trace.tell()
  }

  return Object.freeze<ReceiverAccess>({
    config,
    tell,
    async idsOf(fact) {
      const trace = new Trace(tell)
      const event = await eventOf(fact, trace)
      ended(event, trace)
      return isRefusal(event) ? undefined : { id: event.id, verdictId: event.verdictId }
    },
    receiveAsked: (fact) =>
      inFlight.run(async () => {
        const trace = new Trace(tell)
        const end = await receive(fact, trace).catch(refuseUnexpected)
        ended(end, trace)
        return { code: isRefusal(end) ? end.code : end, isDead: trace.facts.inbox === 'dead' }
      }),
    async isDead(ids) {
      for (const id of config.inbox ? ids : []) {
        const answer = config.inbox && (await revisit(id, config.inbox))
        if (answer && 'failed' in answer) tell(answer.error, { where: 'inbox' })
        else if (answer?.value === 'dead') return true
      }
      return false
    },
  })

  /** Partner params that break the schema go to the same listeners as those of a delivery. */
  async function eventOf(fact: AskedFact & { answeredAt?: number }, trace: Trace): Promise<NewEvent | Refusal> {
    const { decoded } = fact
    drift.note(decoded)
    const delivery = deliveryOf(fact)
    const event = await makeEvent(decoded, delivery, fact.credential, config, async (issues) => {
      if (fact.answeredAt !== undefined)
        await consumers.unrecognized(
          {
            code: 'invalid_partner_params',
            issues,
            rawBody: JSON.stringify(decoded.payload),
            body: decoded.payload,
            delivery,
          },
          (error) => trace.failed('handler', error),
        )
    })
    if (isRefusal(event)) return event
    trace.event = event
    return takeOwnId(event, config) ?? event
  }

  /** Smile ID's own answer: the whole event is confirmed. */
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
