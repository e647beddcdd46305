import { type ErrorPlace, isOwnError, type SmileIdError } from '../errors.ts'
import { hearFailure } from '../lib/promises.ts'
import { shownError } from '../lib/words.ts'
import type { SmileIdEvent } from '../types/event.ts'
import { createLog, type Log } from './log.ts'
import { type Logger } from './logger.ts'
import type { DeliveryReport } from './report.ts'

/** Where an error came from. */
export interface ErrorContext<Event = SmileIdEvent> {
  /** The part of your own code that failed. */
  readonly where: ErrorPlace
  /** The event that it was about, as far as there was one. */
  readonly event?: Event
  /** The report of the delivery; absent in workers, in `reconcile`, and for what fails after the answer. */
  readonly report?: DeliveryReport
}

/** The option `onError`. */
export type OnError<Event = SmileIdEvent> = (error: unknown, context: ErrorContext<Event>) => unknown

/**
 * Tells the owner of the app what its code threw: `onError` gets the error, the log its class, code and place.
 * `isInLine`: the line of the delivery says it, so that it needs none of its own.
 */
export type Tell = (error: unknown, context: ErrorContext<SmileIdEvent<unknown>>, isInLine?: boolean) => void

/** Log lines of one receiver. */
export interface Speech {
  readonly log: Log
  readonly tell: Tell
}

export function createSpeech(logger: Logger | undefined, onError: OnError<never> | undefined): Speech {
  const call = (error: unknown, context: ErrorContext<SmileIdEvent<unknown>>) =>
    callListener(
      onError,
      // Once: it cannot be told to itself.
      (failure) => log.setUp('on_error_failed', `onError failed: ${shownError(failure)}. This is said once.`),
      error,
      context as ErrorContext<never>,
    )
  const log = createLog(logger, onError !== undefined, (error) => call(error, { where: 'listener' }))
  return {
    log,
    tell(thrown, context, isInLine = false) {
      const own = isOwnError(thrown) ? (thrown as Partial<SmileIdError>) : undefined
      const { error, where } = own?.where
        ? { error: own.cause, where: own.where }
        : { error: thrown, where: context.where }
      if (!isInLine) log.failure(where, error)
      call(error, { ...context, where })
    },
  }
}

/** Calls a listener, whose failure changes nothing but is heard. */
export function callListener<Args extends unknown[]>(
  listener: ((...args: Args) => unknown) | undefined,
  onFailure: (error: unknown) => void,
  ...args: Args
): void {
  if (!listener) return
  try {
    hearFailure(listener(...args), onFailure)
  } catch (error) {
    onFailure(error)
  }
}
