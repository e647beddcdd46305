import { channel } from 'node:diagnostics_channel'
import { definedOnly } from '../lib/json.ts'
import { describeError } from '../lib/words.ts'
import type { HandlerSummary } from '../events/run-handlers.ts'
import type { SmileIdEvent } from '../types/event.ts'
import { DispatchError, type DispatchErrorCode, type DispatchReport } from './dispatch-error.ts'

/** Result of one attempt at a stored event, for `onDispatch`. Safe to log and count, as a `DeliveryReport` is. */
export interface AttemptReport {
  /** Result, in one word: as in reports, or the code of the `DispatchError`. */
  code: DispatchReport['code'] | DispatchErrorCode | 'internal_error'
  /** The event, without its job and user; absent if the message could not be read. */
  event?: { id: string; kind: string; product: string; outcome?: string }
  /** Place of its signature. */
  generation?: string
  /** Environment of its credential, as you named it. */
  environment?: string
  /** The engine's id of the job. */
  jobId?: string
  /** 1 for the first attempt. */
  attempt?: number
  /** True if the engine gives up the event when this attempt fails. */
  isLastTry: boolean
  /** Number of handlers that matched, and how they ended. */
  handlers?: HandlerSummary
  /** Duration of this attempt, ms. */
  durationMs: number
  /** From the event's signature to the end of this attempt, ms. */
  ageMs?: number
  /** Class of what a handler (the first of several), a schema or `deserialize` threw. */
  error?: string
}

/** Publishes the report of every attempt in this process. */
export const dispatchChannelName = 'express-smile-id:dispatch'
const dispatches = channel(dispatchChannelName)

/** Facts collected during an attempt. */
export interface Attempt {
  event?: SmileIdEvent<unknown>
  handlers?: HandlerSummary
}

/** Runs an attempt, and reports how it went to `onDispatch` and on the channel. */
export async function reported(
  about: { jobId: string | undefined; attempt: number | undefined; isLastTry: boolean },
  listeners: readonly ((report: AttemptReport) => void)[],
  run: (attempt: Attempt) => Promise<DispatchReport>,
): Promise<DispatchReport> {
  const startMs = performance.now()
  const found: Attempt = {}
  const report = (code: AttemptReport['code'], error?: unknown) => {
    for (const listener of listeners) listener(reportOf(code, error))
    if (dispatches.hasSubscribers) dispatches.publish(reportOf(code, error))
  }
  try {
    const done = await run(found)
    report(done.code)
    return done
  } catch (error) {
    const isOurs = error instanceof DispatchError
    report(isOurs ? error.code : 'internal_error', isOurs ? error.cause : error)
    throw error
  }

  function reportOf(code: AttemptReport['code'], error: unknown): AttemptReport {
    const { event, handlers } = found
    const delivery = event?.delivery
    const shown = ({ id, kind, product, ...rest }: SmileIdEvent<unknown>) =>
      definedOnly({ id, kind, product, outcome: 'outcome' in rest ? rest.outcome : undefined })
    return definedOnly({
      code,
      ...about,
      event: event && shown(event),
      generation: delivery?.generation,
      environment: delivery?.credential.environment,
      ageMs: delivery && Math.max(0, Date.now() - delivery.signedAt.getTime()),
      handlers: handlers && { ...handlers },
      durationMs: performance.now() - startMs,
      error: error === undefined ? undefined : describeError(error).error,
    })
  }
}
