import type { Handler, HandlerContext } from './types.ts'

/** How the handlers of one delivery fared. */
export interface HandlerSummary {
  matched: number
  failed: number
  timedOut: number
}

/**
 * Runs all handlers at once and waits for each, up to `timeoutMs`; then their signal is aborted.
 * What a handler throws goes to `onError` alone, also when it throws after its time was up.
 */
export async function runHandlers<E>(
  event: E,
  handlers: readonly Handler<E>[],
  timeoutMs: number,
  onError: (error: unknown) => void,
): Promise<HandlerSummary> {
  const summary = { matched: handlers.length, failed: 0, timedOut: 0 }
  const context = new Context()
  let running = handlers.length
  const one = async (handler: Handler<E>): Promise<void> => {
    try {
      await handler(event, context)
    } catch (error) {
      if (summary.timedOut === 0) summary.failed += 1
      onError(error)
    } finally {
      running -= 1
    }
  }
  let timer: NodeJS.Timeout | undefined
  const timeUp = new Promise<void>((resolve) => {
    timer = setTimeout(() => {
      summary.timedOut = running
      context.abort()
      resolve()
    }, timeoutMs)
  })
  await Promise.race([Promise.all(handlers.map(one)), timeUp])
  clearTimeout(timer)
  return { ...summary }
}

// Made when somebody asks for it: an AbortController costs more than the rest of a quick delivery's dispatch.
class Context implements HandlerContext {
  #controller: AbortController | undefined
  #timedOut = false

  get signal(): AbortSignal {
    this.#controller ??= new AbortController()
    if (this.#timedOut) this.abort()
    return this.#controller.signal
  }

  abort(): void {
    this.#timedOut = true
    if (this.#controller?.signal.aborted === false) this.#controller.abort(new DOMException('handlerTimeout has passed', 'TimeoutError'))
  }
}
