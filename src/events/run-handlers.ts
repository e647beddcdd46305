import { isPermanent } from '../errors.ts'
import { longestTimer } from '../lib/check.ts'
import type { Handler, HandlerContext } from '../types/event.ts'

/** Results of the handlers of one delivery, counted. */
export interface HandlerSummary {
  matched: number
  failed: number
  /** Handlers that threw a `PermanentError`. */
  rejected: number
  timedOut: number
}

/**
 * Runs all handlers at once and waits for each, up to `timeoutMs` if given; then their signal is aborted, as it is by
 * `outer`. Handler errors go to `onError` alone, also those thrown after the time limit.
 */
export function runHandlers<E>(
  event: E,
  handlers: readonly Handler<E>[],
  timeoutMs: number | undefined,
  onError: (error: unknown) => void,
  outer?: AbortSignal,
): Promise<HandlerSummary> {
  const summary = { matched: handlers.length, failed: 0, rejected: 0, timedOut: 0 }
  if (handlers.length === 0) return Promise.resolve(summary)
  const context = new Context(outer)
  return new Promise((resolve) => {
    let running = handlers.length
    const expire = () => {
      summary.timedOut = running
      context.abort()
      resolve(summary)
    }
    const timer = timeoutMs === undefined ? undefined : setTimeout(expire, Math.min(timeoutMs, longestTimer))
    const done = () => {
      running -= 1
      if (running > 0 || summary.timedOut > 0) return
      clearTimeout(timer)
      resolve(summary)
    }
    const fail = (error: unknown) => {
      if (summary.timedOut === 0) summary[isPermanent(error) ? 'rejected' : 'failed'] += 1
      onError(error)
      done()
    }
    for (const handler of handlers) {
      try {
        Promise.resolve(handler(event, context)).then(done, fail)
      } catch (error) {
        fail(error)
      }
    }
  })
}

// The signal is created on first use: an AbortController costs more than the rest of a quick delivery's dispatch.
class Context implements HandlerContext {
  readonly #outer: AbortSignal | undefined
  #controller: AbortController | undefined
  #signal: AbortSignal | undefined
  #timedOut = false

  constructor(outer: AbortSignal | undefined) {
    this.#outer = outer
  }

  get signal(): AbortSignal {
    this.#controller ??= new AbortController()
    this.#signal ??= this.#outer ? AbortSignal.any([this.#outer, this.#controller.signal]) : this.#controller.signal
    if (this.#timedOut) this.abort()
    return this.#signal
  }

  abort(): void {
    this.#timedOut = true
    if (this.#controller?.signal.aborted === false)
      this.#controller.abort(new DOMException('handlerTimeout has passed', 'TimeoutError'))
  }
}

/** Maps handler results to a report code. A retryable failure wins over a permanent one. */
export function codeOfHandlers({ matched, failed, rejected, timedOut }: HandlerSummary) {
  if (failed > 0) return 'handler_failed'
  if (timedOut > 0) return 'handler_timeout'
  if (rejected > 0) return 'handler_rejected'
  return matched > 0 ? 'accepted' : 'unhandled'
}
