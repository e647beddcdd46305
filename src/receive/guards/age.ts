import { duration } from '../../lib/words.ts'
import { type ReceiverCause, type Refusal, refuse } from '../../report/refusal.ts'
import { parseTimestamp } from '../../signature/sign.ts'

/** Limits on a signature's age and on how far it may be in the future, ms. */
export interface AgeLimits {
  maxAge: number
  maxSkew: number
}

/** Returns the signed time, unless it is too old or in the future. `now` in epoch ms. */
export function checkAge(timestamp: string, now: number, { maxAge, maxSkew }: AgeLimits): number | Refusal {
  const signedAt = parseTimestamp(timestamp)
  if (signedAt === undefined) return refuse('timestamp_invalid')
  if (now - signedAt > maxAge) return refuseAge('timestamp_expired', timestamp, signedAt, now - signedAt, maxAge)
  if (signedAt - now > maxSkew) return refuseAge('timestamp_in_future', timestamp, signedAt, now - signedAt, maxSkew)
  return signedAt
}

const minute = 60_000
const hour = 60 * minute

/** Explains a signature that is too old or in the future. `age` in ms, negative in the future. */
export function refuseAge(
  code: 'timestamp_expired' | 'timestamp_in_future',
  timestamp: string,
  signedAt: number,
  age: number,
  limit: number,
): Refusal {
  const [cause, why] = causeOf(timestamp, age, limit)
  const how =
    age >= 0
      ? `The signature is ${duration(age)} old, and maxAge is ${duration(limit)}`
      : `The signature is ${duration(age)} ahead, and maxSkew is ${duration(limit)}`
  return refuse(code, `${how}: ${why}.`, {
    cause,
    details: { signedAt: new Date(signedAt).toISOString(), ageMs: Math.round(age), limitMs: limit },
  })
}

function causeOf(timestamp: string, age: number, limit: number): [ReceiverCause, string] {
  if (/^\d{9,11}$/.test(timestamp))
    return ['epoch_seconds', 'the timestamp is in seconds, and Smile ID counts milliseconds']
  if (age > 0 && limit < minute) return ['max_age_short', 'it is in ms, and was probably set in seconds']
  const hours = Math.round(age / hour)
  if (hours !== 0 && Math.abs(hours) <= 14 && Math.abs(age - hours * hour) <= 3 * minute)
    return ['time_zone', 'whole hours, so this clock or a time zone is wrong']
  return age > 0
    ? ['stale', 'a late retry, a clock that is ahead, or a replay of an old callback']
    : ['clock_behind', 'the clock of this machine is behind']
}
