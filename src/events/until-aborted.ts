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
  const stops = stopsOf.get(signal) ?? listen(signal)
  const remove = subscribe()
  const stop = () => {
    stops.delete(stop)
    remove()
  }
  stops.add(stop)
  return stop
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
