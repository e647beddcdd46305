import type { ReportCode } from '../../report/codes.ts'
import type { Stage } from '../../report/report.ts'

/** The checks of the router, by the stage that they lead to. */
export const checks = {
  admitted: ['running', 'method', 'sender', 'headers', 'type', 'length', 'URL'],
  read: ['body', 'JSON'],
  verified: ['signature', 'key', 'age'],
  decoded: ['event', 'params'],
  confirmed: ['confirm'],
  claimed: ['claim'],
} as const satisfies Readonly<Record<Stage, readonly string[]>>

export type Check = (typeof checks)[Stage][number] | 'answer'

/** The check that decides each code. */
export const decides: Readonly<Record<ReportCode, Check>> = {
  accepted: 'answer',
  duplicate: 'claim',
  unhandled: 'answer',
  handler_rejected: 'answer',
  method_not_allowed: 'method',
  ip_not_allowed: 'sender',
  headers_too_large: 'headers',
  callback_url_mismatch: 'URL',
  unsupported_media_type: 'type',
  body_too_large: 'length',
  body_incomplete: 'body',
  body_timeout: 'body',
  body_too_complex: 'JSON',
  too_many_bodies: 'body',
  malformed_json: 'JSON',
  signature_missing: 'signature',
  signature_mismatch: 'key',
  timestamp_invalid: 'age',
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
