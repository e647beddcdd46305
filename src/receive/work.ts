import { codeOfHandlers, type HandlerSummary } from '../events/run-handlers.ts'
import type { DispatchOptions } from '../inbox/dispatch.ts'
import { storeInInbox, type InboxConfig } from '../inbox/enqueue.ts'
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
}

/** What came of the work on an event. */
export interface Worked {
  end: End
  facts?: Facts
}

/** Hands an event to the inbox where there is one, else to the handlers. */
export function workOn(event: SmileIdEvent<unknown>, sentParams: Json, inbox: InboxConfig | undefined, consumers: Consumers): Promise<Worked> {
  return inbox ? store(event, sentParams, inbox) : handle(event, sentParams, consumers)
}

async function store(event: SmileIdEvent<unknown>, sentParams: Json, inbox: InboxConfig): Promise<Worked> {
  const why = await storeInInbox(event, sentParams, inbox)
  if (why === undefined) return { end: 'accepted', facts: { inbox: 'stored' } }
  return { end: refuse('inbox_unavailable', `The inbox failed: ${why}.`), facts: { inbox: 'unavailable' } }
}

async function handle(event: SmileIdEvent<unknown>, sentParams: Json, consumers: Consumers): Promise<Worked> {
  const handlers = await consumers.handle(event, sentParams)
  return handlers ? { end: codeOfHandlers(handlers), facts: { handlers } } : { end: refuse('no_handlers') }
}
