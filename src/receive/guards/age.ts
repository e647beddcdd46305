import { parseTimestamp } from '../../signature/timestamp.ts'
import { refuse, type Refusal } from '../../report/refusal.ts'
import { refuseAge } from '../diagnose/age.ts'

/** How old and how far ahead a signature's timestamp may be, ms. */
export interface AgeLimits {
  maxAge: number
  maxSkew: number
}

/** The time that was signed, if it is neither stale nor ahead. `now` in epoch ms. */
export function checkAge(timestamp: string, now: number, { maxAge, maxSkew }: AgeLimits): number | Refusal {
  const signedAt = parseTimestamp(timestamp)
  if (signedAt === undefined) return refuse('timestamp_invalid')
  if (now - signedAt > maxAge) return refuseAge('timestamp_expired', timestamp, signedAt, now - signedAt, maxAge)
  if (signedAt - now > maxSkew) return refuseAge('timestamp_in_future', timestamp, signedAt, now - signedAt, maxSkew)
  return signedAt
}
