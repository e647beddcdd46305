import type { DeliveryReport } from '../report/report.ts'
import type { SmileIdEvent } from '../types/event.ts'
import type { ReadBody } from './body/read.ts'
import type { IncomingDelivery } from './delivery.ts'

/** A delivery, for listeners. Identity data: not on the report. */
export interface DeliveryContext<Event = SmileIdEvent> {
  /** As it came to the door. Some hosts use its request again once it is answered. */
  readonly delivery: IncomingDelivery
  /** The body, as far as it was read. */
  readonly read?: ReadBody
  /** The event, as far as it was read as one; the same object that handlers and `around` got. */
  readonly event?: Event
}

/** The option `onDelivery`. Each listener gets a report of its own. */
export interface OnDelivery<Event = SmileIdEvent> {
  (report: DeliveryReport, context: DeliveryContext<Event>): unknown
  /**
   * For `callbacks.forget({ jobId })`: drops what the listener keeps of this job or user, and resolves to the number of
   * records. Optional.
   */
  readonly forget?: (jobOrUserId: string) => Promise<number>
}
