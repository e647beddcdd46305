import { refuse, type Refusal } from '../../report/refusal.ts'
import { duration } from '../../lib/duration.ts'
import type { ReceiverCause } from '../../report/causes.ts'

const minute = 60_000
const hour = 60 * minute

/** Says how old a signature is that is too old or ahead, and what that looks like. `age` in ms, below 0 for one ahead. */
export function refuseAge(code: 'timestamp_expired' | 'timestamp_in_future', timestamp: string, signedAt: number, age: number, limit: number): Refusal {
  const [cause, why] = causeOf(timestamp, age, limit)
  const how = age >= 0 ? `The signature is ${duration(age)} old, and maxAge is ${duration(limit)}` : `The signature is ${duration(age)} ahead, and maxSkew is ${duration(limit)}`
  return refuse(code, `${how}: ${why}.`, { cause, details: { signedAt: new Date(signedAt).toISOString(), ageMs: Math.round(age), limitMs: limit } })
}

function causeOf(timestamp: string, age: number, limit: number): [ReceiverCause, string] {
  if (/^\d{9,11}$/.test(timestamp)) return ['epoch_seconds', 'the timestamp is in seconds, and Smile ID counts milliseconds']
  if (age > 0 && limit < minute) return ['max_age_short', 'it is in ms, and was probably given in seconds']
  const hours = Math.round(age / hour)
  if (hours !== 0 && Math.abs(hours) <= 14 && Math.abs(age - hours * hour) <= 3 * minute) return ['time_zone', 'whole hours, so this clock or a time zone is wrong']
  return age > 0 ? ['stale', 'a late retry, a clock that is ahead, or an old callback that somebody sends again'] : ['clock_behind', 'the clock of this machine is behind']
}
