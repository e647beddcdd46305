import { header, type DeliveryHeaders } from '../delivery.ts'
import { refuse, type Refusal } from '../refusal.ts'

/** Characters. A signature has 44, a job id about 30; no header that is read here comes near. */
export const maxHeaderLength = 1_024

const read = ['content-type', 'content-encoding', 'content-length', 'response-signature', 'response-timestamp', 'job-id', 'user-id']

/** Hosts bound their headers together; behind `.fetch` and `.receive` nobody may have. */
export function checkHeaderSizes(headers: DeliveryHeaders): Refusal | undefined {
  return read.some((name) => (header(headers, name)?.length ?? 0) > maxHeaderLength) ? refuse('headers_too_large') : undefined
}
