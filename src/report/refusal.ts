import type { ReportCode } from './codes.ts'

/** A guard's "no": the code that answers the delivery, and a hint where the set-up looks wrong. */
export class Refusal {
  readonly code: ReportCode
  readonly hint: string | undefined

  constructor(code: ReportCode, hint?: string) {
    this.code = code
    this.hint = hint
  }
}

export const refuse = (code: ReportCode, hint?: string): Refusal => new Refusal(code, hint)

export const isRefusal = (value: unknown): value is Refusal => value instanceof Refusal
