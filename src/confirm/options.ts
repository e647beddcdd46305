import { SmileIdConfigError } from '../errors.ts'
import { checkOptions, readPlain, type Check, type ChecksOf } from '../lib/check-options.ts'
import { callback, timer } from '../lib/check.ts'
import { isEventName, type EventName } from '../types/names.ts'
import { askSmileId, type Confirm, type ConfirmFunction, type ConfirmOptions, type OwnConfirm, type SmileIdConfirm } from './confirm.ts'

const approvals: readonly EventName[] = Object.freeze<EventName[]>(['approved'])

/** Time in ms. */
export const confirmDefaults = Object.freeze({ events: approvals, timeout: 4_000 })

const eventNames: Check<readonly EventName[]> = (value, name) => {
  if (value === undefined) return confirmDefaults.events
  if (Array.isArray(value) && value.every(isEventName)) return Object.freeze([...value])
  throw new SmileIdConfigError('confirm_events_invalid', `${name} must be a list of event names, such as ['approved', 'rejected'].`)
}

export const confirmChecks = { events: eventNames, timeout: timer(confirmDefaults.timeout) } satisfies ChecksOf<ConfirmOptions>

/** The option `confirm`, checked. */
export interface ConfirmConfig {
  readonly ask: SmileIdConfirm[typeof askSmileId] | { own: ConfirmFunction<never> }
  readonly events: ReadonlySet<string>
  readonly timeoutMs: number
}

const howTo = 'confirm must be confirmWithSmileId({ environment }) or { ask: (event, { signal }) => … }'

export function confirmConfig(confirm: Confirm<never> | undefined): ConfirmConfig | undefined {
  if (confirm === undefined) return undefined
  if (typeof confirm === 'function') throw new SmileIdConfigError('confirm_invalid', `${howTo}: put the function into an object, as ask.`)
  const values = readPlain(confirm, `${howTo}.`, 'confirm_invalid')
  const ofSmileId: unknown = Reflect.get(confirm, askSmileId)
  const checks = { ...confirmChecks, ask: callback<ConfirmFunction<never>>('confirm_invalid') } satisfies ChecksOf<OwnConfirm<never>>
  const { ask, events, timeout } = checkOptions(values, checks, { what: 'confirmation option', code: 'confirm_invalid', within: 'confirm.' })
  const asker = typeof ofSmileId === 'function' ? (ofSmileId as SmileIdConfirm[typeof askSmileId]) : ask && { own: ask }
  if (!asker || (typeof ofSmileId === 'function' && ask)) throw new SmileIdConfigError('confirm_invalid', `${howTo}, one of the two.`)
  return Object.freeze<ConfirmConfig>({ ask: asker, events: new Set<string>(events), timeoutMs: timeout })
}
