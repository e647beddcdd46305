import { channel } from 'node:diagnostics_channel'
import { copyOf } from '../lib/json.ts'
import { withHook, hooksOf } from '../report/hooks.ts'
import { callListener, type Speech } from '../report/on-error.ts'
import type { DeliveryReport } from '../report/report.ts'
import { bodyBudgets } from './body/budget.ts'
import type { ReadBody } from './body/read.ts'
import type { Config } from './config.ts'
import type { IncomingDelivery } from './delivery.ts'
import { mismatches } from './guards/prove.ts'
import type { Consumers } from './handle.ts'
import type { InFlight } from './in-flight.ts'
import { type DriftWatch, SignatureUses } from './memory.ts'
import { receiveDelivery, type Receiver } from './pipeline.ts'
import { refuseUnexpected } from './refused.ts'
import { type End, Trace } from './trace.ts'

/** The core that every host adapter calls. */
export type Receive = (incoming: IncomingDelivery) => Promise<DeliveryReport>

/** Publishes every report of this process, for tests and tracers without access to the callbacks object. */
export const reportChannelName = 'express-smile-id:report'
const reports = channel(reportChannelName)

/** Creates the core: every delivery ends in a report, whatever happens. */
export function createReceive(
  config: Config,
  consumers: Consumers,
  { log, tell }: Speech,
  inFlight: InFlight,
  drift: DriftWatch,
): Receive {
  const receiver: Receiver = {
    config,
    consumers,
    bodies: bodyBudgets(config.maxUnverifiedBytes),
    signatures: new SignatureUses(),
    drift,
    inFlight,
    mismatch: mismatches(),
  }
  const hooks = hooksOf(config.onDelivery)
  const receiveOne: Receive = async (incoming) => {
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
      // Each listener gets a copy of the report: a change to it must not change the answer.
      if (config.onDelivery && !hooks)
        tellListener(config.onDelivery, copyOf(report), (error) => trace.failed('listener', error), {
          delivery: incoming,
          read: trace.read,
          warn: (topic, message) => {
            log.setUp(topic, message)
          },
        })
      if (reports.hasSubscribers) reports.publish(copyOf(report))
      return report
    } finally {
      inFlight.end()
    }
  }
  return hooks
    ? (incoming) =>
        withHook(
          (run) => hooks.delivery(run),
          () => receiveOne(incoming),
        )
    : receiveOne
}

function tellListener(
  listener: NonNullable<Config['onDelivery']>,
  report: DeliveryReport,
  onFailure: (error: unknown) => void,
  evidence: Evidence,
): void {
  if (report.status === 200) callListener(listener, onFailure, report)
  else withEvidence(report, evidence, () => callListener(listener, onFailure, report))
}

/**
 * A refused delivery. It holds identity data, so it is not on the report: a listener may ask for it while it is called.
 */
export interface Evidence {
  readonly delivery: IncomingDelivery
  /** The body, as far as it was read. */
  readonly read: ReadBody | undefined
  /** Logs a message, once per topic. */
  readonly warn: (topic: string, message: string) => void
}

// Identified by name: the package may be loaded twice, as ES module and as CommonJS.
const evidenceKey = Symbol.for('express-smile-id:evidence')

/** Calls a listener, which can read the evidence until it returns. */
export function withEvidence(report: DeliveryReport, evidence: Evidence, call: () => void): void {
  let shown: Evidence | undefined = evidence
  Object.defineProperty(report, evidenceKey, { value: () => shown })
  try {
    call()
  } finally {
    shown = undefined
  }
}

/** Evidence of the report that a listener was given; undefined later, and for accepted deliveries. */
export const evidenceOf = (report: DeliveryReport): Evidence | undefined =>
  (report as { [evidenceKey]?: () => Evidence | undefined })[evidenceKey]?.()
