interface CodeRow {
  /** Status of the answer. */
  readonly status: number
  /** Sentence for answers and logs. It never depends on the delivery. */
  readonly sentence: string
  /** Headers of its answer besides the usual ones. */
  readonly headers?: Readonly<Record<string, string>>
}

/** Every possible result of a delivery, one row per code. */
export const codes = {
  accepted: { status: 200, sentence: 'The event was handled.' },
  duplicate: { status: 200, sentence: 'The event was handled before.' },
  unhandled: { status: 200, sentence: 'No handler is subscribed to this event.' },
  handler_rejected: { status: 200, sentence: 'A handler gave up the event for good.' },
  method_not_allowed: { status: 405, sentence: 'Callbacks are delivered by POST.', headers: { Allow: 'POST' } },
  ip_not_allowed: { status: 403, sentence: 'The sender is not on the list of allowed addresses.' },
  headers_too_large: { status: 431, sentence: 'A header of the delivery is longer than any known one.' },
  callback_url_mismatch: { status: 401, sentence: 'The URL is not one that this receiver gave out.' },
  unsupported_media_type: {
    status: 415,
    sentence: 'The body must be JSON in UTF-8, plain or encoded with gzip, deflate or br.',
  },
  body_too_large: { status: 413, sentence: 'The body is larger than the limit.' },
  body_incomplete: { status: 400, sentence: 'The body did not arrive whole.' },
  body_timeout: { status: 408, sentence: 'The body took too long to arrive.' },
  body_too_complex: { status: 400, sentence: 'The body is nested too deeply, or has too many members.' },
  too_many_bodies: { status: 503, sentence: 'Too many deliveries arrive at once.' },
  malformed_json: { status: 400, sentence: 'The body is not JSON.' },
  signature_missing: { status: 401, sentence: 'The delivery has no signature.' },
  signature_mismatch: { status: 401, sentence: 'The signature is not one of this partner.' },
  timestamp_invalid: { status: 401, sentence: 'The signed timestamp cannot be read.' },
  timestamp_expired: { status: 401, sentence: 'The signature is too old.' },
  timestamp_in_future: { status: 401, sentence: 'The signature is from the future.' },
  credentials_unavailable: { status: 503, sentence: 'The delivery cannot be checked at the moment.' },
  unrecognized_payload: { status: 422, sentence: 'The body is not a callback that this version knows.' },
  invalid_partner_params: { status: 422, sentence: 'The partner params do not have the expected form.' },
  contradicted: { status: 401, sentence: 'Smile ID says otherwise.' },
  not_confirmed: { status: 503, sentence: 'The event could not be confirmed at the moment.' },
  no_handlers: { status: 503, sentence: 'Nothing is subscribed to callbacks.' },
  handler_failed: { status: 503, sentence: 'The event was not handled.' },
  verdict_conflict: { status: 503, sentence: 'The same verdict was given for another recipient.' },
  handler_timeout: { status: 503, sentence: 'The event was not handled in time.' },
  in_progress: { status: 503, sentence: 'The event is being handled.' },
  store_unavailable: { status: 503, sentence: 'The event cannot be claimed at the moment.' },
  inbox_unavailable: { status: 503, sentence: 'The event cannot be stored at the moment.' },
  shutting_down: { status: 503, sentence: 'This server is shutting down.', headers: { Connection: 'close' } },
  internal_error: { status: 503, sentence: 'The delivery could not be processed.' },
} as const satisfies Readonly<Record<string, CodeRow>>

/** Result of a delivery. */
export type ReportCode = keyof typeof codes

export const isReportCode = (name: string): name is ReportCode => Object.hasOwn(codes, name)

export const codeRow = (code: ReportCode): CodeRow => codes[code]
