import { smileIdCallbacks, type SmileIdCallbacksOptions, type SmileIdEvent } from '../../src/index.ts'
import { reconcile, type JobToAsk, type ReconcileOptions } from '../../src/reconcile/reconcile.ts'
import type { SignedDelivery } from '../../src/testing/index.ts'
import { credential, senderIp } from '../support/deliveries.ts'
import { serving } from '../support/doors.ts'
import { StandIn } from '../support/stand-in.ts'

/** A stand-in for Smile ID and a receiver, for the length of a test. */
export interface Scene {
  smileId: StandIn
  baseUrl: string
  callbacks: ReturnType<typeof smileIdCallbacks>
  /** What the handlers got. */
  events: SmileIdEvent[]
  deliver: (delivery: SignedDelivery) => Promise<string>
  run: (
    jobs: Iterable<unknown> | AsyncIterable<unknown>,
    change?: Partial<ReconcileOptions>,
  ) => ReturnType<typeof reconcile>
}

export const quick = { timeout: 1_000, backoff: 5 }

/** Each receiver has a memory of its own, unless the options give it a store. */
export async function scene<T>(
  use: (scene: Scene) => Promise<T>,
  options: Partial<SmileIdCallbacksOptions> = {},
  own = credential,
): Promise<T> {
  const smileId = new StandIn(own)
  return serving(smileId.app, (baseUrl) => {
    const events: SmileIdEvent[] = []
    const callbacks = smileIdCallbacks({ credentials: credential, logger: false, ...options })
    callbacks.onAny((event) => void events.push(event))
    return use({
      smileId,
      baseUrl,
      callbacks,
      events,
      deliver: async (delivery) => (await callbacks.receive({ method: 'POST', ...delivery, clientIp: senderIp })).code,
      run: (jobs, change = {}) =>
        reconcile(callbacks, {
          environment: 'production',
          baseUrl,
          jobs: jobs as Iterable<JobToAsk>,
          ...quick,
          ...change,
        }),
    })
  })
}

export const said = (events: readonly SmileIdEvent[]): string[] =>
  events.map((event) => `${event.jobId} ${event.kind === 'result' ? event.outcome : event.kind}`)
