import { isCause } from '../explain/causes.ts'
import { harmless } from '../shared/style.ts'
import type { ReportCode } from '../../report/report.ts'
import { causeOfMalformed } from './causes/body.ts'
import { ofOtherCompany } from './causes/getsmileapi.ts'
import { causeOfMismatch } from './causes/mismatch.ts'
import { notACallback } from './causes/not-a-callback.ts'
import type { Facts } from './facts.ts'
import { mistake, mistakeOfCode, type Mistake } from './mistake.ts'
import type { KnownReport } from './read/report.ts'

type Search = (facts: Facts) => Mistake | undefined

/** What a receiver does not look for: it takes the whole body, a key that is refused at start, or more work than a stranger may cause. */
const searches: Readonly<Partial<Record<ReportCode, Search>>> = {
  ip_not_allowed: ofOtherCompany,
  malformed_json: causeOfMalformed,
  signature_missing: (facts) => ofOtherCompany(facts) ?? (generic.has(facts.report.cause ?? '') ? notACallback(facts) : undefined),
  signature_mismatch: causeOfMismatch,
  unrecognized_payload: notACallback,
  timestamp_expired: ({ report, capture }) => (report.cause === 'stale' && !capture.receivedAt ? mistake('stale', `${report.hint ?? ''} If this is a capture of former days, say when it came with --at.`) : undefined),
}

const generic: ReadonlySet<string> = new Set(['unsigned', 'headers_lost'])

/** The likely reason of a refusal: what only a look at the capture shows, else what the receiver itself named. Undefined for what was accepted. */
export const causeOf = (facts: Facts): Mistake | undefined => (facts.report.status === 200 ? undefined : (searches[facts.report.code]?.(facts) ?? causeOfReport(facts.report)))

/** What a receiver named. */
export function causeOfReport({ code, hint, cause }: Pick<KnownReport, 'code' | 'hint' | 'cause'>): Mistake {
  const said = hint === undefined ? undefined : harmless(hint, 500)
  return cause !== undefined && isCause(cause) ? mistake(cause, said) : mistakeOfCode(code, said)
}
