import { typeNameOf } from '../../lib/values.ts'
import { duration, shownPartner } from '../../lib/words.ts'
import type { Credential } from '../../options/types.ts'
import type { DeliveryReport, Stage } from '../../report/report.ts'
import { parseTimestamp } from '../../signature/sign.ts'
import { isFinal } from '../../types/names.ts'
import { type Check, checks, decides } from './checks.ts'
import type { Facts } from './causes.ts'

/** One check of the router. `pass` and `fail` are the router's own verdict. */
export interface Step {
  name: string
  verdict: 'pass' | 'fail' | 'not reached'
  says: string
}

type What = Pick<DeliveryReport, 'code' | 'status' | 'stages'> & {
  generation?: DeliveryReport['generation'] | undefined
}

/** The check that decided. */
function endOf({ code, stages, generation }: What): Check {
  // First by the declared length, then by the bytes that arrive.
  if (code === 'body_too_large' && stages.some(({ name }) => name === 'admitted')) return 'body'
  // A malformed signature or timestamp is refused before a key is tried.
  const isOfSignature = code === 'signature_mismatch' || code === 'timestamp_invalid'
  return isOfSignature && generation === undefined ? 'signature' : decides[code]
}

/** Shown only if they decide, since they rarely do. */
const seldom: readonly Check[] = ['running', 'headers', 'length', 'URL', 'params', 'confirm', 'claim']

/**
 * The checks that a delivery went through, by its report. `says` has a sentence for each; `generation` gives the order
 * of those not reached.
 */
export function stepsOf(
  report: What,
  says: Readonly<Partial<Record<Check, string | undefined>>>,
  generation = report.generation,
): Step[] {
  const end = endOf(report)
  const order = stageOrder({ ...report, generation }, end).flatMap((stage): readonly Check[] => checks[stage])
  order.push('answer')
  const at = order.indexOf(end)
  return order.flatMap((name, index): Step[] => {
    const isConfirmed = name === 'confirm' && report.stages.some((stage) => stage.name === 'confirmed')
    if (seldom.includes(name) && index !== at && !isConfirmed) return []
    if (index > at) return [{ name, verdict: 'not reached', says: '' }]
    const verdict = index < at || report.status === 200 ? 'pass' : 'fail'
    return [{ name, verdict, says: says[name] ?? (verdict === 'fail' ? report.code : '') }]
  })
}

/** v3 is verified by its headers, before the body is read: the stages passed, or the failed check, tell which. */
function stageOrder({ stages, generation }: What, end: Check): Stage[] {
  const names = stages.map(({ name }) => name)
  const verified = names.indexOf('verified')
  const read = names.indexOf('read')
  const failedAtProof = (checks.verified as readonly Check[]).includes(end) && read < 0
  const provedFirst = verified >= 0 ? read < 0 || verified < read : generation === 'v3' || failedAtProof
  const proof: Stage[] = provedFirst ? ['verified', 'read'] : ['read', 'verified']
  return ['admitted', ...proof, 'decoded', 'claimed', 'confirmed']
}

/** A sentence for each check of a capture. */
export function sayingsOf(facts: Facts, sendersChecked: boolean): Record<Check, string> {
  const { capture, claim, report, header, text, value } = facts
  const { clientIp } = capture
  const signedIn =
    claim?.generation === 'v3'
      ? 'the headers Response-Signature and Response-Timestamp (v3)'
      : 'the body, as "signature" and "timestamp" (v1)'
  const isMissing = report.code === 'signature_missing'
  return {
    running: 'no new deliveries are taken',
    method: capture.method,
    sender: `${clientIp ?? 'not in the capture'}${sendersChecked ? '' : clientIp === undefined ? ', so not checked' : ', not checked'}`,
    headers: 'one is too long',
    type: [header('content-type') ?? 'no Content-Type, read as JSON', header('content-encoding')]
      .filter(Boolean)
      .join(', '),
    length: `${header('content-length') ?? '?'} bytes declared`,
    URL: 'not one that this receiver gave out',
    body: report.code === 'body_incomplete' ? 'not whole' : `${report.body?.bytes ?? Buffer.byteLength(text)} bytes`,
    JSON:
      report.code === 'body_too_complex'
        ? 'nested too deeply, or with too many members'
        : value === undefined
          ? 'cannot be parsed'
          : typeNameOf(value),
    signature: claim
      ? `found in ${signedIn}`
      : isMissing
        ? 'not found: not in the headers (v3), not in the body (v1)'
        : 'not of a form that can be one',
    key: keyWords(facts),
    age: ageWords(facts),
    event: eventWords(report) ?? 'no event that this version knows',
    params: 'not what the schema wants',
    confirm: report.confirmation ?? '',
    claim: report.code,
    answer: `${report.status} ${report.code}`,
  }
}

function keyWords({ report, credentials }: Facts): string {
  const tried = credentials.map(nameOf).join(', ')
  if (report.code === 'signature_mismatch') return `made with no key that was tried (partner ${tried})`
  const key = report.credential || credentials.length === 1 ? 'the key' : 'one of the keys'
  return `made with ${key} of partner ${report.credential ? nameOf(report.credential) : tried}`
}

function ageWords({ claim, at, report, capture }: Facts): string {
  const text = claim?.possibleSignedStrings[0] ?? ''
  const time = parseTimestamp(text)
  if (time === undefined || !Number.isFinite(new Date(time).getTime())) return 'the timestamp cannot be read'
  const read = new Date(time).toISOString()
  const age = at - time
  return [
    `${text === read ? text : `${text}, which is ${read}`}: ${duration(age)} ${age >= 0 ? 'old' : 'ahead'}`,
    `${capture.receivedAt ? 'when received' : 'at the time judged'}${report.code === 'timestamp_expired' ? ', at most 60 min' : ''}`,
  ].join(' ')
}

const nameOf = ({ partnerId, environment, label }: Omit<Credential, 'apiKey'>): string =>
  [shownPartner(partnerId), environment, label].filter(Boolean).join(' ')

export function eventWords({ event }: Pick<DeliveryReport, 'event'>): string | undefined {
  if (!event) return undefined
  const { product, kind, outcome } = event
  return `${product}, ${outcome === undefined ? kind : `${outcome}${isFinal(outcome) ? '' : ' (not final)'}`}`
}
