import type { ReceiverCause } from './causes.ts'
import type { ReportCode } from './codes.ts'

const minuteMs = 60_000

/**
 * Lets one line per code and cause through in a minute, so that a stranger's refusals do not hide a genuine one.
 * `onEnd` is told what was held back when the minute ends. Codes and causes are few, so this is bounded.
 */
export function perMinute(onEnd: (code: ReportCode, cause: ReceiverCause | undefined, held: number) => void): (code: ReportCode, cause: ReceiverCause | undefined) => boolean {
  const minutes = new Map<string, { held: number }>()
  return (code, cause) => {
    const key = `${code} ${cause ?? ''}`
    const minute = minutes.get(key)
    if (minute) {
      minute.held += 1
      return false
    }
    const begun = { held: 0 }
    minutes.set(key, begun)
    const timer: Partial<NodeJS.Timeout> = setTimeout(() => {
      minutes.delete(key)
      if (begun.held > 0) onEnd(code, cause, begun.held)
    }, minuteMs)
    // Timers of some hosts are numbers.
    timer.unref?.()
    return true
  }
}
