import { SmileIdConfigError } from '../errors.ts'
import { abortSignal, ms } from '../lib/check.ts'
import { checkOptions, shortText, sortOf, type ChecksOf } from '../lib/check-options.ts'
import { nearest } from '../lib/nearest.ts'
import { isEventName, kinds, outcomes, products, type EventName } from '../types/names.ts'
import type { SubscribeOptions } from './until-aborted.ts'
import type { WaitOptions } from './wait-for-job.ts'

const subscribeChecks = { signal: abortSignal } satisfies ChecksOf<SubscribeOptions>

/** The signal that ends a subscription. */
export const signalOf = (options: SubscribeOptions | undefined): AbortSignal | undefined => checkOptions(options, subscribeChecks).signal

const waitChecks = { timeout: ms(undefined), signal: abortSignal } satisfies ChecksOf<WaitOptions>

export const checkWait = (options: WaitOptions | undefined): WaitOptions => checkOptions(options, waitChecks)

export function checkHandler<F>(handler: F): F {
  if (typeof handler === 'function') return handler
  throw new SmileIdConfigError('handler_invalid', `The handler must be a function, not ${sortOf(handler)}.`)
}

/** One name, or a list of them. */
export function checkNames(names: unknown): readonly EventName[] {
  const list: readonly unknown[] = Array.isArray(names) ? [...(names as unknown[])] : [names]
  if (list.length > 0 && list.every(isEventName)) return list
  const wrong = list.find((name) => !isEventName(name))
  const shown = list.length === 0 ? 'An empty list' : shortText(wrong)
  const near = typeof wrong === 'string' ? nearest(wrong, [...outcomes, ...kinds, ...products, ...products.flatMap((product) => outcomes.map((outcome) => `${product}.${outcome}`))]) : undefined
  throw new SmileIdConfigError('event_name_unknown', `${shown} is not an event name${near === undefined ? '' : `; did you mean "${near}"?`}${near === undefined ? ':' : ' In general:'} use an outcome such as "approved", a kind such as "id_info", a product such as "biometric_kyc", or both as "biometric_kyc.approved".`)
}

/** A job's id, or the key of a partner param. */
export function checkKey(name: string, value: unknown): void {
  if (typeof value === 'string' && value !== '') return
  throw new SmileIdConfigError('subscription_key_invalid', `${name} must be a text that is not empty, not ${value === '' ? 'an empty one' : sortOf(value)}.`)
}

/** The value of a partner param, as the text that it is compared by. */
export function checkParamValue(value: unknown): string {
  if (typeof value === 'string' || typeof value === 'boolean' || (typeof value === 'number' && Number.isFinite(value))) return String(value)
  throw new SmileIdConfigError('subscription_key_invalid', `value must be a text, a number or a boolean, not ${typeof value === 'number' ? String(value) : sortOf(value)}.`)
}
