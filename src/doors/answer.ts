import { codes, type ReportCode } from '../report/codes.ts'
import type { DeliveryReport } from '../report/report.ts'

/** An HTTP answer, ready to send. */
export interface Answer {
  status: number
  headers: Readonly<Record<string, string>>
  body: string
}

function build(code: ReportCode): Answer {
  const { status, sentence, headers: own } = codes[code]
  const body = JSON.stringify(status === 200 ? { received: true } : { error: { code, message: sentence } })
  const headers = {
    'Content-Type': 'application/json; charset=utf-8',
    'Content-Length': String(Buffer.byteLength(body)),
    ...own,
  }
  return Object.freeze({ status, headers: Object.freeze(headers), body })
}

const answers = Object.fromEntries((Object.keys(codes) as ReportCode[]).map((code) => [code, build(code)])) as Record<
  ReportCode,
  Answer
>

/** Turns a report into HTTP; no other code does. */
export function answerOf({ code, retryAfter }: Pick<DeliveryReport, 'code' | 'retryAfter'>): Answer {
  const answer = answers[code]
  return retryAfter === undefined
    ? answer
    : { ...answer, headers: { ...answer.headers, 'Retry-After': String(retryAfter) } }
}
