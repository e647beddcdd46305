import type { ReportCode } from './report.ts'

/** One sentence per code, for answers and logs. It never depends on what was delivered. */
export const messages: Readonly<Record<ReportCode, string>> = {
  accepted: 'The event was handled.',
  duplicate: 'The event was handled before.',
  unhandled: 'No handler is subscribed to this event.',
  method_not_allowed: 'Callbacks are delivered by POST.',
  ip_not_allowed: 'The sender is not on the list of allowed addresses.',
  unsupported_media_type: 'The body has to be JSON in UTF-8, plain or encoded with gzip, deflate or br.',
  body_too_large: 'The body is larger than the limit.',
  body_incomplete: 'The body did not arrive whole.',
  malformed_json: 'The body is not JSON.',
  signature_missing: 'The delivery has no signature.',
  signature_mismatch: 'The signature is not one of this partner.',
  timestamp_invalid: 'The signed timestamp cannot be read.',
  timestamp_expired: 'The signature is too old.',
  timestamp_in_future: 'The signature is from the future.',
  credentials_unavailable: 'The delivery cannot be checked at the moment.',
  unrecognized_payload: 'The body is not a callback that this version knows.',
  invalid_partner_params: 'The partner params do not have the expected form.',
  no_handlers: 'Nothing is subscribed to callbacks.',
  handler_failed: 'The event was not handled.',
  handler_timeout: 'The event was not handled in time.',
  internal_error: 'The delivery could not be processed.',
}
