import { performance } from 'node:perf_hooks'
import { codes } from '../report/codes.ts'
import { isRefusal, type Refusal } from '../report/refusal.ts'
import type { DeliveryReport, ReportCode, Stage } from '../report/report.ts'

/** How a delivery ended. */
export type End = ReportCode | Refusal

/** What a delivery leaves on its way, beside its stages. */
export type Facts = Partial<Omit<DeliveryReport, 'code' | 'status' | 'durationMs' | 'stages'>>

/** What is known of one delivery so far. The pipeline alone writes it, and its report is made of it. */
export class Trace {
  // Not the global: tests replace that.
  readonly #started = performance.now()
  readonly #stages: DeliveryReport['stages'] = []
  readonly #facts: Facts & Pick<DeliveryReport, 'receivedAt'> = { receivedAt: new Date() }

  note(facts: Facts): void {
    Object.assign(this.#facts, facts)
  }

  reached(name: Stage): void {
    this.#stages.push({ name, atMs: this.#elapsed() })
  }

  /** Once, at the end. */
  report(end: End): DeliveryReport {
    const { code, hint, facts } = isRefusal(end) ? end : { code: end, hint: undefined, facts: undefined }
    const report = { code, status: codes[code].status, durationMs: this.#elapsed(), stages: this.#stages, ...this.#facts, ...facts }
    return hint === undefined ? report : { ...report, hint }
  }

  #elapsed(): number {
    return performance.now() - this.#started
  }
}
