import { checkHandler, checkKey, checkNames, checkParamValue, checkWait, signalOf } from '../events/check-arguments.ts'
import type { Subscription, Subscriptions } from '../events/subscriptions.ts'
import { untilAborted, type SubscribeOptions, type Unsubscribe } from '../events/until-aborted.ts'
import { waitForJob } from '../events/wait-for-job.ts'
import type { Handler } from '../types/event.ts'
import type { Leftovers } from './consumers.ts'
import type { SmileIdCallbacks } from './types.ts'

type Subscribing<Params> = Pick<SmileIdCallbacks<Params>, 'on' | 'onAny' | 'onUnrecognized' | 'onJob' | 'onPartnerParam' | 'waitForJob'>

/** How users subscribe: each argument is checked before anything is kept. */
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
      const wait = checkWait(options)
      checkKey('jobId', jobId)
      return waitForJob<Params>((handler) => onJob(jobId, handler), wait)
    },
  }
}

function subscribe<E>(handler: Handler<E>, options: SubscribeOptions | undefined, add: (entry: Subscription<E>) => Unsubscribe): Unsubscribe {
  const entry = { handler: checkHandler(handler) }
  return untilAborted(signalOf(options), () => add(entry))
}
