import { channel } from 'node:diagnostics_channel'
import type { Config } from '../options/config.ts'
import type { IncomingDelivery } from './delivery.ts'
import type { InFlight } from './in-flight.ts'
import type { Log } from './log.ts'
import { BodyBudget } from './body/budget.ts'
import { process, type Consumers, type Memory } from './pipeline.ts'
import { isRefusal, type Refusal } from './refusal.ts'
import { SignatureUses } from './reuse/signature-uses.ts'
import { statusByCode, type DeliveryReport, type ReportCode } from './report.ts'

/** The core both doors call. */
export type Receive = (incoming: IncomingDelivery) => Promise<DeliveryReport>

/** Every report of this process, for tests and tracers that do not hold the callbacks object. */
export const reportChannelName = 'express-smile-id:report'
const reports = channel(reportChannelName)

/** Makes the core: every delivery ends in a report, whatever happens. */
export function createReceive(config: Config, consumers: Consumers, log: Log, inFlight: InFlight): Receive {
  const memory: Memory = { bodies: new BodyBudget(config.maxUnverifiedBytes), signatures: new SignatureUses() }
  return async (incoming) => {
    inFlight.begin()
    try {
      const started = performance.now()
      // JavaScript users are not held by the type.
      const clientIp = (incoming as IncomingDelivery | undefined)?.clientIp
      const report: DeliveryReport = { ...unended, receivedAt: new Date(), stages: [], ...(clientIp !== undefined && { clientIp }) }
      try {
        report.receivedAt = new Date(config.now())
        conclude(report, inFlight.closed ? 'shutting_down' : await process(incoming, config, consumers, memory, report), started)
      } catch {
        // Not even the error's text may get out: it may hold what was delivered.
        conclude(report, 'internal_error', started)
      }
      log.delivery(report)
      tell(config.onDelivery, report)
      if (reports.hasSubscribers) reports.publish(report)
      return report
    } finally {
      inFlight.end()
    }
  }
}

/** A report is its own trace from the start on: a copy at its end would cost as much as two stages. */
const unended = { code: 'internal_error', status: statusByCode.internal_error, durationMs: 0 } as const

function conclude(report: DeliveryReport, end: ReportCode | Refusal, started: number): void {
  report.code = isRefusal(end) ? end.code : end
  report.status = statusByCode[report.code]
  report.durationMs = performance.now() - started
  for (const stage of report.stages) stage.atMs -= started
  if (isRefusal(end) && end.hint !== undefined) report.hint = end.hint
}

/** Calls a listener whose failures are its own. */
export function tell<Args extends unknown[]>(listener: ((...args: Args) => unknown) | undefined, ...args: Args): void {
  if (!listener) return
  try {
    void Promise.resolve(listener(...args)).catch(() => undefined)
  } catch {
    // As above: a listener's failure is its own.
  }
}
