/** How long a subscription lasts. */
export interface SubscribeOptions {
  /** Unsubscribes when aborted. Default: none, until the returned function is called. */
  readonly signal?: AbortSignal | undefined
}

/** Takes a subscription back; calling it again does nothing. */
export type Unsubscribe = () => void

// One listener per signal, however many subscriptions share it.
const stopsOf = new WeakMap<AbortSignal, Set<Unsubscribe>>()

/** Subscribes unless the signal is aborted already, and until it is. */
export function untilAborted(signal: AbortSignal | undefined, subscribe: () => Unsubscribe): Unsubscribe {
  if (!signal) return subscribe()
  if (signal.aborted) return () => undefined
  const remove = subscribe()
  const forget = whenAborted(signal, remove)
  return () => {
    forget()
    remove()
  }
}

/** Runs `act` when the signal is aborted, unless it is taken back before. */
export function whenAborted(signal: AbortSignal, act: () => void): () => void {
  const stops = stopsOf.get(signal) ?? listen(signal)
  // One of its own, so that the same function may be here twice.
  const stop = () => { act() }
  stops.add(stop)
  return () => void stops.delete(stop)
}

function listen(signal: AbortSignal): Set<Unsubscribe> {
  const stops = new Set<Unsubscribe>()
  stopsOf.set(signal, stops)
  const onAbort = () => {
    for (const stop of stops) stop()
  }
  signal.addEventListener('abort', onAbort, { once: true })
  return stops
}
