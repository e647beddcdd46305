import type { AttemptReport } from '../inbox/attempt.ts'
import type { ConfirmConfig } from '../confirm/confirm.ts'
import type { Around } from '../inbox/dispatch.ts'
import type { InboxConfig } from '../inbox/enqueue.ts'
import type { StandardSchema } from '../events/partner-params.ts'
import type { OnceConfig } from '../once/store.ts'
import type { Drift } from '../payload/notes.ts'
import type { CodeIndex } from '../payload/v1/subject.ts'
import type { Logger } from '../report/logger.ts'
import type { OnError } from '../report/on-error.ts'
import type { CallbackUrls } from '../signature/callback-url.ts'
import type { NodeRequest } from '../types/delivery.ts'
import type { DeliveryReport } from '../report/report.ts'
import type { SmileIdEvent } from '../types/event.ts'
import type { ReadBody } from './body/read.ts'
import type { IncomingDelivery } from './delivery.ts'
import type { AddressRules } from './guards/address.ts'
import type { ProofRules } from './guards/signature.ts'

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

/** Options, checked and compiled. */
export interface Config extends ProofRules {
  readonly partnerParams: StandardSchema | undefined
  readonly addresses: AddressRules | undefined
  /** For hosts with Node's requests. */
  readonly clientIp: ((req: NodeRequest) => unknown) | undefined
  /** Bytes. */
  readonly maxBodySize: number
  /** Ms. */
  readonly bodyTimeout: number
  /** Bytes. */
  readonly maxUnverifiedBytes: number
  readonly confirm: ConfirmConfig | undefined
  readonly callbackUrls: CallbackUrls | undefined
  readonly referenceOf: ((event: never) => unknown) | undefined
  readonly onReuse: 'flag' | 'refuse'
  /** Ms. */
  readonly handlerTimeout: number
  readonly once: OnceConfig
  readonly inbox: InboxConfig | undefined
  readonly eventId: ((event: never) => unknown) | undefined
  readonly onDelivery: readonly OnDelivery<never>[]
  readonly onDispatch: readonly ((report: AttemptReport) => unknown)[]
  readonly around: readonly Around<never>[]
  readonly onDrift: ((drift: Drift) => unknown) | undefined
  readonly onError: OnError<never> | undefined
  readonly logger: Logger | undefined
  readonly codes: CodeIndex
}
