import { createCallbackUrls, type CallbackUrls } from '../signature/callback-url.ts'
import { askSmileId, type Confirm } from '../confirm/confirm.ts'
import type { ConfirmConfig } from '../confirm/stage.ts'
import { SmileIdConfigError } from '../errors.ts'
import { isEventName, type EventName } from '../types/names.ts'
import { timerMs } from '../lib/check.ts'

const approvals: readonly EventName[] = ['approved']

/** Time in ms. */
export const confirmDefaults = Object.freeze({ confirmEvents: Object.freeze(approvals), confirmTimeout: 4_000 })

const shortestSecret = 16

interface Options {
  readonly confirm?: Confirm<never> | undefined
  readonly confirmEvents?: readonly EventName[] | undefined
  readonly confirmTimeout?: number | undefined
}

export function confirmConfig({ confirm, confirmEvents = confirmDefaults.confirmEvents, confirmTimeout }: Options): ConfirmConfig | undefined {
  const timeoutMs = timerMs('confirmTimeout', confirmTimeout, confirmDefaults.confirmTimeout)
  // JavaScript users are not held by the type.
  const names: unknown = confirmEvents
  if (!Array.isArray(names) || !names.every(isEventName)) {
    throw new SmileIdConfigError('confirm_events_invalid', "confirmEvents has to be a list of event names, such as ['approved', 'rejected'].")
  }
  if (confirm === undefined) return undefined
  const isOurs = typeof confirm === 'object' && (confirm as Confirm<never> | null) !== null && typeof confirm[askSmileId] === 'function'
  if (!isOurs && typeof confirm !== 'function') {
    throw new SmileIdConfigError('confirm_invalid', 'confirm has to be confirmWithSmileId({ environment }), or a function of the event and a signal.')
  }
  return Object.freeze({ confirm, events: new Set(names), timeoutMs })
}

export function callbackUrls(secret: string | readonly string[] | undefined): CallbackUrls | undefined {
  if (secret === undefined) return undefined
  const secrets: unknown = typeof secret === 'string' ? [secret] : secret
  if (!Array.isArray(secrets) || secrets.length === 0 || !secrets.every((one) => typeof one === 'string' && one.length >= shortestSecret)) {
    throw new SmileIdConfigError('callback_secret_invalid', `callbackSecret has to be a text of at least ${shortestSecret} characters, or a list of such texts, the newest first.`)
  }
  return createCallbackUrls(secrets)
}
