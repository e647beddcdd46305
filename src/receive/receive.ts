import { channel } from 'node:diagnostics_channel'
import type { Config } from './config.ts'
import type { IncomingDelivery } from './delivery.ts'
import type { InFlight } from './in-flight.ts'
import type { Log } from '../report/log.ts'
import { BodyBudget } from './body/budget.ts'
import { receiveDelivery, type Consumers, type ReceiverState } from './pipeline.ts'
import { isRefusal, type Refusal } from '../report/refusal.ts'
import { SignatureUses } from './reuse/signature-uses.ts'
import { statusByCode, type DeliveryReport, type ReportCode, type Trace } from '../report/report.ts'

/** The core both doors call. */
export type Receive = (incoming: IncomingDelivery) => Promise<DeliveryReport>

/** Every report of this process, for tests and tracers that do not hold the callbacks object. */
export const reportChannelName = 'express-smile-id:report'
const reports = channel(reportChannelName)

/** Makes the core: every delivery ends in a report, whatever happens. */
export function createReceive(config: Config, consumers: Consumers, log: Log, inFlight: InFlight): Receive {
  const state: ReceiverState = { bodies: new BodyBudget(config.maxUnverifiedBytes), signatures: new SignatureUses(), inFlight }
  return async (incoming) => {
    inFlight.begin()
    try {
      const started = performance.now()
      // JavaScript users are not held by the type.
      const clientIp = (incoming as IncomingDelivery | undefined)?.clientIp
      const trace: Trace = { receivedAt: new Date(), stages: [], ...(clientIp !== undefined && { clientIp }) }
      let end: ReportCode | Refusal
      try {
        trace.receivedAt = new Date(config.now())
        end = inFlight.closed ? 'shutting_down' : await receiveDelivery(incoming, config, consumers, state, trace)
      } catch {
        // Not even the error's text may get out: it may hold what was delivered.
        end = 'internal_error'
      }
      const report = reportOf(end, trace, started)
      log.delivery(report)
      callListener(config.onDelivery, report)
      if (reports.hasSubscribers) reports.publish(report)
      return report
    } finally {
      inFlight.end()
    }
  }
}

function reportOf(end: ReportCode | Refusal, trace: Trace, started: number): DeliveryReport {
  const code = isRefusal(end) ? end.code : end
  const hint = isRefusal(end) ? end.hint : undefined
  const durationMs = performance.now() - started
  for (const stage of trace.stages) stage.atMs -= started
  return { code, status: statusByCode[code], durationMs, ...trace, ...(hint !== undefined && { hint }) }
}

/** Calls a listener whose failures are its own. */
export function callListener<Args extends unknown[]>(listener: ((...args: Args) => unknown) | undefined, ...args: Args): void {
  if (!listener) return
  try {
    void Promise.resolve(listener(...args)).catch(() => undefined)
  } catch {
    // As above: a listener's failure is its own.
  }
}
