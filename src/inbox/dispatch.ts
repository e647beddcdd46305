import type { ErrorPlace } from '../errors.ts'
import { readPartnerParams, type StandardSchema } from '../events/partner-params.ts'
import { codeOfHandlers, type HandlerSummary } from '../events/run-handlers.ts'
import {
  abortSignal,
  type Checked,
  checkOptions,
  type ChecksOf,
  count,
  flag,
  ms,
  nonEmptyString,
} from '../lib/check.ts'
import type { Json } from '../lib/json.ts'
import type { SmileIdEvent } from '../types/event.ts'
import type { AroundContext } from './around.ts'
import { type Attempt, type AttemptReport, reported } from './attempt.ts'
import { DispatchError, type DispatchReport } from './dispatch-error.ts'
import { contentOf, deserializeCheck, type DeserializeOption, fromMessage, readMessage } from './message.ts'

export { codeOfText, DispatchError, type DispatchErrorCode, type DispatchReport } from './dispatch-error.ts'

/** Limits of one dispatch, and how its message is read. */
export interface DispatchOptions extends DeserializeOption {
  /** The engine's id of the job, for `onDispatch`. Default: none. */
  readonly jobId?: string | undefined
  /** Number of this attempt, from 1, for `onDispatch`. Default: none. */
  readonly attempt?: number | undefined
  /** Time limit for the handlers, ms. Default: none; the engine's own limits hold. */
  readonly timeout?: number | undefined
  /** Aborts the handlers' signal, for a shutdown or a lost lock. Default: none. */
  readonly signal?: AbortSignal | undefined
  /** True if the engine gives up the event when this attempt fails; for metrics. Default: false. */
  readonly isLastTry?: boolean | undefined
}

/** Runs the handlers of an event that an inbox stored. Rejects with a `DispatchError` if it must be retried. */
export type Dispatch = (message: unknown, options?: DispatchOptions) => Promise<DispatchReport>

type Handle = (
  context: AroundContext<SmileIdEvent<unknown>>,
  sentParams: Json,
  options: DispatchOptions,
  onThrown: (error: unknown) => void,
) => Promise<HandlerSummary> | undefined

type Tell = (error: unknown, context: { where: ErrorPlace; event?: SmileIdEvent<unknown> }) => void

const limitChecks = {
  deserialize: deserializeCheck,
  timeout: ms(undefined),
  signal: abortSignal,
  isLastTry: flag(false),
  jobId: nonEmptyString(undefined),
  attempt: (value, name) => (value === undefined ? undefined : count(1)(value, name)),
} satisfies ChecksOf<DispatchOptions>

/** `onDispatch` is told of each attempt. */
export function createDispatch(
  schema: StandardSchema | undefined,
  handle: Handle,
  tell: Tell,
  onDispatch?: (report: AttemptReport) => void,
): Dispatch {
  return async (stored, limits) => {
    const { jobId, attempt, ...options } = checkOptions(limits, limitChecks)
    return reported({ jobId, attempt, isLastTry: options.isLastTry }, onDispatch, (found) =>
      run(stored, options, found),
    )
  }

  async function run(
    stored: unknown,
    { isLastTry, deserialize, ...options }: Omit<Checked<typeof limitChecks>, 'jobId' | 'attempt'>,
    found: Attempt,
  ): Promise<DispatchReport> {
    const startedAt = Date.now()
    const message = readMessage(deserialize ? await deserialized(stored, deserialize) : stored)
    if (!message) throw new DispatchError('message_invalid')
    found.event = fromMessage(message, {})
    const partnerParams = await readPartnerParams(message.partnerParams, schema)
    if ('failed' in partnerParams) tell(partnerParams.error, { where: 'partnerParams' })
    if (!('value' in partnerParams)) throw new DispatchError('invalid_partner_params', failureOf(partnerParams))
    const event = fromMessage(message, partnerParams.value)
    const thrown: unknown[] = []
    const context = { stage: 'dispatch', event, startedAt, trace: message.trace ?? {}, isLastTry } as const
    const onThrown = (error: unknown) => {
      thrown.push(error)
      tell(error, { where: 'handler', event })
    }
    const handlers = await handle(context, message.partnerParams, options, onThrown)
    if (!handlers) throw new DispatchError('no_handlers')
    found.handlers = handlers
    const code = codeOfHandlers(handlers)
    if (code === 'handler_failed' || code === 'handler_timeout' || code === 'verdict_conflict')
      throw new DispatchError(code, thrown[0])
    return { code, id: message.id, handlers }
  }

  async function deserialized(stored: unknown, undo: NonNullable<DeserializeOption['deserialize']>): Promise<unknown> {
    try {
      return await undo(contentOf(stored))
    } catch (error) {
      tell(error, { where: 'deserialize' })
      throw new DispatchError('deserialize_failed', error)
    }
  }
}

const failureOf = (read: object): unknown => ('error' in read ? read.error : undefined)
