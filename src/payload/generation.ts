import { isV1Body } from './v1/envelope.ts'
import { outcomeByStatus } from './v3/decode.ts'
import type { LoosePayload } from '../types/payload/fields.ts'
import type { V1Payload } from '../types/payload/v1.ts'
import type { V3Payload } from '../types/payload/index.ts'

/**
 * True if the payload has the v1 shape (`ResultCode`, `PartnerParams`), wherever its signature was.
 * @example
 * import { isV1Payload } from 'express-smile-id'
 *
 * callbacks.on('enhanced_kyc', ({ payload }) => {
 *   if (isV1Payload(payload)) console.log(payload.ResultCode)
 * })
 */
export function isV1Payload<P extends LoosePayload>(payload: P): payload is Extract<P, V1Payload> {
  return isV1Body(payload) && !outcomeByStatus.has(payload['status'])
}

/**
 * True if the payload has the v3 shape (`status`, `product`). A payload may have neither shape.
 * @example
 * import { isV3Payload } from 'express-smile-id'
 *
 * callbacks.on('enhanced_kyc', ({ payload }) => {
 *   if (isV3Payload(payload)) console.log(payload.status)
 * })
 */
export function isV3Payload<P extends LoosePayload>(payload: P): payload is Extract<P, V3Payload> {
  return (
    outcomeByStatus.has(payload['status'])
    || (!isV1Body(payload) && [payload['status'], payload['product']].some((word) => typeof word === 'string'))
  )
}
