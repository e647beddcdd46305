import type { NewEvent } from '../events/build.ts'
import { revisit } from '../inbox/enqueue.ts'
import { definedOnly } from '../lib/json.ts'
import type { Decoded } from '../payload/decoded.ts'
import type { Tell } from '../report/on-error.ts'
import { isRefusal, type Refusal } from '../report/refusal.ts'
import type { ReportCode } from '../report/report.ts'
import type { DeliveryInfo } from '../types/delivery.ts'
import type { Candidate } from './guards/signature.ts'
import { claimEvent, type Handling } from './handle.ts'
import { makeEvent, takeOwnId } from './make-event.ts'
import { refuseUnexpected } from './refused.ts'
import { type End, Trace } from './trace.ts'

/**
 * Private, because what it opens holds the API keys, and claims events past all checks of a sender. By name, because
 * the package may be loaded twice, as ES module and as CommonJS.
 */
export const receiverAccess: unique symbol = Symbol.for('express-smile-id.receiverAccess') as never

/** A callback that Smile ID repeated in a genuine answer. */
export interface AskedFact {
  readonly decoded: Decoded
  readonly credential: Candidate
  /** Reference of the callback URL, and path params of the mount, to which its callback would have come. */
  readonly reference: string | undefined
  readonly params: Readonly<Record<string, string>>
  /** Epoch ms; absent while the fact is only looked up. */
  readonly answeredAt?: number
}

/** The parts of a receiver of which `reconcile` makes its access. */
export interface Opened {
  readonly handling: Handling
  readonly tell: Tell
}

/** The part of a receiver that `reconcile` uses; for this library only. */
export type ReceiverAccess = ReturnType<typeof accessTo>

export function accessTo({ handling, tell }: Opened) {
  const { config, consumers, noteDrift, inFlight } = handling

  /** No delivery's line says what failed: each failure has its own. */
  const ended = (end: End | NewEvent, trace: Trace) => {
    if (isRefusal(end) && end.thrown) trace.failed(end.thrown.where, end.thrown.error)
    trace.tell()
  }

  return {
    config,
    tell,
    /** The ids of the event; undefined if its partner params are invalid. */
    async idsOf(fact: AskedFact): Promise<{ id: string; verdictId: string } | undefined> {
      const trace = new Trace(tell)
      const event = await eventOf(fact, trace)
      ended(event, trace)
      return isRefusal(event) ? undefined : { id: event.id, verdictId: event.verdictId }
    },
    /** Partner params, claim, and handlers or inbox, as for a delivery. Never rejects. */
    receiveAsked: (fact: AskedFact & { answeredAt: number }): Promise<{ code: ReportCode; isDead: boolean }> =>
      inFlight.run(async () => {
        const trace = new Trace(tell)
        const end = await receive(fact, trace).catch(refuseUnexpected)
        ended(end, trace)
        return { code: isRefusal(end) ? end.code : end, isDead: trace.facts.inbox === 'dead' }
      }),
    /** True if the inbox says of one of these events that its handlers failed every time. */
    async isDead(ids: readonly string[]): Promise<boolean> {
      for (const id of config.inbox ? ids : []) {
        const answer = config.inbox && (await revisit(id, config.inbox))
        if (answer && 'failed' in answer) tell(answer.error, { where: 'inbox' })
        else if (answer?.value === 'dead') return true
      }
      return false
    },
  }

  async function receive(fact: AskedFact, trace: Trace): Promise<End> {
    if (inFlight.closed) return 'shutting_down'
    const event = await eventOf(fact, trace)
    return isRefusal(event) ? event : claimEvent({ event, sentParams: fact.decoded.partnerParams }, handling, trace)
  }

  /** Partner params that break the schema go to the same listeners as those of a delivery. */
  async function eventOf(fact: AskedFact, trace: Trace): Promise<NewEvent | Refusal> {
    const { decoded, credential, answeredAt } = fact
    noteDrift(decoded)
    const delivery = deliveryOf(fact)
    const event = await makeEvent(decoded, delivery, credential, config, async (code, issues) => {
      const { payload: body } = decoded
      if (answeredAt !== undefined)
        await consumers.unrecognized({ code, issues, rawBody: JSON.stringify(body), body, delivery }, (error) =>
          trace.failed('handler', error),
        )
    })
    if (isRefusal(event)) return event
    trace.event = event
    return takeOwnId(event, config) ?? event
  }

  /** Smile ID's own answer: the whole event is confirmed. */
  function deliveryOf({ answeredAt = 0, params, reference, credential: { credential } }: AskedFact): DeliveryInfo {
    return definedOnly({
      origin: 'asked',
      generation: 'v1',
      signedAt: new Date(answeredAt),
      receivedAt: new Date(config.now()),
      params,
      confirmed: true,
      unconfirmed: [],
      credential,
      reference,
    } as const)
  }
}
