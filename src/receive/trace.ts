import { performance } from 'node:perf_hooks'
import type { ErrorPlace } from '../errors.ts'
import { copyOf, definedOnly } from '../lib/json.ts'
import { codes } from '../report/codes.ts'
import type { Tell } from '../report/on-error.ts'
import { isRefusal, Refusal, type Thrown } from '../report/refusal.ts'
import type { DeliveryReport, ReportCode, Stage } from '../report/report.ts'
import type { DeliveryInfo } from '../types/delivery.ts'
import type { SmileIdEvent } from '../types/event.ts'
import type { ReadBody } from './body/read.ts'
import type { IncomingDelivery } from './delivery.ts'
import type { Proven } from './guards/signature.ts'

/** Result of a delivery. */
export type End = ReportCode | Refusal

type Found = Omit<DeliveryReport, 'code' | 'status' | 'durationMs' | 'stages'>

/** Facts that a delivery collects on its way, beside its stages. */
export type Facts = { -readonly [Name in keyof Found]?: Found[Name] | undefined }

/** Facts known of one delivery so far. Only the pipeline writes it; its report is made of it. */
export class Trace {
  readonly #tell: Tell
  /** Undefined once they were told. */
  #thrown: (Thrown & { isInLine: boolean })[] | undefined = []
  #report: DeliveryReport | undefined
  /** Once it was read. */
  event: SmileIdEvent<unknown> | undefined
  // Not the global: tests replace that.
  readonly #started = performance.now()
  /** Epoch ms, by the real clock. */
  readonly startedAt = Date.now()
  readonly #stages: DeliveryReport['stages'] = []
  /** Kept for listeners only. */
  read: ReadBody | undefined
  /** In the order of the report. */
  readonly facts: Facts & Pick<Found, 'receivedAt'> = {
    receivedAt: new Date(),
    clientIp: undefined,
    generation: undefined,
    credential: undefined,
    signedAt: undefined,
    body: undefined,
    event: undefined,
    notes: undefined,
    signatureReused: undefined,
    verdictConflict: undefined,
    claim: undefined,
    handlers: undefined,
    confirmation: undefined,
    inbox: undefined,
    retryAfter: undefined,
    hint: undefined,
  }

  constructor(tell: Tell) {
    this.#tell = tell
  }

  /** Notes that code of the app failed; `isInLine`: the delivery's line says so. It is told with the report. */
  failed(where: ErrorPlace, error: unknown, isInLine = false): void {
    if (this.#thrown) this.#thrown.push({ where, error, isInLine })
    else this.#tellOf(where, error, false)
  }

  /** Tells what failed so far. */
  tell(report?: DeliveryReport): void {
    this.#report = report
    const thrown = this.#thrown ?? []
    this.#thrown = undefined
    for (const { where, error, isInLine } of thrown) this.#tellOf(where, error, isInLine && report !== undefined)
  }

  #tellOf(where: ErrorPlace, error: unknown, isInLine: boolean): void {
    this.#tell(error, definedOnly({ where, event: this.event, report: this.#report && copyOf(this.#report) }), isInLine)
  }

  reached(name: Stage): void {
    this.#stages.push({ name, atMs: this.#elapsed() })
  }

  /** Called once, at the end. */
  report(end: End): DeliveryReport {
    const { code, hint, facts, thrown } = isRefusal(end) ? end : new Refusal(end)
    if (thrown) this.#thrown?.unshift({ ...thrown, isInLine: true })
    if (hint !== undefined) this.facts.hint = hint
    const { status } = codes[code]
    // Not by spreads, which took as long as all the rest of a report.
    const report = definedOnly(this.facts, { code, status, durationMs: this.#elapsed(), stages: this.#stages })
    return Object.assign(report, facts)
  }

  #elapsed(): number {
    return performance.now() - this.#started
  }
}

/** Size of a body, for the report. */
export const sizeOf = (read: ReadBody) =>
  read.source === 'parsed' ? { source: read.source } : { source: read.source, bytes: read.raw.length }

/** `receivedAt` in epoch ms. */
export function deliveryInfo(
  { params = {} }: IncomingDelivery,
  clientIp: string | undefined,
  reference: string | undefined,
  { generation, signedAt, credential }: Proven,
  receivedAt: number,
): DeliveryInfo {
  const info: DeliveryInfo & { clientIp?: string; reference?: string } = {
    origin: 'callback',
    generation,
    signedAt: new Date(signedAt),
    receivedAt: new Date(receivedAt),
    params,
    confirmed: false,
    unconfirmed: [],
    credential,
  }
  if (clientIp !== undefined) info.clientIp = clientIp
  if (reference !== undefined) info.reference = reference
  return info
}

/** Summary of an event for the report, without its job and user. */
export function summaryOf(event: SmileIdEvent<unknown>) {
  const { id, verdictId, kind, product } = event
  return kind === 'result'
    ? { id, verdictId, kind, product, outcome: event.outcome, final: event.final }
    : { id, verdictId, kind, product }
}
