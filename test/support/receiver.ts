import {
  smileIdCallbacks,
  type DeliveryReport,
  type SmileIdCallbacksOptions,
  type SmileIdEvent,
} from '../../src/index.ts'
import type { IncomingDelivery } from '../../src/receive/delivery.ts'
import { senderIp, testOptions } from './deliveries.ts'

/**
 * A receiver with the tests' options, whatever it handles and reports, and a way to give it deliveries without a door.
 */
export function receiver(options: Partial<SmileIdCallbacksOptions> = {}) {
  const events: SmileIdEvent[] = []
  const reports: DeliveryReport[] = []
  const callbacks = smileIdCallbacks({ ...testOptions, onDelivery: (report) => void reports.push(report), ...options })
  callbacks.onAny((event) => void events.push(event))
  const post = (delivery: IncomingDelivery, change: Partial<IncomingDelivery> = {}) =>
    callbacks.receive({ clientIp: senderIp, ...delivery, ...change })
  return { callbacks, events, reports, post }
}

/** One that real HTTP from this machine reaches. */
export const localReceiver = (options: Partial<SmileIdCallbacksOptions> = {}) =>
  receiver({ allowedIps: ['127.0.0.1'], ...options })
