import { SmileIdError } from '../errors.ts'
import { namesOf } from '../events/subscriptions.ts'
import { callback, type Check, checkOptions, type ChecksOf, demand, timer } from '../lib/check.ts'
import { readPlain, typeNameOf } from '../lib/values.ts'
import { withTimeout } from '../lib/promises.ts'
import type { CodeIndex } from '../payload/v1/subject.ts'
import type { SigningKey } from '../signature/sign.ts'
import type { HandlerContext, SmileIdEvent } from '../types/event.ts'
import { type EventName, isEventName } from '../types/names.ts'

/** Result of asking: true, untrue, or no answer that settles it. */
export type Confirmation = 'confirmed' | 'contradicted' | 'unavailable'

/** Options of a confirmation. */
export interface ConfirmOptions {
  /** Events to confirm, by the names that `on` takes. Default: `['approved']`. */
  readonly events?: readonly EventName[] | undefined
  /** Time limit for the confirmation, ms; then 503. No retries. Default: 4 s. */
  readonly timeout?: number | undefined
}

/**
 * Tells if an event is true. The context's `signal` is aborted when `timeout` has passed. Throwing, and any other word,
 * counts as `unavailable`.
 */
export type ConfirmFunction<E> = (event: E, context: HandlerContext) => Confirmation | Promise<Confirmation>

/** For the option `confirm`: your own function asks. */
export interface OwnConfirm<E> extends ConfirmOptions {
  /** Asks, and returns the result. */
  readonly ask: ConfirmFunction<E>
}

/** Result of asking Smile ID, and how much of the event it covers. */
export interface Confirmed {
  /** `unaskable` if Smile ID has no request for this event. */
  readonly word: Confirmation | 'unaskable'
  /** Fields of a confirmed event that the answer does not cover: paths into the event. */
  readonly unconfirmed?: readonly string[]
  /** For the report: paths of partner params that Smile ID adds, and the answer lacks. */
  readonly notes?: readonly string[]
  /** Why it could not be asked. */
  readonly error?: unknown
}

/**
 * Private, because it is given the API key, which a user's own `ask` must not get. By name, because the package may be
 * loaded twice, as ES module and as CommonJS.
 */
export const askSmileId: unique symbol = Symbol.for('express-smile-id.askSmileId') as never

/** Data needed to ask Smile ID, beside the event; the key never leaves this library. */
export interface Asking {
  key: SigningKey
  codes: CodeIndex
  /** Epoch ms. */
  now: number
  signal: AbortSignal
}

/** Created by `confirmWithSmileId`, for the option `confirm`. */
export interface SmileIdConfirm extends ConfirmOptions {
  /** For this library only. */
  readonly [askSmileId]: (event: SmileIdEvent<unknown>, asking: Asking) => Promise<Confirmed>
}

/** The option `confirm`. */
export type Confirm<E> = SmileIdConfirm | OwnConfirm<E>

const approvals: readonly EventName[] = Object.freeze<EventName[]>(['approved'])

/** Time in ms. */
export const confirmDefaults = Object.freeze({ events: approvals, timeout: 4_000 })

const eventNames: Check<readonly EventName[]> = (value, name) => {
  if (value === undefined) return confirmDefaults.events
  demand(
    Array.isArray(value) && value.every(isEventName),
    'confirm_events_invalid',
    `${name} must be an array of event names, such as ['approved', 'rejected'].`,
  )
  return Object.freeze([...value])
}

export const confirmChecks = {
  events: eventNames,
  timeout: timer(confirmDefaults.timeout),
} satisfies ChecksOf<ConfirmOptions>

/** The option `confirm`, checked. */
export interface ConfirmConfig {
  readonly ask: SmileIdConfirm[typeof askSmileId] | { custom: ConfirmFunction<never> }
  readonly events: ReadonlySet<string>
  readonly timeoutMs: number
}

const howTo = 'confirm must be confirmWithSmileId({ environment }) or { ask: (event, { signal }) => … }'

export function confirmConfig(confirm: Confirm<never> | undefined): ConfirmConfig | undefined {
  if (confirm === undefined) return undefined
  const code = 'confirm_invalid'
  demand(typeof confirm !== 'function', code, `${howTo}: put the function into an object, as ask.`)
  const values = readPlain(confirm, 'confirm', code, `${howTo}.`)
  const ofSmileId = Reflect.get(confirm, askSmileId) as SmileIdConfirm[typeof askSmileId] | undefined
  const checks = { ...confirmChecks, ask: callback<ConfirmFunction<never>>(code) }
  const { ask, events, timeout } = checkOptions(values, checks satisfies ChecksOf<OwnConfirm<never>>, {
    what: 'confirmation option',
    code,
    within: 'confirm.',
  })
  const asker = ofSmileId ?? (ask && { custom: ask })
  demand(asker && !(ofSmileId && ask), code, `${howTo}, one of the two.`)
  return Object.freeze<ConfirmConfig>({ ask: asker, events: new Set<string>(events), timeoutMs: timeout })
}

/** Data that the stage needs beside the event. */
type Context = Omit<Asking, 'signal'>

/** True if an event of this sort is to be confirmed. */
export const isWanted = (event: SmileIdEvent<unknown>, { events }: ConfirmConfig): boolean =>
  namesOf(event).some((name) => events.has(name))

/** Tells if the event is true, and how much of it. A user's own function confirms it whole. */
export async function confirmEvent(
  event: SmileIdEvent<unknown>,
  { ask, timeoutMs }: ConfirmConfig,
  context: Context,
): Promise<Confirmed> {
  const controller = new AbortController()
  const { signal } = controller
  const isCustom = typeof ask !== 'function'
  const boxed = await withTimeout<unknown>(
    async () => (isCustom ? ask.custom(event as never, { signal }) : ask(event, { ...context, signal })),
    timeoutMs,
  )
  controller.abort(new DOMException("confirm's timeout has passed", 'TimeoutError'))
  if ('failed' in boxed) return { word: 'unavailable', error: boxed.error }
  const { value } = boxed
  if (!isCustom) return value as Confirmed
  if (isConfirmation(value)) return { word: value }
  return {
    word: 'unavailable',
    error: new SmileIdError(`ask of confirm gave ${typeNameOf(value)}, not one of its words`),
  }
}

const words: ReadonlySet<unknown> = new Set<Confirmation>(['confirmed', 'contradicted', 'unavailable'])
const isConfirmation = (value: unknown): value is Confirmation => words.has(value)
