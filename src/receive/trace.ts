import { performance } from 'node:perf_hooks'
import { definedOnly } from '../lib/json.ts'
import { codes } from '../report/codes.ts'
import { isRefusal, type Refusal } from '../report/refusal.ts'
import type { DeliveryReport, ReportCode, Stage } from '../report/report.ts'
import type { ReadBody } from './body/read.ts'

/** How a delivery ended. */
export type End = ReportCode | Refusal

type Found = Omit<DeliveryReport, 'code' | 'status' | 'durationMs' | 'stages'>

/** What a delivery leaves on its way, beside its stages. */
export type Facts = { -readonly [Name in keyof Found]?: Found[Name] | undefined }

/** What is known of one delivery so far. The pipeline alone writes it, and its report is made of it. */
export class Trace {
  // Not the global: tests replace that.
  readonly #started = performance.now()
  readonly #stages: DeliveryReport['stages'] = []
  /** Kept for `evidenceOf` alone. */
  read: ReadBody | undefined
  readonly facts: Facts & Pick<Found, 'receivedAt'> = {
    receivedAt: new Date(), clientIp: undefined, generation: undefined, credential: undefined, signedAt: undefined, body: undefined, event: undefined, notes: undefined,
    signatureReused: undefined, claim: undefined, handlers: undefined, confirmation: undefined, inbox: undefined, retryAfter: undefined, hint: undefined,
  }

  reached(name: Stage): void {
    this.#stages.push({ name, atMs: this.#elapsed() })
  }

  /** Once, at the end. */
  report(end: End): DeliveryReport {
    const { code, hint, facts } = isRefusal(end) ? end : { code: end, hint: undefined, facts: undefined }
    return definedOnly({ code, status: codes[code].status, durationMs: this.#elapsed(), stages: this.#stages, ...this.facts, ...facts, hint: hint ?? this.facts.hint })
  }

  #elapsed(): number {
    return performance.now() - this.#started
  }
}
