import type { SignedDelivery } from '../../testing/sign-delivery.ts'
import { UsageError } from '../shared/usage.ts'

type Payload = Readonly<Record<string, unknown>>

/** Makes a delivery whose body has exactly `size` bytes, filled up as a picture would. */
export function padded(make: (payload: Payload) => SignedDelivery, payload: Payload, size: number | undefined): SignedDelivery {
  if (size === undefined) return make(payload)
  const key = 'ResultCode' in payload ? 'Photo' : 'padding'
  const room = size - Buffer.byteLength(make({ ...payload, [key]: '' }).body)
  if (room < 0) throw new UsageError(`--size is smaller than the callback itself, which has ${size - room} bytes.`)
  return make({ ...payload, [key]: 'A'.repeat(room) })
}
