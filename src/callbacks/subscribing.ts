import type { Subscription, Subscriptions } from '../events/subscriptions.ts'
import {
  type SubscribeOptions,
  type Unsubscribe,
  untilAborted,
  waitForJob,
  type WaitOptions,
} from '../events/wait-for-job.ts'
import { abortSignal, checkKey, checkOptions, type ChecksOf, demand, ms } from '../lib/check.ts'
import { isScalar } from '../lib/json.ts'
import { misuse, shortString, typeNameOf } from '../lib/values.ts'
import { nearest } from '../lib/words.ts'
import type { UnrecognizedDelivery } from '../receive/delivery.ts'
import type { Handler } from '../types/event.ts'
import { type EventName, eventNames, isEventName } from '../types/names.ts'
import type { SmileIdCallbacks } from './types.ts'

/** Subscribers to deliveries that could not be read as an event. */
export type Leftovers = Set<Subscription<UnrecognizedDelivery>>

type Subscribing<Params> = Pick<
  SmileIdCallbacks<Params>,
  'on' | 'onAny' | 'onUnrecognized' | 'onJob' | 'onPartnerParam' | 'waitForJob'
>

/** The subscribing methods: each argument is checked before state changes. */
export function subscribing<Params>(events: Subscriptions, leftovers: Leftovers): Subscribing<Params> {
  const onJob: Subscribing<Params>['onJob'] = (jobId, handler, options) => {
    checkKey('jobId', jobId)
    return subscribe(handler, options, (entry) => events.job(jobId, entry))
  }
  return {
    on: (names, handler, options) => {
      const list = checkNames(names)
      return subscribe(handler, options, (entry) => events.names(list, entry))
    },
    onAny: (handler, options) => subscribe(handler, options, (entry) => events.any(entry)),
    onUnrecognized: (handler, options) =>
      subscribe(handler, options, (entry) => {
        leftovers.add(entry)
        return () => leftovers.delete(entry)
      }),
    onJob,
    onPartnerParam: (key, value, handler, options) => {
      checkKey('key', key)
      const wanted = checkParamValue(value)
      return subscribe(handler, options, (entry) => events.partnerParam(key, wanted, entry))
    },
    waitForJob: async (jobId, options) => {
      const wait = checkOptions(options, waitChecks)
      checkKey('jobId', jobId)
      return waitForJob<Params>((handler) => onJob(jobId, handler), wait)
    },
  }
}

function subscribe<E>(
  handler: Handler<E>,
  options: SubscribeOptions | undefined,
  add: (entry: Subscription<E>) => Unsubscribe,
): Unsubscribe {
  const isFunction = typeof handler === 'function'
  demand(isFunction, 'handler_invalid', `The handler must be a function, not ${typeNameOf(handler)}.`)
  return untilAborted(checkOptions(options, subscribeChecks).signal, () => add({ handler }))
}

const subscribeChecks = { signal: abortSignal } satisfies ChecksOf<SubscribeOptions>
const waitChecks = { timeout: ms(undefined), signal: abortSignal } satisfies ChecksOf<WaitOptions>

/** One name, or an array of them. */
function checkNames(names: unknown): readonly EventName[] {
  const list: readonly unknown[] = [names].flat()
  if (list.length > 0 && list.every(isEventName)) return list
  const wrong = list.find((name) => !isEventName(name))
  const shown = list.length === 0 ? 'An empty array' : shortString(wrong)
  const near = typeof wrong === 'string' && nearest(wrong, [...eventNames])
  return misuse(
    'event_name_unknown',
    `${shown} is not an event name${near ? `; did you mean "${near}"? In general:` : ':'} use an outcome such as "approved", a kind such as "id_info", a product such as "biometric_kyc", or both as "biometric_kyc.approved".`,
  )
}

/** The value of a partner param, as the string that it is compared by. */
function checkParamValue(value: unknown): string {
  const shown = typeof value === 'number' ? String(value) : typeNameOf(value)
  demand(
    isScalar(value) && (typeof value !== 'number' || Number.isFinite(value)),
    'subscription_key_invalid',
    `value must be a string, a number or a boolean, not ${shown}.`,
  )
  return String(value)
}
