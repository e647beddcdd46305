import type { SmileIdEvent } from '../types/event.ts'
import type { TraceContext } from './message.ts'

/** Context of a call of `around`. */
export interface AroundContext<Event = SmileIdEvent> {
  /** `handlers`: those of a receiver. `inbox`: the event is stored. `dispatch`: the handlers in a worker. */
  readonly stage: 'handlers' | 'inbox' | 'dispatch'
  /** The event; in both processes of an inbox alike. */
  readonly event: Event
  /** When the delivery or the dispatch began, epoch ms. */
  readonly startedAt: number
  /** Headers of W3C Trace Context: written in stage `inbox`, stored with the event, read in `dispatch`. */
  readonly trace: Partial<TraceContext>
  /** True if the engine gives up the event when this attempt fails. */
  readonly isLastTry: boolean
}

/**
 * The option `around`: runs the handlers, or the storing of the event, inside something of yours. `run` rejects with
 * what a handler threw, or with a `TimeoutError`; hand that on. The event is handled once both `run` and `around` have
 * resolved.
 */
export type Around<Event = SmileIdEvent> = (run: () => Promise<void>, context: AroundContext<Event>) => Promise<void>

/** Runs something inside all of `around`; undefined where there is none. */
export type Wrap = ((run: () => Promise<void>) => Promise<void>) | undefined

/** The first is the outermost. */
export const wrapIn = (list: readonly Around<never>[], context: AroundContext<SmileIdEvent<unknown>>): Wrap =>
  list.length === 0
    ? undefined
    : (run) =>
        list.reduceRight<() => Promise<void>>(
          (next, around) => async () => around(next, context as AroundContext<never>),
          run,
        )()
