import { causeOfReport } from './cause.ts'
import type { Inspection } from './inspect.ts'
import type { KnownReport } from './read/report.ts'
import { stepsOf } from './steps.ts'

/** Explains a report that a receiver made, without the delivery. */
export function inspectReport(report: KnownReport): Inspection {
  const { code, status, clientIp, generation, body, credential, event } = report
  const cause = status === 200 && code !== 'handler_rejected' && code !== 'unhandled' ? undefined : causeOfReport(report)
  const steps = stepsOf(report, {
    ...(clientIp !== undefined && { sender: clientIp }),
    ...(generation !== undefined && { signature: generation === 'v3' ? 'in the headers (v3)' : 'in the body (v1)' }),
    ...(body?.bytes !== undefined && { body: `${body.bytes} bytes` }),
    ...(credential && { key: `made with the key of partner ${credential.partnerId}` }),
    ...(event && { event: [event.product, event.outcome ?? event.kind].join(', ') }),
    answer: `${status} ${code}`,
  })
  return { status, code, steps, ...(cause && { cause }) }
}
