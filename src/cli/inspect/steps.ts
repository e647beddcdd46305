import { isFinal } from '../../types/names.ts'
import { checkDeclaredLength } from '../../receive/guards/declared-length.ts'
import { headerClaim } from '../../receive/guards/signature.ts'
import { readHeaders } from '../../receive/headers.ts'
import { defaults } from '../../options/config.ts'
import type { Credential } from '../../options/types.ts'
import type { DeliveryReport, ReportCode } from '../../report/report.ts'
import { sign, signingKey } from '../../signature/sign.ts'
import { parseTimestamp } from '../../signature/timestamp.ts'
import { shownPartner } from '../shared/credentials.ts'
import type { Facts } from './facts.ts'
import { duration } from './words.ts'

/** One look of the router at a delivery. `pass` and `fail` are the router's own verdict. */
export interface Step {
  name: string
  verdict: 'pass' | 'fail' | 'not reached'
  says: string
}

type Stage = 'method' | 'sender' | 'type' | 'length' | 'body' | 'JSON' | 'signature' | 'key' | 'age' | 'event' | 'answer'

const outer: Stage[] = ['method', 'sender', 'type', 'length']
const proof: Stage[] = ['signature', 'key', 'age']
const content: Stage[] = ['body', 'JSON']
const inner: Stage[] = ['event', 'answer']

/** Where each refusal is made. What is not here is made after the event is known. */
const stageOf: Partial<Record<ReportCode, Stage>> = {
  method_not_allowed: 'method',
  ip_not_allowed: 'sender',
  unsupported_media_type: 'type',
  body_too_large: 'body',
  body_incomplete: 'body',
  malformed_json: 'JSON',
  signature_missing: 'signature',
  credentials_unavailable: 'key',
  signature_mismatch: 'key',
  timestamp_invalid: 'age',
  timestamp_expired: 'age',
  timestamp_in_future: 'age',
  unrecognized_payload: 'event',
  invalid_partner_params: 'event',
}

/** The router's way through a delivery, as its report tells it: v3 is proved by the headers, before the body is read. */
export function stepsOf(facts: Facts, sendersChecked: boolean): Step[] {
  const v3 = headerClaim(readHeaders(facts.capture.headers)) !== undefined
  const order = v3 ? [...outer, ...proof, ...content, ...inner] : [...outer, ...content, ...proof, ...inner]
  const end = order.indexOf(lastStage(facts))
  const refused = facts.report.status !== 200
  return order
    .filter((stage) => stage !== 'length' || end === order.indexOf('length'))
    .map((stage): Step => {
      const at = order.indexOf(stage)
      const verdict = at < end ? 'pass' : at > end ? 'not reached' : refused ? 'fail' : 'pass'
      return { name: stage, verdict, says: verdict === 'not reached' ? '' : sayings[stage](facts, sendersChecked) }
    })
}

function lastStage({ report, header }: Facts): Stage {
  if (report.code === 'body_too_large' && checkDeclaredLength(header('content-length'), defaults.maxBodySize)) return 'length'
  return stageOf[report.code] ?? 'answer'
}

const sayings: Record<Stage, (facts: Facts, sendersChecked: boolean) => string> = {
  method: ({ capture }) => capture.method,
  sender: ({ capture: { clientIp } }, checked) => {
    if (!checked) return clientIp === undefined ? 'not in the capture, so not checked' : `${clientIp}, not checked`
    return clientIp ?? 'unknown'
  },
  type: ({ header }) => [header('content-type') ?? 'no Content-Type, read as JSON', header('content-encoding')].filter(Boolean).join(', '),
  length: ({ header }) => `${header('content-length') ?? '?'} bytes declared`,
  body: ({ report, text }) => (report.code === 'body_incomplete' ? 'not whole' : `${report.body?.bytes ?? Buffer.byteLength(text)} bytes`),
  JSON: ({ value }) => (value === undefined ? 'cannot be parsed' : Array.isArray(value) ? 'an array' : value === null ? 'null' : typeof value === 'object' ? 'an object' : `a ${typeof value}`),
  signature: ({ claim }) => {
    if (!claim) return 'not found: not in the headers (v3), not in the body (v1)'
    return claim.generation === 'v3' ? 'found in the headers Response-Signature and Response-Timestamp (v3)' : 'found in the body, as "signature" and "timestamp" (v1)'
  },
  key: ({ credentials, claim }) => {
    const matched = credentials.find(({ partnerId, apiKey }) => claim?.possibleSignedTexts.some((text) => sign(text, signingKey(partnerId, apiKey)) === claim.signature))
    return matched ? `made with the key of partner ${nameOf(matched)}` : `made with no key that was tried (partner ${credentials.map(nameOf).join(', ')})`
  },
  age: ({ claim, at, report, capture }) => {
    const text = claim?.possibleSignedTexts[0] ?? ''
    const time = parseTimestamp(text)
    if (time === undefined) return 'the timestamp cannot be read'
    const read = new Date(time).toISOString()
    const age = at - time
    return `${text === read ? text : `${text}, which is ${read}`}: ${age >= 0 ? `${duration(age)} old` : `${duration(age)} ahead`} ${capture.receivedAt ? 'when received' : 'at the time judged'}${report.code === 'timestamp_expired' ? ', at most 60 min' : ''}`
  },
  event: ({ report }) => eventWords(report) ?? 'no event that this version knows',
  answer: ({ report }) => `${report.status} ${report.code}`,
}

const nameOf = ({ partnerId, environment, label }: Credential): string => [shownPartner(partnerId), environment, label].filter(Boolean).join(' ')

function eventWords({ event }: DeliveryReport): string | undefined {
  if (!event) return undefined
  const { product, kind, outcome } = event
  return `${product}, ${outcome === undefined ? kind : `${outcome}${isFinal(outcome) ? '' : ' (not final)'}`}`
}
