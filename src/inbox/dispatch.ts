import type { ErrorPlace } from '../errors.ts'
import { readPartnerParams, type StandardSchema } from '../events/partner-params.ts'
import { codeOfHandlers, type HandlerSummary } from '../events/run-handlers.ts'
import { abortSignal, checkOptions, type ChecksOf, count, flag, having, ms, nonEmptyString } from '../lib/check.ts'
import type { Json } from '../lib/json.ts'
import { claimAndRun, dispatchKey } from '../once/claim.ts'
import type { OnceConfig, OnceStore } from '../once/store.ts'
import type { SmileIdEvent } from '../types/event.ts'
import { type Attempt, type AttemptReport, DispatchError, type DispatchReport, reported } from './attempt.ts'
import {
  contentOf,
  deserializeCheck,
  type DeserializeOption,
  fromMessage,
  type InboxMessage,
  readMessage,
  type TraceContext,
} from './message.ts'

/** Limits of one dispatch, and how its message is read. */
export interface DispatchOptions extends DeserializeOption {
  /**
   * Claims the event, for a queue that may deliver a message more than once, as RabbitMQ, SQS, Pub/Sub and NATS do: a
   * second delivery resolves to `duplicate`, one meanwhile rejects with `in_progress`. May be the receiver's store.
   * Default: none.
   */
  readonly once?: OnceStore | undefined
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
  once: having<OnceStore>(['reserve', 'complete', 'release'], 'a store, such as redisStore(client)'),
  deserialize: deserializeCheck,
  timeout: ms(undefined),
  signal: abortSignal,
  isLastTry: flag(false),
  jobId: nonEmptyString(undefined),
  attempt: (value, name) => (value === undefined ? undefined : count(1)(value, name)),
} satisfies ChecksOf<DispatchOptions>

/** Without a time limit of the handlers, ms. */
const defaultLeaseMs = 900_000
const leaseMarginMs = 15_000

/** `listeners` are told of each attempt. */
export function createDispatch(
  schema: StandardSchema | undefined,
  handle: Handle,
  tell: Tell,
  onceTimes: OnceConfig,
  listeners: readonly ((report: AttemptReport) => void)[],
): Dispatch {
  return async (stored, limits) => {
    const { jobId, attempt, once, deserialize, ...options } = checkOptions(limits, limitChecks)
    return reported({ jobId, attempt, isLastTry: options.isLastTry }, listeners, async (found) => {
      const message = readMessage(deserialize ? await deserialized(stored, deserialize) : stored)
      if (!message) throw new DispatchError('message_invalid')
      found.event = fromMessage(message, {})
      const work = () => handleMessage(message, options, found)
      return once ? claimed(message.id, once, options.timeout, work) : work()
    })
  }

  async function handleMessage(
    message: InboxMessage,
    options: DispatchOptions & { isLastTry: boolean },
    found: Attempt,
  ): Promise<DispatchReport> {
    const startedAt = Date.now()
    const params = await readPartnerParams(message.partnerParams, schema)
    if ('failed' in params) tell(params.error, { where: 'partnerParams' })
    if (!('value' in params))
      throw new DispatchError('invalid_partner_params', 'error' in params ? params.error : undefined)
    const event = fromMessage(message, params.value)
    const thrown: unknown[] = []
    const { isLastTry } = options
    const context = { stage: 'dispatch', event, startedAt, trace: message.trace ?? {}, isLastTry } as const
    const handlers = await handle(context, message.partnerParams, options, (error) => {
      thrown.push(error)
      tell(error, { where: 'handler', event })
    })
    if (!handlers) throw new DispatchError('no_handlers')
    found.handlers = handlers
    const code = codeOfHandlers(handlers)
    if (code === 'handler_failed' || code === 'handler_timeout' || code === 'verdict_conflict')
      throw new DispatchError(code, thrown[0])
    return { code, id: message.id, handlers }
  }

  async function claimed(
    id: string,
    store: OnceStore,
    timeoutMs = defaultLeaseMs,
    work: () => Promise<DispatchReport>,
  ): Promise<DispatchReport> {
    const config = { ...onceTimes, store, leaseMs: timeoutMs + leaseMarginMs }
    const { claim, end, trouble } = await claimAndRun(dispatchKey(id), config, () => true, work)
    if (trouble) tell(trouble.error, { where: 'store' })
    if (end) return end
    if (claim.reservation === 'done')
      return { code: 'duplicate', id, handlers: { matched: 0, failed: 0, rejected: 0, timedOut: 0 } }
    throw claim.reservation === 'in_progress'
      ? new DispatchError('in_progress')
      : new DispatchError('store_unavailable', trouble?.error)
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

/** Context of a call of `around`. */
export interface AroundContext<Event = SmileIdEvent> {
  /** `handlers`: those of a receiver. `inbox`: the event is stored. `dispatch`: the handlers in a worker. */
  readonly stage: 'handlers' | 'inbox' | 'dispatch'
  /** The event; in both processes of an inbox alike. */
  readonly event: Event
  /** When the delivery or the dispatch began, epoch ms. */
  readonly startedAt: number
  /** Headers of W3C Trace Context: written in stage `inbox`, stored with the event, read in `dispatch`. */
  readonly trace: Partial<TraceContext>
  /** True if the engine gives up the event when this attempt fails. */
  readonly isLastTry: boolean
}

/**
 * The option `around`: runs the handlers, or the storing of the event, inside something of yours. `run` rejects with
 * what a handler threw, or with a `TimeoutError`; hand that on. The event is handled once both `run` and `around` have
 * resolved.
 */
export type Around<Event = SmileIdEvent> = (run: () => Promise<void>, context: AroundContext<Event>) => Promise<void>

/** Runs something inside all of `around`; undefined where there is none. */
export type Wrap = ((run: () => Promise<void>) => Promise<void>) | undefined

/** The first is the outermost. */
export const wrapIn = (list: readonly Around<never>[], context: AroundContext<SmileIdEvent<unknown>>): Wrap =>
  list.length === 0
    ? undefined
    : (run) =>
        list.reduceRight<() => Promise<void>>(
          (next, around) => async () => around(next, context as AroundContext<never>),
          run,
        )()
