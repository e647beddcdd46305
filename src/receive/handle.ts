import type { NewEvent } from '../events/build.ts'
import { codeOfHandlers, type HandlerSummary } from '../events/run-handlers.ts'
import type { DispatchOptions } from '../inbox/dispatch.ts'
import { enqueue, type InboxConfig, revisit, type ToEnqueue } from '../inbox/enqueue.ts'
import type { InboxAnswer } from '../inbox/inbox.ts'
import type { TraceContext } from '../inbox/message.ts'
import type { Json } from '../lib/json.ts'
import { claimAndRun, type Claimed } from '../once/claim.ts'
import { isNoted, noteVerdict } from '../once/verdicts.ts'
import { isRefusal, type Refusal, refuse } from '../report/refusal.ts'
import type { ReportCode } from '../report/report.ts'
import type { SmileIdEvent } from '../types/event.ts'
import type { Config } from './config.ts'
import type { InFlight } from './in-flight.ts'
import { refuseThrown, refuseUnexpected } from './refused.ts'
import type { End, Facts, Trace } from './trace.ts'
import type { UnrecognizedDelivery } from './delivery.ts'

/** What handling an event needs of its receiver. */
export interface Handling {
  readonly config: Config
  readonly consumers: Consumers
  readonly inFlight: InFlight
}

/** The same, not handled before. */
export interface Ready extends ToWorkOn {
  readonly event: NewEvent
}

/**
 * Claim, then handlers or inbox: the same for what was delivered and for what was asked. `check` may refuse it once it
 * is claimed.
 */
export async function claimEvent(
  ready: Ready,
  { config, consumers, inFlight }: Handling,
  trace: Trace,
  check?: () => Promise<Refusal | undefined>,
): Promise<End> {
  const { event } = ready
  const claimed = await claimAndRun<End>(event.id, config.once, isFinished, async () => {
    trace.reached('claimed')
    try {
      const refused = check && (await check())
      if (refused) return refused
      const { end, facts } = await workOn(ready, config.inbox, consumers)
      Object.assign(trace.facts, facts)
      return end
    } catch (error) {
      return refuseUnexpected(error)
    }
  })
  const noting =
    claimed.claim.end === 'completed' && isNoted(event) ? noteVerdict(event.verdictId, config.once) : undefined
  // Whoever waits for the answer need not wait for these.
  for (const going of [claimed.pending, noting]) if (going) void inFlight.run(() => going)
  const { end, hint, retryAfter } = endOfClaim(claimed, config.once.leaseMs)
  trace.facts.claim = claimed.claim
  if (hint !== undefined) trace.facts.hint = hint
  if (retryAfter !== undefined) trace.facts.retryAfter = retryAfter
  if (end === 'duplicate' && config.inbox) Object.assign(trace.facts, await factsOfFinished(event.id, config.inbox))
  return end
}

/** Ends after which the event is finished: another delivery of it is a duplicate. */
export function isFinished(end: ReportCode | Refusal): boolean {
  // No refusal accepts; one may say why handlers rejected the event for good.
  return isRefusal(end) ? end.code === 'handler_rejected' : end === 'accepted' || end === 'handler_rejected'
}

/** What a claim, and the work under it, make of the delivery. */
export interface ClaimEnding {
  end: ReportCode | Refusal
  hint?: string
  /** s */
  retryAfter?: number
}

/** `leaseMs`: how long somebody else may hold the event. */
export function endOfClaim({ claim, end, trouble }: Claimed<ReportCode | Refusal>, leaseMs: number): ClaimEnding {
  if (claim.reservation === 'done') return { end: 'duplicate' }
  if (claim.reservation === 'in_progress') return { end: refuse('in_progress'), retryAfter: Math.ceil(leaseMs / 1000) }
  if (end === undefined) return { end: refuse('store_unavailable', trouble, { cause: 'store_failed' }) }
  return { end, ...(trouble !== undefined && { hint: trouble }) }
}

/** Hears what a handler threw; whether the line of the delivery will tell it, so that it needs none of its own. */
export type Hear = (error: unknown) => boolean

/** Where events go. */
export interface Consumers {
  /**
   * Runs every handler that the event matches; undefined if nobody is subscribed to anything. Without limits, those of
   * the options hold.
   */
  handle(
    event: SmileIdEvent<unknown>,
    sentParams: Json,
    limits?: DispatchOptions,
    hear?: Hear,
  ): Promise<HandlerSummary> | undefined
  unrecognized(delivery: UnrecognizedDelivery): Promise<void>
  /** The delivery's span, for the worker's. */
  trace?(): TraceContext | undefined
}

/** What came of the work on an event. */
export interface Worked {
  end: End
  facts?: Facts
}

/** An event that is ready to be handled. */
export interface ToWorkOn {
  readonly event: SmileIdEvent<unknown>
  /** Partner params before any schema. */
  readonly sentParams: Json
  /** Of its body, where they were counted. */
  readonly bytes?: number | undefined
  /** Whether its end is told in a line of the log. */
  readonly isReported?: boolean | undefined
}

/** Hands an event to the inbox where there is one, else to the handlers. */
export function workOn(
  { event, sentParams, bytes, isReported }: ToWorkOn,
  inbox: InboxConfig | undefined,
  consumers: Consumers,
): Promise<Worked> {
  return inbox
    ? store({ event, sentParams, bytes, trace: consumers.trace?.() }, inbox)
    : handle(event, sentParams, isReported === true, consumers)
}

/** What the inbox knows of an event that is finished for the store: its handlers may have failed every time. */
export const factsOfFinished = async (id: string, inbox: InboxConfig): Promise<Facts> =>
  inboxFacts(await revisit(id, inbox))

async function store(toEnqueue: ToEnqueue, inbox: InboxConfig): Promise<Worked> {
  const enqueued = await enqueue(toEnqueue, inbox)
  if ('answer' in enqueued) return { end: 'accepted', facts: inboxFacts(enqueued.answer) }
  return {
    end: refuse('inbox_unavailable', `The inbox failed: ${enqueued.failed}.`, { cause: 'inbox_failed' }),
    facts: { inbox: 'unavailable' },
  }
}

function inboxFacts(answer: InboxAnswer | undefined): Facts {
  if (answer === undefined) return {}
  return answer === 'dead' ? { inbox: answer, hint: deadHint } : { inbox: answer }
}

const deadHint =
  'The handlers of this event failed every time, and it is handled no more. Mend them, then redrive it: npx express-smile-id dead redrive.'

async function handle(
  event: SmileIdEvent<unknown>,
  sentParams: Json,
  isReported: boolean,
  consumers: Consumers,
): Promise<Worked> {
  const thrown: unknown[] = []
  let isOpen = isReported
  const handlers = await consumers.handle(event, sentParams, undefined, (error) => isOpen && thrown.push(error) === 1)
  isOpen = false
  if (!handlers) return { end: refuse('no_handlers') }
  const code = codeOfHandlers(handlers)
  return { end: thrown.length > 0 ? refuseThrown(code, thrown[0]) : code, facts: { handlers } }
}
