import { runHandlers } from '../events/run-handlers.ts'
import type { Subscription, Subscriptions } from '../events/subscriptions.ts'
import type { Config } from '../receive/config.ts'
import { callListener } from '../receive/receive.ts'
import type { UnrecognizedDelivery } from '../receive/unrecognized.ts'
import type { Consumers, Hear } from '../receive/work.ts'
import { traceOf } from '../report/hooks.ts'
import type { Log } from '../report/log.ts'
import type { Handler } from '../types/event.ts'

/** Who wants what could not be read as an event. */
export type Leftovers = Set<Subscription<UnrecognizedDelivery>>

/** Where events and leftovers go: to whoever is subscribed by then. */
export function consumersOf(config: Config, log: Log, events: Subscriptions, leftovers: Leftovers): Consumers {
  const onError = (error: unknown, subject: unknown, hear?: Hear) => {
    if (hear?.(error) !== true) log.handlerError(error)
    callListener(config.onHandlerError, error, subject as never)
  }
  return {
    handle(event, sentParams, { timeout, signal } = { timeout: config.handlerTimeout }, hear) {
      if (events.count === 0) return undefined
      // Which handlers fit which events is the subscriptions' business; here the types cannot follow.
      return runHandlers(event as never, handlersOf(events.matching(event, sentParams)), timeout, (error) => onError(error, event, hear), signal)
    },
    trace: () => traceOf(config.onDelivery),
    async unrecognized(delivery) {
      await runHandlers(delivery, handlersOf(leftovers), config.handlerTimeout, (error) => onError(error, delivery))
    },
  }
}

const handlersOf = <E>(subscriptions: ReadonlySet<Subscription<E>>): Handler<E>[] => [...subscriptions].map(({ handler }) => handler)
