interface AnswerRow {
  /** Status of the answer. */
  readonly status: number
  /** Sentence for answers and logs. It never depends on the delivery. */
  readonly sentence: string
  /** Headers of its answer besides the usual ones. */
  readonly headers?: Readonly<Record<string, string>> | undefined
}

const row = (status: number, sentence: string, headers?: AnswerRow['headers']): AnswerRow => ({
  status,
  sentence,
  headers,
})

/** Every possible result of a delivery, one row per code. */
export const codes = {
  accepted: row(200, 'The event was handled.'),
  duplicate: row(200, 'The event was handled before.'),
  unhandled: row(200, 'No handler is subscribed to this event.'),
  handler_rejected: row(200, 'A handler gave up the event for good.'),
  method_not_allowed: row(405, 'Callbacks are delivered by POST.', { Allow: 'POST' }),
  ip_not_allowed: row(403, 'The sender is not on the list of allowed addresses.'),
  headers_too_large: row(431, 'A header of the delivery is longer than any known one.'),
  callback_url_mismatch: row(401, 'The URL is not one that this receiver gave out.'),
  unsupported_media_type: row(415, 'The body must be JSON in UTF-8, plain or encoded with gzip, deflate or br.'),
  body_too_large: row(413, 'The body is larger than the limit.'),
  body_incomplete: row(400, 'The body did not arrive whole.'),
  body_timeout: row(408, 'The body took too long to arrive.'),
  body_too_complex: row(400, 'The body is nested too deeply, or has too many members.'),
  too_many_bodies: row(503, 'Too many deliveries arrive at once.'),
  malformed_json: row(400, 'The body is not JSON.'),
  signature_missing: row(401, 'The delivery has no signature.'),
  signature_mismatch: row(401, 'The signature is not one of this partner.'),
  timestamp_invalid: row(401, 'The signed timestamp cannot be read.'),
  timestamp_expired: row(401, 'The signature is too old.'),
  timestamp_in_future: row(401, 'The signature is from the future.'),
  credentials_unavailable: row(503, 'The delivery cannot be checked at the moment.'),
  unrecognized_payload: row(422, 'The body is not a callback that this version knows.'),
  invalid_partner_params: row(422, 'The partner params do not have the expected form.'),
  contradicted: row(401, 'Smile ID says otherwise.'),
  not_confirmed: row(503, 'The event could not be confirmed at the moment.'),
  no_handlers: row(503, 'Nothing is subscribed to callbacks.'),
  handler_failed: row(503, 'The event was not handled.'),
  verdict_conflict: row(503, 'The same verdict was given for another recipient.'),
  handler_timeout: row(503, 'The event was not handled in time.'),
  in_progress: row(503, 'The event is being handled.'),
  store_unavailable: row(503, 'The event cannot be claimed at the moment.'),
  inbox_unavailable: row(503, 'The event cannot be stored at the moment.'),
  shutting_down: row(503, 'This server is shutting down.', { Connection: 'close' }),
  internal_error: row(503, 'The delivery could not be processed.'),
}

/** Result of a delivery. */
export type ReportCode = keyof typeof codes

export const isReportCode = (name: string): name is ReportCode => Object.hasOwn(codes, name)
