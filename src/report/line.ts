import { shownPartner } from '../lib/shown-partner.ts'
import { duration } from '../lib/duration.ts'
import type { DeliveryReport } from './report.ts'

/** Of an event, as `on` takes it. */
export const eventName = (event: DeliveryReport['event']): string => (event ? `${event.product}.${event.outcome ?? event.kind}` : 'an event')

const tenths = (ms: number): number => Math.round(ms * 10) / 10

/** The report as a logger gets it: nobody needs more than tenths of a millisecond. */
export function rounded(report: DeliveryReport): DeliveryReport {
  return { ...report, durationMs: tenths(report.durationMs), stages: report.stages.map(({ name, atMs }) => ({ name, atMs: tenths(atMs) })) }
}

/** One line: facts first, then the sentence, then where to read more. */
export function lineOf(report: DeliveryReport, sentence: string): string {
  const { code } = report
  const facts = Object.entries(factsOf(report)).map(([name, value]) => (value === undefined || value === '' ? '' : ` ${name}=${value}`)).join('')
  return `${code}${facts} ${sentence} express-smile-id explain ${code}`
}

function factsOf({ status, clientIp, generation, stages, credential, event, cause, body, handlers, confirmation, details = {}, durationMs }: DeliveryReport): Record<string, string | undefined> {
  const { partners, signedAt, ageMs, limitMs, paths, error } = details
  return {
    status: String(status),
    clientIp: clientIp === undefined ? undefined : plain(clientIp),
    generation,
    signatureIn: generation === undefined ? undefined : generation === 'v3' ? 'headers' : 'body',
    passed: stages.map(({ name }) => name).join(','),
    partner: credential === undefined ? undefined : shownPartner(credential.partnerId),
    tried: partners?.join(','),
    event: event === undefined ? undefined : eventName(event),
    bytes: body?.bytes === undefined ? undefined : String(body.bytes),
    signedAt,
    age: ageMs === undefined ? undefined : `"${duration(ageMs)}${ageMs < 0 ? ' ahead' : ''}"`,
    limit: limitMs === undefined ? undefined : `"${duration(limitMs)}"`,
    paths: paths === undefined || paths.length === 0 ? undefined : `"${paths.join(', ')}"`,
    error: error === undefined ? undefined : `"${error}"`,
    handlers: handlers === undefined ? undefined : `${handlers.matched - handlers.failed - handlers.rejected - handlers.timedOut}/${handlers.matched}`,
    confirmation,
    cause,
    ms: String(Math.round(durationMs)),
  }
}

/** The door may be given any text for an address. */
const plain = (text: string): string => text.slice(0, 64).replace(/[^\w.:%-]/g, '?')
