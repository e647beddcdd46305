import { isConflict } from '../errors.ts'
import type { NewEvent } from '../events/build.ts'
import { codeOfHandlers, type HandlerSummary } from '../events/run-handlers.ts'
import { type AroundContext, type DispatchOptions, wrapIn } from '../inbox/dispatch.ts'
import { enqueue, type InboxConfig, revisit, type ToEnqueue } from '../inbox/enqueue.ts'
import type { InboxAnswer } from '../inbox/inbox.ts'
import type { Json } from '../lib/json.ts'
import type { Reach } from '../lib/outage.ts'
import { after } from '../lib/promises.ts'
import { claimAndRun, type Claimed, isNoted, noteVerdict } from '../once/claim.ts'
import { isRefusal, type Refusal, refuse, refuseThrown, refusing, type Thrown } from '../report/refusal.ts'
import type { SmileIdEvent } from '../types/event.ts'
import type { Config } from './config.ts'
import type { UnrecognizedDelivery } from './delivery.ts'
import type { InFlight, VerdictUses, watchDrift } from './memory.ts'
import { refuseUnexpected } from './refused.ts'
import type { End, Trace } from './trace.ts'

/** Parts of a receiver that handling an event needs. */
export interface Handling {
  readonly config: Config
  readonly consumers: Consumers
  readonly inFlight: InFlight
  readonly verdicts: VerdictUses
  readonly noteDrift: ReturnType<typeof watchDrift>
  /** Says once that a server is out of reach, and once that it is back. */
  readonly reach: { readonly store: Reach; readonly inbox: Reach }
}

/** An event that is ready to be handled. */
export interface Ready {
  readonly event: NewEvent
  /** Partner params before any schema. */
  readonly sentParams: Json
  /** Size of its body, if it was counted. */
  readonly bytes?: number | undefined
}

/**
 * Claims the event, then runs handlers or inbox: the same for delivered and repeated callbacks. `check` may refuse it
 * once it is claimed.
 */
export async function claimEvent(
  ready: Ready,
  { config, consumers, inFlight, verdicts, reach }: Handling,
  trace: Trace,
  check?: () => Refusal | undefined | Promise<Refusal | undefined>,
): Promise<End> {
  const { event } = ready
  const { facts } = trace
  const claimed = await claimAndRun<End>(event.id, config.once, isFinished, async () => {
    trace.reached('claimed')
    try {
      return (check && (await check())) ?? (await workOn(ready, config.inbox, consumers, trace, reach.inbox))
    } catch (error) {
      return refuseUnexpected(error)
    }
  })
  const noting =
    claimed.claim.end === 'completed' && isNoted(event)
      ? after(noteVerdict(event.verdictId, config.once), (noted) => {
          if ('failed' in noted) trace.failed('store', noted.error)
        })
      : undefined
  // The answer need not wait for these.
  for (const going of [claimed.pending, noting]) if (going) void inFlight.run(() => going)
  const { end, retryAfter } = endOfClaim(claimed, config.once.leaseMs)
  const { claim, trouble } = claimed
  facts.claim = claim
  reach.store.note(trouble?.error)
  if (trouble) {
    facts.hint = trouble.hint
    trace.failed('store', trouble.error, !isRefusal(end) || end.hint === undefined || end.hint === trouble.hint)
  }
  if (retryAfter !== undefined) facts.retryAfter = retryAfter
  if (end === 'accepted' && isNoted(event)) noteConflict(verdicts.conflict(event), event.id, trace)
  if (end === 'duplicate' && config.inbox) {
    const answer = await revisit(event.id, config.inbox)
    if ('failed' in answer) trace.failed('inbox', answer.error)
    else noteAnswer(answer.value, trace)
  }
  return end
}

/** A verdict for two recipients, which nothing but `inTransaction` refuses; told once. */
function noteConflict(found: ReturnType<VerdictUses['conflict']>, id: string, { facts }: Trace): void {
  if (!found) return
  const { eventId, isNews } = found
  facts.verdictConflict = { eventId }
  if (isNews)
    facts.hint = `Event ${id} says of its job what event ${eventId} said for another recipient: one of them is a forgery or a mistake. Key effects with inTransaction, which refuses the second. This is logged once for each verdict.`
}

/** True if the event is finished: another delivery of it is a duplicate. */
export function isFinished(end: End): boolean {
  // A refusal never accepts; one may explain why handlers rejected the event for good.
  return isRefusal(end) ? end.code === 'handler_rejected' : end === 'accepted' || end === 'handler_rejected'
}

/** Result of a claim, and of the work under it. `leaseMs`: longest time that another process may hold the event. */
export function endOfClaim(
  { claim, end, trouble }: Claimed<End>,
  leaseMs: number,
): { end: End; /** Seconds. */ retryAfter?: number } {
  if (claim.reservation === 'done') return { end: 'duplicate' }
  if (claim.reservation === 'in_progress') return { end: refuse('in_progress'), retryAfter: Math.ceil(leaseMs / 1000) }
  return { end: end ?? refusing('store_unavailable')('store_failed', trouble?.hint) }
}

/** Destinations of events. */
export interface Consumers {
  /**
   * Runs every handler that the event matches; undefined if there is no subscription at all. Without limits, those of
   * the options hold.
   */
  handle(
    context: AroundContext<SmileIdEvent<unknown>>,
    sentParams: Json,
    limits: DispatchOptions | undefined,
    onThrown: (error: unknown) => void,
  ): Promise<HandlerSummary> | undefined
  unrecognized(delivery: UnrecognizedDelivery, onThrown: (error: unknown) => void): Promise<void>
  readonly around: Config['around']
}

/** Gives an event to the inbox if there is one, else to the handlers. */
function workOn(
  { event, sentParams, bytes }: Ready,
  inbox: InboxConfig | undefined,
  consumers: Consumers,
  trace: Trace,
  reach: Reach,
): Promise<End> {
  const stage = inbox ? 'inbox' : 'handlers'
  const context: AroundContext<NewEvent> = { stage, event, startedAt: trace.startedAt, trace: {}, isLastTry: false }
  if (!inbox) return handle(context, sentParams, consumers, trace)
  const wrap = wrapIn(consumers.around, context)
  return store({ event, sentParams, bytes, trace: context.trace, wrap }, inbox, trace, reach)
}

async function store(toEnqueue: ToEnqueue, inbox: InboxConfig, trace: Trace, reach: Reach): Promise<End> {
  const enqueued = await enqueue(toEnqueue, inbox)
  reach.note('failed' in enqueued ? enqueued.error : undefined)
  if ('value' in enqueued) {
    noteAnswer(enqueued.value, trace)
    return 'accepted'
  }
  trace.facts.inbox = 'unavailable'
  const thrown = { where: 'inbox', error: enqueued.error } as const
  return refuseThrown('inbox_unavailable', 'inbox_failed', thrown)
}

function noteAnswer(answer: InboxAnswer | undefined, { facts }: Trace): void {
  if (answer === undefined) return
  facts.inbox = answer
  if (answer === 'dead')
    facts.hint =
      'The handlers of this event failed on every attempt, and it is not retried. Fix them, then redrive it: npx express-smile-id dead redrive.'
}

async function handle(
  context: AroundContext<SmileIdEvent<unknown>>,
  sentParams: Json,
  consumers: Consumers,
  trace: Trace,
): Promise<End> {
  let first: Thrown | undefined
  let isOpen = true
  const summary = await consumers.handle(context, sentParams, undefined, (error) => {
    const isFirst = !first || isConflict(error)
    if (!isOpen || !isFirst) return trace.failed('handler', error)
    if (first) trace.failed('handler', first.error)
    first = { where: 'handler', error }
  })
  isOpen = false
  if (!summary) return refuse('no_handlers')
  // A copy: what fails later changes the summary.
  const { conflict, ...handlers } = summary
  trace.facts.handlers = handlers
  if (conflict) trace.facts.verdictConflict = conflict
  const code = codeOfHandlers(summary)
  return first ? refuseThrown(code, 'handler_threw', first) : code
}
