import type { DeliveryInfo } from '../types/event.ts'
import type { ParamIssue } from '../events/partner-params.ts'

/** A verified delivery that could not be read as an event. It was answered 422; nothing of it is lost here. */
export interface UnrecognizedDelivery {
  /** Why, as in its report. */
  readonly code: 'unrecognized_payload' | 'invalid_partner_params'
  /** Which partner params broke the schema; empty for an unrecognized payload. */
  readonly issues: readonly ParamIssue[]
  /** The body as text; written again from its value where a parser before the router had read it. Identity data. */
  readonly rawBody: string
  /** The parsed body. Identity data. */
  readonly body: unknown
  /** How it arrived, and whose key signed it. */
  readonly delivery: DeliveryInfo
}
