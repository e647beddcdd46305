import { duration, shownPartner } from '../../lib/words.ts'
import type { Credential } from '../../options/types.ts'
import type { DeliveryReport, ReportCode, Stage } from '../../report/report.ts'
import { parseTimestamp } from '../../signature/sign.ts'
import { isFinal } from '../../types/names.ts'
import type { Facts } from './facts.ts'

/** One check of the router. `pass` and `fail` are the router's own verdict. */
export interface Step {
  name: string
  verdict: 'pass' | 'fail' | 'not reached'
  says: string
}

const checks = {
  admitted: ['running', 'method', 'sender', 'headers', 'type', 'length', 'URL'],
  read: ['body', 'JSON'],
  verified: ['signature', 'key', 'age'],
  decoded: ['event', 'params'],
  confirmed: ['confirm'],
  claimed: ['claim'],
} as const satisfies Readonly<Record<Stage, readonly string[]>>

export type Check = (typeof checks)[Stage][number] | 'answer'

type What = Pick<DeliveryReport, 'code' | 'status' | 'stages'> & {
  generation?: DeliveryReport['generation'] | undefined
}
type Where = Check | ((report: What) => Check)

const isAdmitted = ({ stages }: What): boolean => stages.some(({ name }) => name === 'admitted')

/** The check that decides each result. A code without one does not compile. */
const placeOf: Readonly<Record<ReportCode, Where>> = {
  accepted: 'answer',
  duplicate: 'claim',
  unhandled: 'answer',
  handler_rejected: 'answer',
  method_not_allowed: 'method',
  ip_not_allowed: 'sender',
  headers_too_large: 'headers',
  callback_url_mismatch: 'URL',
  unsupported_media_type: 'type',
  // First by the declared length, then by the bytes that arrive.
  body_too_large: (report) => (isAdmitted(report) ? 'body' : 'length'),
  body_incomplete: 'body',
  body_timeout: 'body',
  body_too_complex: 'JSON',
  too_many_bodies: 'body',
  malformed_json: 'JSON',
  signature_missing: 'signature',
  // A malformed signature or timestamp is refused before a key is tried.
  signature_mismatch: ({ generation }) => (generation === undefined ? 'signature' : 'key'),
  timestamp_invalid: ({ generation }) => (generation === undefined ? 'signature' : 'age'),
  timestamp_expired: 'age',
  timestamp_in_future: 'age',
  credentials_unavailable: 'key',
  unrecognized_payload: 'event',
  invalid_partner_params: 'params',
  contradicted: 'confirm',
  not_confirmed: 'confirm',
  no_handlers: 'answer',
  handler_failed: 'answer',
  verdict_conflict: 'answer',
  handler_timeout: 'answer',
  in_progress: 'claim',
  store_unavailable: 'claim',
  inbox_unavailable: 'answer',
  shutting_down: 'running',
  internal_error: 'answer',
}

/** Shown only if they decide, since they rarely do. */
const seldom: ReadonlySet<Check> = new Set<Check>(['running', 'headers', 'length', 'URL', 'params', 'confirm', 'claim'])

/**
 * The checks that a delivery went through, by its report. `says` has a text for each; `generation` gives the order of
 * those not reached.
 */
export function stepsOf(
  report: What,
  says: Readonly<Partial<Record<Check, string>>>,
  generation = report.generation,
): Step[] {
  const place = placeOf[report.code]
  const end = typeof place === 'function' ? place(report) : place
  const passed = new Set(report.stages.map(({ name }) => name))
  const order: Check[] = [
    ...stageOrder({ ...report, generation }, end).flatMap((stage): readonly Check[] => checks[stage]),
    'answer',
  ]
  const at = order.indexOf(end)
  const refused = report.status !== 200
  return order.flatMap((name, index): Step[] => {
    const isConfirm = name === 'confirm' && passed.has('confirmed')
    if (seldom.has(name) && index !== at && !isConfirm) return []
    const verdict = index < at ? 'pass' : index > at ? 'not reached' : refused ? 'fail' : 'pass'
    return [
      { name, verdict, says: verdict === 'not reached' ? '' : (says[name] ?? (verdict === 'fail' ? report.code : '')) },
    ]
  })
}

/** v3 is verified by its headers, before the body is read: the stages passed, or the failed check, tell which. */
function stageOrder({ stages, generation }: What, end: Check): Stage[] {
  const names = stages.map(({ name }) => name)
  const verified = names.indexOf('verified')
  const read = names.indexOf('read')
  const failedAtProof = (checks.verified as readonly Check[]).includes(end)
  const provedFirst = verified >= 0 ? read < 0 || verified < read : generation === 'v3' || (failedAtProof && read < 0)
  return provedFirst
    ? ['admitted', 'verified', 'read', 'decoded', 'claimed', 'confirmed']
    : ['admitted', 'read', 'verified', 'decoded', 'claimed', 'confirmed']
}

/** A text for each check of a capture. */
export function sayingsOf(facts: Facts, sendersChecked: boolean): Record<Check, string> {
  const { capture, report, header, text, value } = facts
  return {
    running: 'no new deliveries are taken',
    method: capture.method,
    sender: sendersChecked
      ? (capture.clientIp ?? 'unknown')
      : capture.clientIp === undefined
        ? 'not in the capture, so not checked'
        : `${capture.clientIp}, not checked`,
    headers: 'one is too long',
    type: [header('content-type') ?? 'no Content-Type, read as JSON', header('content-encoding')]
      .filter(Boolean)
      .join(', '),
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
  if (!claim)
    return report.code === 'signature_missing'
      ? 'not found: not in the headers (v3), not in the body (v1)'
      : 'not of a form that can be one'
  return claim.generation === 'v3'
    ? 'found in the headers Response-Signature and Response-Timestamp (v3)'
    : 'found in the body, as "signature" and "timestamp" (v1)'
}

function keyWords({ report, credentials }: Facts): string {
  const tried = credentials.map(nameOf).join(', ')
  if (report.credential) return `made with the key of partner ${nameOf(report.credential)}`
  if (report.code === 'signature_mismatch') return `made with no key that was tried (partner ${tried})`
  return credentials.length > 1
    ? `made with one of the keys of partner ${tried}`
    : `made with the key of partner ${tried}`
}

function ageWords({ claim, at, report, capture }: Facts): string {
  const text = claim?.possibleSignedStrings[0] ?? ''
  const time = parseTimestamp(text)
  if (time === undefined || !Number.isFinite(new Date(time).getTime())) return 'the timestamp cannot be read'
  const read = new Date(time).toISOString()
  const age = at - time
  return `${text === read ? text : `${text}, which is ${read}`}: ${age >= 0 ? `${duration(age)} old` : `${duration(age)} ahead`} ${capture.receivedAt ? 'when received' : 'at the time judged'}${report.code === 'timestamp_expired' ? ', at most 60 min' : ''}`
}

const nameOf = ({ partnerId, environment, label }: Omit<Credential, 'apiKey'>): string =>
  [shownPartner(partnerId), environment, label].filter(Boolean).join(' ')

function eventWords({ event }: DeliveryReport): string | undefined {
  if (!event) return undefined
  const { product, kind, outcome } = event
  return `${product}, ${outcome === undefined ? kind : `${outcome}${isFinal(outcome) ? '' : ' (not final)'}`}`
}
