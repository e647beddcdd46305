import type { DeliveryReport } from '../report/report.ts'
import type { ReadBody } from './body/read.ts'
import type { IncomingDelivery } from './delivery.ts'

/** What was delivered and refused. It holds identity data, so it is on no report: a listener may ask for it while it is called. */
export interface Evidence {
  readonly delivery: IncomingDelivery
  /** The body, as far as it was read. */
  readonly read: ReadBody | undefined
  /** Says something in the receiver's log, once per topic. */
  readonly warn: (topic: string, message: string) => void
}

// By name: the package may be loaded twice, as ES module and as CommonJS.
const evidenceKey = Symbol.for('express-smile-id:evidence')

/** Calls a listener, which can see the evidence until it returns. */
export function withEvidence(report: DeliveryReport, evidence: Evidence, call: () => void): void {
  let shown: Evidence | undefined = evidence
  Object.defineProperty(report, evidenceKey, { value: () => shown })
  try {
    call()
  } finally {
    shown = undefined
  }
}

/** Of the report that a listener is given; undefined later, and for what was accepted. */
export const evidenceOf = (report: DeliveryReport): Evidence | undefined => (report as { [evidenceKey]?: () => Evidence | undefined })[evidenceKey]?.()
