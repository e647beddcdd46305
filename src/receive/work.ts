import { codeOfHandlers, type HandlerSummary } from '../events/run-handlers.ts'
import type { DispatchOptions } from '../inbox/dispatch.ts'
import { enqueue, revisit, type InboxConfig, type ToEnqueue } from '../inbox/enqueue.ts'
import type { InboxAnswer } from '../inbox/inbox.ts'
import type { TraceContext } from '../inbox/message.ts'
import type { Json } from '../lib/json.ts'
import { refuse } from '../report/refusal.ts'
import { refuseThrown } from './diagnose/inside.ts'
import type { SmileIdEvent } from '../types/event.ts'
import type { End, Facts } from './trace.ts'
import type { UnrecognizedDelivery } from './unrecognized.ts'

/** Hears what a handler threw; whether the line of the delivery will tell it, so that it needs none of its own. */
export type Hear = (error: unknown) => boolean

/** Where events go. */
export interface Consumers {
  /** Runs every handler that the event matches; undefined if nobody is subscribed to anything. Without limits, those of the options hold. */
  handle(event: SmileIdEvent<unknown>, sentParams: Json, limits?: DispatchOptions, hear?: Hear): Promise<HandlerSummary> | undefined
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
export function workOn({ event, sentParams, bytes, isReported }: ToWorkOn, inbox: InboxConfig | undefined, consumers: Consumers): Promise<Worked> {
  return inbox ? store({ event, sentParams, bytes, trace: consumers.trace?.() }, inbox) : handle(event, sentParams, isReported === true, consumers)
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

async function handle(event: SmileIdEvent<unknown>, sentParams: Json, isReported: boolean, consumers: Consumers): Promise<Worked> {
  const thrown: unknown[] = []
  let isOpen = isReported
  const handlers = await consumers.handle(event, sentParams, undefined, (error) => isOpen && thrown.push(error) === 1)
  isOpen = false
  if (!handlers) return { end: refuse('no_handlers') }
  const code = codeOfHandlers(handlers)
  return { end: thrown.length > 0 ? refuseThrown(code, thrown[0]) : code, facts: { handlers } }
}
