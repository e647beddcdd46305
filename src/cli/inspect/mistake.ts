import type { ReportCode } from '../../report/report.ts'
import { causeTexts, type Cause } from '../explain/causes.ts'
import { codeTexts } from '../explain/texts/codes.ts'

/** What probably went wrong, for a person who sees a callback for the first time. */
export interface Mistake {
  /** For `explain`. */
  name: Cause | ReportCode
  because: string
  fix: string
}

/** `because`: what is known of this one delivery; else what is said of all. */
export function mistake(name: Cause, because?: string): Mistake {
  const { what, why, fix } = causeTexts[name]
  return { name, because: because ?? `${what} ${why}`, fix }
}

/** Where a code says it all; what the receiver itself found goes before. */
export function mistakeOfCode(code: ReportCode, hint: string | undefined): Mistake {
  const { what, why, fix } = codeTexts[code]
  return { name: code, because: hint ?? `${what} ${why}`, fix }
}
