import { channel } from 'node:diagnostics_channel'
import { copyOf } from '../lib/copy.ts'
import { ignoreFailure } from '../lib/ignore-failure.ts'
import { hooked, hooksOf } from '../report/hooks.ts'
import type { Log } from '../report/log.ts'
import type { DeliveryReport } from '../report/report.ts'
import { bodyBudgets } from './body/budget.ts'
import { addressText } from './client-ip.ts'
import type { Config } from './config.ts'
import type { IncomingDelivery } from './delivery.ts'
import { refuseUnexpected } from './diagnose/inside.ts'
import { mismatches } from './diagnose/mismatch.ts'
import { withEvidence, type Evidence } from './evidence.ts'
import type { DriftWatch } from './drift-watch.ts'
import type { InFlight } from './in-flight.ts'
import { receiveDelivery, type Receiver } from './pipeline.ts'
import { SignatureUses } from './reuse/signature-uses.ts'
import { Trace, type End } from './trace.ts'
import type { Consumers } from './work.ts'

/** The core that every door calls. */
export type Receive = (incoming: IncomingDelivery) => Promise<DeliveryReport>

/** Every report of this process, for tests and tracers that do not hold the callbacks object. */
export const reportChannelName = 'express-smile-id:report'
const reports = channel(reportChannelName)

/** Makes the core: every delivery ends in a report, whatever happens. */
export function createReceive(config: Config, consumers: Consumers, log: Log, inFlight: InFlight, drift: DriftWatch): Receive {
  const receiver: Receiver = { config, consumers, bodies: bodyBudgets(config.maxUnverifiedBytes), signatures: new SignatureUses(), drift, inFlight, mismatch: mismatches() }
  const hooks = hooksOf(config.onDelivery)
  const receiveOne: Receive = async (incoming) => {
    inFlight.begin()
    try {
      const trace = new Trace()
      let end: End
      try {
        trace.facts.clientIp = addressText(incoming.clientIp)
        end = await receiveDelivery(incoming, receiver, trace)
      } catch (error) {
        // Not even the error's text may get out: it may hold what was delivered.
        end = refuseUnexpected(error)
      }
      const report = trace.report(end)
      log.delivery(report)
      // Each listener gets a report of its own: what it does to that must not change the answer.
      if (config.onDelivery && !hooks) tellListener(config.onDelivery, copyOf(report), { delivery: incoming, read: trace.read, warn: (topic, message) => { log.setUp(topic, message) } })
      if (reports.hasSubscribers) reports.publish(copyOf(report))
      return report
    } finally {
      inFlight.end()
    }
  }
  return hooks ? (incoming) => hooked((run) => hooks.delivery(run), () => receiveOne(incoming)) : receiveOne
}

function tellListener(listener: NonNullable<Config['onDelivery']>, report: DeliveryReport, evidence: Evidence): void {
  if (report.status === 200) callListener(listener, report)
  else withEvidence(report, evidence, () => callListener(listener, report))
}

/** Calls a listener whose failures are its own. */
export function callListener<Args extends unknown[]>(listener: ((...args: Args) => unknown) | undefined, ...args: Args): void {
  if (!listener) return
  try {
    ignoreFailure(listener(...args))
  } catch {
    // As above: a listener's failure is its own.
  }
}
