import { messages } from '../report/messages.ts'
import { statusByCode, type DeliveryReport, type ReportCode } from '../report/report.ts'

/** An HTTP answer, ready to send. */
export interface Answer {
  status: number
  headers: Readonly<Record<string, string>>
  body: string
}

const extraHeaders: Partial<Record<ReportCode, Record<string, string>>> = {
  method_not_allowed: { Allow: 'POST' },
}

function build(code: ReportCode): Answer {
  const status = statusByCode[code]
  const body = JSON.stringify(status === 200 ? { received: true } : { error: { code, message: messages[code] } })
  const headers = {
    'Content-Type': 'application/json; charset=utf-8',
    'Content-Length': String(Buffer.byteLength(body)),
    ...extraHeaders[code],
  }
  return Object.freeze({ status, headers: Object.freeze(headers), body })
}

const answers = Object.fromEntries(
  (Object.keys(statusByCode) as ReportCode[]).map((code) => [code, build(code)]),
) as Record<ReportCode, Answer>

/** The one place where a report becomes HTTP. */
export function answerOf({ code, retryAfter }: Pick<DeliveryReport, 'code' | 'retryAfter'>): Answer {
  const answer = answers[code]
  return retryAfter === undefined ? answer : { ...answer, headers: { ...answer.headers, 'Retry-After': String(retryAfter) } }
}
