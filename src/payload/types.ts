import type { Product } from '../events/names.ts'

/** An object as sent, unknown keys kept. */
export interface LoosePayload {
  readonly [key: string]: unknown
}

export type IdInfoPayload = LoosePayload
export type SmileSecurePayload = LoosePayload
export type MonitoringPayload = LoosePayload

/** The payload of a product's results, both generations. */
export type PayloadByProduct = { [P in Product]: LoosePayload }

export type PayloadOf<P extends Product> = PayloadByProduct[P]
