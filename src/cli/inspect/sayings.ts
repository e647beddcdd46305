import { isFinal } from '../../types/names.ts'
import type { Credential } from '../../options/types.ts'
import type { DeliveryReport } from '../../report/report.ts'
import { parseTimestamp } from '../../signature/timestamp.ts'
import { shownPartner } from '../shared/credentials.ts'
import type { Facts } from './facts.ts'
import type { Check } from './steps.ts'
import { duration } from '../../lib/duration.ts'

/** What can be said of each check of a capture. */
export function sayingsOf(facts: Facts, sendersChecked: boolean): Record<Check, string> {
  const { capture, report, header, text, value } = facts
  return {
    running: 'no new deliveries are taken',
    method: capture.method,
    sender: sendersChecked ? (capture.clientIp ?? 'unknown') : capture.clientIp === undefined ? 'not in the capture, so not checked' : `${capture.clientIp}, not checked`,
    headers: 'one is too long',
    type: [header('content-type') ?? 'no Content-Type, read as JSON', header('content-encoding')].filter(Boolean).join(', '),
    length: `${header('content-length') ?? '?'} bytes declared`,
    URL: 'not one that this receiver gave out',
    body: report.code === 'body_incomplete' ? 'not whole' : `${report.body?.bytes ?? Buffer.byteLength(text)} bytes`,
    JSON: report.code === 'body_too_complex' ? 'nested too deeply, or with too many members' : kindOf(value),
    signature: whereSigned(facts),
    key: keyWords(facts),
    age: ageWords(facts),
    event: eventWords(report) ?? 'no event that this version knows',
    params: 'not what the schema wants',
    confirm: report.confirmation ?? '',
    claim: report.code,
    answer: `${report.status} ${report.code}`,
  }
}

function kindOf(value: unknown): string {
  if (value === undefined) return 'cannot be parsed'
  if (Array.isArray(value)) return 'an array'
  return value === null ? 'null' : typeof value === 'object' ? 'an object' : `a ${typeof value}`
}

function whereSigned({ claim, report }: Facts): string {
  if (!claim) return report.code === 'signature_missing' ? 'not found: not in the headers (v3), not in the body (v1)' : 'not of a form that can be one'
  return claim.generation === 'v3' ? 'found in the headers Response-Signature and Response-Timestamp (v3)' : 'found in the body, as "signature" and "timestamp" (v1)'
}

function keyWords({ report, credentials }: Facts): string {
  const tried = credentials.map(nameOf).join(', ')
  if (report.credential) return `made with the key of partner ${nameOf(report.credential)}`
  if (report.code === 'signature_mismatch') return `made with no key that was tried (partner ${tried})`
  return credentials.length > 1 ? `made with one of the keys of partner ${tried}` : `made with the key of partner ${tried}`
}

function ageWords({ claim, at, report, capture }: Facts): string {
  const text = claim?.possibleSignedTexts[0] ?? ''
  const time = parseTimestamp(text)
  if (time === undefined || !Number.isFinite(new Date(time).getTime())) return 'the timestamp cannot be read'
  const read = new Date(time).toISOString()
  const age = at - time
  return `${text === read ? text : `${text}, which is ${read}`}: ${age >= 0 ? `${duration(age)} old` : `${duration(age)} ahead`} ${capture.receivedAt ? 'when received' : 'at the time judged'}${report.code === 'timestamp_expired' ? ', at most 60 min' : ''}`
}

const nameOf = ({ partnerId, environment, label }: Omit<Credential, 'apiKey'>): string => [shownPartner(partnerId), environment, label].filter(Boolean).join(' ')

function eventWords({ event }: DeliveryReport): string | undefined {
  if (!event) return undefined
  const { product, kind, outcome } = event
  return `${product}, ${outcome === undefined ? kind : `${outcome}${isFinal(outcome) ? '' : ' (not final)'}`}`
}
