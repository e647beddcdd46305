import type { ReadHeaders } from '../headers.ts'
import { refuse, type Refusal } from '../../report/refusal.ts'

/** Characters. A signature has 44, a job id about 30; no header that is read here comes near. */
export const maxHeaderLength = 1_024

/** Hosts bound their headers together; behind `.fetch` and `.receive` nobody may have. */
export function checkHeaderSizes(headers: ReadHeaders): Refusal | undefined {
  for (const name in headers) if ((headers[name as keyof ReadHeaders]?.length ?? 0) > maxHeaderLength) return refuse('headers_too_large')
  return undefined
}
