import type { RefusalFacts } from './causes.ts'
import type { ReportCode } from './codes.ts'

/** A guard's "no": the code that answers the delivery, a hint where the set-up looks wrong, and what is known beside. */
export class Refusal {
  readonly code: ReportCode
  readonly hint: string | undefined
  readonly facts: RefusalFacts | undefined

  constructor(code: ReportCode, hint?: string, facts?: RefusalFacts) {
    this.code = code
    this.hint = hint
    this.facts = facts
  }
}

export const refuse = (code: ReportCode, hint?: string, facts?: RefusalFacts): Refusal => new Refusal(code, hint, facts)

export const isRefusal = (value: unknown): value is Refusal => value instanceof Refusal
