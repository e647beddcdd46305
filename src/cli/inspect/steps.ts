import type { DeliveryReport, ReportCode, Stage } from '../../report/report.ts'

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

type What = Pick<DeliveryReport, 'code' | 'status' | 'stages'> & { generation?: DeliveryReport['generation'] | undefined }
type Where = Check | ((report: What) => Check)

const isAdmitted = ({ stages }: What): boolean => stages.some(({ name }) => name === 'admitted')

/** Where each end is decided. A code without a place does not compile. */
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
  // Once by what the sender declares, once by what arrives.
  body_too_large: (report) => (isAdmitted(report) ? 'body' : 'length'),
  body_incomplete: 'body',
  body_timeout: 'body',
  body_too_complex: 'JSON',
  too_many_bodies: 'body',
  malformed_json: 'JSON',
  signature_missing: 'signature',
  // What cannot be a signature or a timestamp is refused before a key is tried.
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
  handler_timeout: 'answer',
  in_progress: 'claim',
  store_unavailable: 'claim',
  inbox_unavailable: 'answer',
  shutting_down: 'running',
  internal_error: 'answer',
}

/** Shown only where they decide, since few deliveries meet them. */
const seldom: ReadonlySet<Check> = new Set<Check>(['running', 'headers', 'length', 'URL', 'params', 'confirm', 'claim'])

/** The delivery's way through the checks, as its report tells it. `says` has the words for each; `generation` the order of what was not reached. */
export function stepsOf(report: What, says: Readonly<Partial<Record<Check, string>>>, generation = report.generation): Step[] {
  const place = placeOf[report.code]
  const end = typeof place === 'function' ? place(report) : place
  const passed = new Set(report.stages.map(({ name }) => name))
  const order: Check[] = [...stageOrder({ ...report, generation }, end).flatMap((stage): readonly Check[] => checks[stage]), 'answer']
  const at = order.indexOf(end)
  const refused = report.status !== 200
  return order.flatMap((name, index): Step[] => {
    const isConfirm = name === 'confirm' && passed.has('confirmed')
    if (seldom.has(name) && index !== at && !isConfirm) return []
    const verdict = index < at ? 'pass' : index > at ? 'not reached' : refused ? 'fail' : 'pass'
    return [{ name, verdict, says: verdict === 'not reached' ? '' : (says[name] ?? (verdict === 'fail' ? report.code : '')) }]
  })
}

/** v3 is proved by its headers, before the body is read: what was passed tells, or what it failed at. */
function stageOrder({ stages, generation }: What, end: Check): Stage[] {
  const names = stages.map(({ name }) => name)
  const verified = names.indexOf('verified')
  const read = names.indexOf('read')
  const failedAtProof = (checks.verified as readonly Check[]).includes(end)
  const provedFirst = verified >= 0 ? read < 0 || verified < read : generation === 'v3' || (failedAtProof && read < 0)
  return provedFirst ? ['admitted', 'verified', 'read', 'decoded', 'claimed', 'confirmed'] : ['admitted', 'read', 'verified', 'decoded', 'claimed', 'confirmed']
}
