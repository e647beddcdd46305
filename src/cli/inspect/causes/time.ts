import { checkAge } from '../../../receive/guards/age.ts'
import { isRefusal } from '../../../report/refusal.ts'
import { parseTimestamp } from '../../../signature/timestamp.ts'
import type { Facts } from '../facts.ts'
import { mistake, type Mistake } from '../mistake.ts'
import { duration } from '../../../lib/duration.ts'

const minute = 60_000
const hour = 60 * minute

/** The signature is genuine, and its time is not now. */
export function causeOfTime(facts: Facts): Mistake {
  const { claim, at, report, capture } = facts
  const text = claim?.possibleSignedTexts[0] ?? ''
  const time = parseTimestamp(text)
  if (report.code === 'timestamp_invalid' || time === undefined) {
    return mistake('timestamp_unreadable', 'The timestamp is none of the forms that Smile ID uses: ISO with Z, ISO without a zone (UTC), or milliseconds since 1970.', 'Pass the timestamp on as it came. In tests leave it to signDelivery.')
  }
  if (/^\d{9,11}$/.test(text)) {
    return mistake('epoch_seconds', `The timestamp "${text}" is in seconds; Smile ID counts milliseconds, so it reads as ${new Date(time).toISOString()}.`, 'Find out who rewrote or made it: in tests use Date.now(), or leave it to signDelivery.')
  }
  const ahead = time - at
  const hours = Math.round(ahead / hour)
  if (hours !== 0 && Math.abs(hours) <= 14 && Math.abs(ahead - hours * hour) <= 3 * minute && !isRefusal(checkAge(text, at + hours * hour, { maxAge: hour, maxSkew: 5 * minute }))) {
    return mistake('time_zone', `The timestamp is off by ${Math.abs(hours)} h almost to the minute: somebody took local time for UTC. Smile ID's timestamps are UTC, also those without a Z.`, 'Set the clock of the receiver to UTC properly (date -u), or leave the timestamp of your test to signDelivery.')
  }
  if (ahead > 0) {
    return mistake('clock_behind', `The signature is from ${duration(ahead)} ahead, more than maxSkew allows (5 min unless you set it): the clock of the receiver is behind.`, 'Let the machine set its clock by NTP. In a test, check the value of now.')
  }
  const judged = capture.receivedAt ? 'when it was received' : 'at the time judged; if this is a capture of former days, say when it came with --at'
  return mistake('stale', `The signature was ${duration(-ahead)} old ${judged}. Older than maxAge (60 min unless you set it) is refused, as whoever captured a signature could use it again for ever.`, 'A late retry or a queue on the way: see why it took so long, or raise maxAge. A replay on purpose is signed anew with send --from.')
}
