import { channel } from 'node:diagnostics_channel'
import { copyOf, definedOnly } from '../lib/json.ts'
import { callListener, type Speech } from '../report/on-error.ts'
import type { DeliveryReport } from '../report/report.ts'
import { bodyBudgets } from './body/budget.ts'
import type { DeliveryContext } from './config.ts'
import type { IncomingDelivery } from './delivery.ts'
import { mismatches } from './guards/mismatch.ts'
import type { Handling } from './handle.ts'
import { SignatureUses } from './memory.ts'
import { receiveDelivery, type Receiver } from './pipeline.ts'
import { refuseUnexpected } from './refused.ts'
import { type End, Trace } from './trace.ts'

/** The core that every host adapter calls. */
export type Receive = (incoming: IncomingDelivery) => Promise<DeliveryReport>

/** Publishes every report of this process, for tests and tracers without access to the callbacks object. */
export const reportChannelName = 'express-smile-id:report'
const reports = channel(reportChannelName)

/** Creates the core: every delivery ends in a report, whatever happens. */
export function createReceive(handling: Handling, { log, tell }: Speech): Receive {
  const { config, inFlight } = handling
  const receiver: Receiver = {
    ...handling,
    bodies: bodyBudgets(config.maxUnverifiedBytes),
    signatures: new SignatureUses(),
    mismatch: mismatches(),
  }
  return async (incoming) => {
    inFlight.begin()
    try {
      const trace = new Trace(tell)
      let end: End
      try {
        end = await receiveDelivery(incoming, receiver, trace)
      } catch (error) {
        // Not even the error's message may get out: it may quote the delivery.
        end = refuseUnexpected(error)
      }
      const report = trace.report(end)
      log.delivery(report)
      trace.tell(report)
      const { event, read } = trace
      const onFailure = (error: unknown) => {
        trace.failed('listener', error)
      }
      // Each listener gets a copy of the report: a change to it must not change the answer.
      for (const listener of config.onDelivery)
        callListener(
          listener,
          onFailure,
          copyOf(report),
          definedOnly({ delivery: incoming, read, event }) as DeliveryContext<never>,
        )
      if (reports.hasSubscribers) reports.publish(copyOf(report))
      return report
    } finally {
      inFlight.end()
    }
  }
}
