import { isConflict, isPermanent, SmileIdError } from '../errors.ts'
import { longestTimer } from '../lib/check.ts'
import { definedOnly } from '../lib/json.ts'
import type { Turns } from '../lib/limits.ts'
import type { Handler, HandlerContext } from '../types/event.ts'

/** Key of a handler's function that forgets an event or a verdict. By name: the package may be loaded twice. */
export const forgetKey = Symbol.for('express-smile-id:forget')

/** Has each handler forget an event or a verdict; resolves to true if one knew it. */
export async function forgetByHandlers(handlers: Iterable<object>, id: string): Promise<boolean> {
  let isKnown = false
  for (const one of handlers)
    if (((await (one as { [forgetKey]?: (id: string) => Promise<number> })[forgetKey]?.(id)) ?? 0) > 0) isKnown = true
  return isKnown
}

/** Results of the handlers of one delivery, counted. */
export interface HandlerSummary {
  matched: number
  failed: number
  /** Handlers that threw a `PermanentError`. */
  rejected: number
  timedOut: number
  /** How long they waited for those of another event of the job, ms; absent where they did not. */
  waitedMs?: number
  /** A verdict that had its effect for another recipient, and the event that had it. */
  conflict?: VerdictConflict
}

/** The same verdict for two recipients: one of the events is a forgery or a mistake. */
export interface VerdictConflict {
  /** `id` of the event that came first; absent where it is not known any more. */
  eventId?: string
}

/** How handlers are run. */
interface RunOptions {
  /** Time limit, ms; none if undefined. */
  readonly timeoutMs: number | undefined
  /** Handler errors go here alone, also those thrown after the time limit. */
  readonly onError: (error: unknown) => void
  /** Aborts the handlers' signal, as the time limit does. */
  readonly signal?: AbortSignal | undefined
  /** Runs the handlers inside something; its failure is that of a handler. */
  readonly wrap?: ((run: () => Promise<void>) => Promise<void>) | undefined
}

/** Runs all handlers at once and waits for each, up to the time limit; then their signal is aborted. */
export function runHandlers<E>(
  event: E,
  handlers: readonly Handler<E>[],
  { timeoutMs, onError, signal, wrap }: RunOptions,
): Promise<HandlerSummary> {
  const summary: HandlerSummary = { matched: handlers.length, failed: 0, rejected: 0, timedOut: 0 }
  if (handlers.length === 0) return Promise.resolve(summary)
  const context = new Context(signal)
  return new Promise((resolve) => {
    let running = handlers.length
    let onExpired: ((error: Error) => void) | undefined
    const expire = () => {
      summary.timedOut = Math.max(1, running)
      const reason = context.abort()
      onExpired?.(reason)
      resolve(summary)
    }
    const timer = timeoutMs === undefined ? undefined : setTimeout(expire, Math.min(timeoutMs, longestTimer))
    const finish = () => {
      if (summary.timedOut > 0) return
      clearTimeout(timer)
      resolve(summary)
    }
    let worst: { error: Error } | undefined
    const fail = (error: unknown) => {
      if (!worst || (isPermanent(worst.error) && !isPermanent(error))) worst = { error: error as Error }
      if (summary.timedOut === 0) summary[isPermanent(error) ? 'rejected' : 'failed'] += 1
      if (isConflict(error)) summary.conflict ??= definedOnly({ eventId: error.otherEventId })
      onError(error)
    }
    const runAll = (whenDone: () => void) => {
      const done = () => {
        running -= 1
        if (running === 0) whenDone()
      }
      for (const handler of handlers) {
        try {
          Promise.resolve(handler(event, context)).then(done, (error: unknown) => {
            fail(error)
            done()
          })
        } catch (error) {
          fail(error)
          done()
        }
      }
    }
    if (!wrap) {
      runAll(finish)
      return
    }
    let ran: Promise<void> | undefined
    const run = () =>
      (ran ??= new Promise<void>((done, failed) => {
        onExpired = failed
        runAll(() => {
          if (worst) failed(worst.error)
          else done()
        })
      }))
    const wrapped = async () => {
      try {
        await wrap(run)
        if (!ran) fail(new SmileIdError('around did not run the handlers'))
      } catch (error) {
        // Handlers' errors that it hands on were told already.
        if (error !== worst?.error && summary.timedOut === 0) fail(error)
      }
      await ran?.catch(() => undefined)
      finish()
    }
    void wrapped()
  })
}

/** Where nothing else limits it: an engine tries the event again, ms. */
const longestWaitMs = 60_000

/** Runs the handlers of one event of a job after those of the one before; what they wait counts to their time. */
export function runInTurn<E>(
  turns: Turns,
  job: string,
  event: E,
  handlers: readonly Handler<E>[],
  options: RunOptions,
): Promise<HandlerSummary> {
  const { timeoutMs, signal } = options
  const matched = handlers.length
  const run = () => runHandlers(event, handlers, options)
  if (matched === 0) return run()
  const runLate = async (waitedMs: number) => {
    const left = timeoutMs === undefined ? undefined : Math.max(1, timeoutMs - waitedMs)
    const summary = await runHandlers(event, handlers, { ...options, timeoutMs: left })
    return { ...summary, waitedMs: Math.round(waitedMs) }
  }
  return (
    turns.runNow(job, run)
    ?? turns.runNext(job, runLate, withLimit(signal, timeoutMs), (waitedMs) => ({
      matched,
      failed: 0,
      rejected: 0,
      timedOut: matched,
      waitedMs: Math.round(waitedMs),
    }))
  )
}

function withLimit(outer: AbortSignal | undefined, timeoutMs = longestWaitMs): AbortSignal {
  const signal = AbortSignal.timeout(Math.ceil(Math.min(timeoutMs, longestTimer)))
  return outer ? AbortSignal.any([outer, signal]) : signal
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

  abort(): Error {
    this.#timedOut = true
    const reason = new DOMException('handlerTimeout has passed', 'TimeoutError')
    if (this.#controller?.signal.aborted === false) this.#controller.abort(reason)
    return reason
  }
}

/** Maps handler results to a report code. A retryable failure wins over a permanent one, a conflict over both. */
export function codeOfHandlers({ matched, failed, rejected, timedOut, conflict }: HandlerSummary) {
  if (conflict) return 'verdict_conflict'
  if (failed > 0) return 'handler_failed'
  if (timedOut > 0) return 'handler_timeout'
  if (rejected > 0) return 'handler_rejected'
  return matched > 0 ? 'accepted' : 'unhandled'
}
