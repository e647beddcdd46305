import { codeOfHandlers, type HandlerSummary } from '../events/run-handlers.ts'
import type { DispatchOptions } from '../inbox/dispatch.ts'
import { enqueue, revisit, type InboxConfig, type ToEnqueue } from '../inbox/enqueue.ts'
import type { InboxAnswer } from '../inbox/inbox.ts'
import type { TraceContext } from '../inbox/message.ts'
import type { Json } from '../lib/json.ts'
import { refuse } from '../report/refusal.ts'
import type { SmileIdEvent } from '../types/event.ts'
import type { End, Facts } from './trace.ts'
import type { UnrecognizedDelivery } from './unrecognized.ts'

/** Where events go. */
export interface Consumers {
  /** Runs every handler that the event matches; undefined if nobody is subscribed to anything. Without limits, those of the options hold. */
  handle(event: SmileIdEvent<unknown>, sentParams: Json, limits?: DispatchOptions): Promise<HandlerSummary> | undefined
  unrecognized(delivery: UnrecognizedDelivery): Promise<void>
  /** The delivery's span, for the worker's. */
  trace?(): TraceContext | undefined
}

/** What came of the work on an event. */
export interface Worked {
  end: End
  facts?: Facts
}

/** Hands an event to the inbox where there is one, else to the handlers. `bytes`: of its body, where that was read here. */
export function workOn(event: SmileIdEvent<unknown>, sentParams: Json, bytes: number | undefined, inbox: InboxConfig | undefined, consumers: Consumers): Promise<Worked> {
  return inbox ? store({ event, sentParams, bytes, trace: consumers.trace?.() }, inbox) : handle(event, sentParams, consumers)
}

/** What the inbox knows of an event that is finished for the store: its handlers may have failed every time. */
export const factsOfFinished = async (id: string, inbox: InboxConfig): Promise<Facts> => inboxFacts(await revisit(id, inbox))

async function store(toEnqueue: ToEnqueue, inbox: InboxConfig): Promise<Worked> {
  const enqueued = await enqueue(toEnqueue, inbox)
  if ('answer' in enqueued) return { end: 'accepted', facts: inboxFacts(enqueued.answer) }
  return { end: refuse('inbox_unavailable', `The inbox failed: ${enqueued.failed}.`, { cause: 'inbox_failed' }), facts: { inbox: 'unavailable' } }
}

function inboxFacts(answer: InboxAnswer | undefined): Facts {
  if (answer === undefined) return {}
  return answer === 'dead' ? { inbox: answer, hint: deadHint } : { inbox: answer }
}

const deadHint = 'The handlers of this event failed every time, and it is handled no more. Mend them, then redrive it: npx express-smile-id dead redrive.'

async function handle(event: SmileIdEvent<unknown>, sentParams: Json, consumers: Consumers): Promise<Worked> {
  const handlers = await consumers.handle(event, sentParams)
  return handlers ? { end: codeOfHandlers(handlers), facts: { handlers } } : { end: refuse('no_handlers') }
}
