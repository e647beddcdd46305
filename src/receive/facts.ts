import { jsonText } from '../lib/json.ts'
import type { DeliveryReport } from '../report/report.ts'
import type { SmileIdEvent } from '../types/event.ts'
import type { DeliveryInfo } from '../types/event.ts'
import type { BodyShare } from './body/budget.ts'
import { contentCodings } from './body/codings.ts'
import { decodeBody } from './body/decode-body.ts'
import type { BodyRules, ReadBody } from './body/read.ts'
import type { Config } from './config.ts'
import type { IncomingDelivery } from './delivery.ts'
import type { ReadHeaders } from './headers.ts'
import type { Proven } from './prove.ts'

/** How its sender says the body comes, and how much of it is taken. */
export function bodyRules({ contentEncoding, contentLength }: ReadHeaders, { maxBodySize, bodyTimeout }: Config, share: BodyShare): BodyRules {
  return { codings: contentCodings(contentEncoding) ?? [], length: contentLength, limit: maxBodySize, timeoutMs: bodyTimeout, share }
}

/** Of a body, for the report. */
export function sizeOf(read: ReadBody): NonNullable<DeliveryReport['body']> {
  return read.source === 'parsed' ? { source: read.source } : { source: read.source, bytes: read.raw.length }
}

export const rawText = (read: ReadBody): string => (read.source === 'parsed' ? jsonText(read.value) ?? '' : decodeBody(read.raw))

/** `receivedAt` in epoch ms. */
export function deliveryInfo({ params = {} }: IncomingDelivery, clientIp: string | undefined, reference: string | undefined, proven: Proven, receivedAt: number): DeliveryInfo {
  const { generation, signedAt, credential } = proven
  const info: DeliveryInfo & { clientIp?: string; reference?: string } = { origin: 'callback', generation, signedAt: new Date(signedAt), receivedAt: new Date(receivedAt), params, confirmed: false, unconfirmed: [], credential }
  if (clientIp !== undefined) info.clientIp = clientIp
  if (reference !== undefined) info.reference = reference
  return info
}

/** Of an event, for the report: without its job and user. */
export function summaryOf(event: SmileIdEvent<unknown>): NonNullable<DeliveryReport['event']> {
  const { id, verdictId, kind, product } = event
  return kind === 'result' ? { id, verdictId, kind, product, outcome: event.outcome, final: event.final } : { id, verdictId, kind, product }
}
