import type { SmileIdConfigErrorCode } from '../../../errors.ts'
import type { ReportCode } from '../../../report/report.ts'

/** Explanation of one code or cause, for readers who see it for the first time. */
export interface Explanation {
  /** Description of the event. */
  what: string
  /** Why it happens. */
  why: string
  /** The fix. */
  fix: string
}

export const explained = (what: string, why: string, fix: string): Explanation => ({ what, why, fix })

/** Every result of a delivery. A code without a text does not compile. */
// prettier-ignore
export const codeTexts: Readonly<Record<ReportCode, Explanation>> = {
  accepted: explained('The event was handled, or stored by the inbox.', 'Every check passed and every handler succeeded.', 'Nothing.'),
  duplicate: explained('The event was handled before, so handlers were not called again.', 'Smile ID delivers a callback again when an answer was late, and sometimes without a reason.', 'Nothing. To handle it again on purpose: callbacks.forget(eventId), then deliver it again.'),
  unhandled: explained('The delivery is genuine, but no handler is subscribed to its event.', 'There are handlers, and none of them for this product, kind or outcome. The result was answered 200 and is not delivered again.', 'Subscribe to every outcome of the products you use, or to all with onAny.'),
  handler_rejected: explained('A handler gave up the event for good.', 'It threw a PermanentError, so that Smile ID does not retry.', 'Read the error with onError. Once it is fixed: callbacks.forget(eventId), then deliver the event again.'),
  method_not_allowed: explained('The request was not a POST.', 'A browser, a health check, or a redirect that turned the POST into a GET.', 'Nothing, if it was you. If genuine callbacks arrive like this, give Smile ID the final URL.'),
  ip_not_allowed: explained('The sender is not on the list of allowed addresses.', 'A proxy stands before the app and Express was not told, or allowedIps lacks some addresses of Smile ID, or somebody else knows the URL.', "Set 'trust proxy' to the number of your proxies, or add smileIdAddresses.production or .sandbox to allowedIps."),
  headers_too_large: explained('A header that the router reads has more than 1024 characters.', 'Headers of Smile ID are far shorter. A proxy filled it, or the delivery is a forgery.', 'Check what stands before the router; no setting raises this limit.'),
  callback_url_mismatch: explained('callbackSecret is set, and the URL is not one that urlFor made.', 'The job was submitted with a plain URL, a proxy removed the query, or the secret changed while the job was open.', 'Submit jobs with callbacks.urlFor(baseUrl, reference). Keep the old secret second in the array until its jobs are done.'),
  unsupported_media_type: explained('The body is not declared as JSON in UTF-8, plain or as gzip, deflate or br.', 'A test without Content-Type (curl then sends form data), a gateway that changed the type, or an encoding that is not supported.', 'Set Content-Type: application/json in tests, or find what changed it.'),
  body_too_large: explained('The body is larger than maxBodySize.', 'Smile ID stays below 1.5 MB, the default. A smaller limit was set, or the sender is not Smile ID.', 'Leave maxBodySize at its default.'),
  body_incomplete: explained('The body did not arrive whole.', 'The sender hung up, or other code read the body before the router and kept nothing.', 'Mount the router before the code that reads the request, or behind a parser that sets req.body.'),
  body_timeout: explained('The body took longer to arrive than bodyTimeout, 15 s by default.', 'A slow connection, a proxy that passes the body on slowly, or an attack.', 'If genuine deliveries are hit, raise bodyTimeout, or let the proxy buffer the request.'),
  body_too_complex: explained('The body is nested too deeply, or has too many members.', 'Callbacks of Smile ID stay far below these limits. Such a body is made to overload the parser.', 'Nothing, unless the body is genuine: then report it, with a masked capture.'),
  too_many_bodies: explained('More unverified bodies are in memory than maxUnverifiedBytes allows.', 'Many large v1 deliveries at once, or an attack.', 'Smile ID retries. If genuine deliveries are hit, raise maxUnverifiedBytes.'),
  malformed_json: explained('The body is not JSON.', 'A limit in transit cut it off (100 kB is the default of many parsers), it is still compressed or base64, or it was converted to a string.', 'Raise the limits before the router to 1.5 MB, and pass the body on unchanged.'),
  signature_missing: explained('The delivery has no signature.', 'A proxy dropped Response-Signature and Response-Timestamp, a gateway wrapped the body, or the sender is not Smile ID.', 'Let the proxy pass these headers on. To test your receiver, use express-smile-id send.'),
  signature_mismatch: explained('No credential matches this signature.', 'The key of the other environment, a partner id without its leading zeros, a key with white space or quotation marks, or a forgery.', 'Compare partner id and key with the portal, for the environment the job was submitted to.'),
  timestamp_invalid: explained('The signed timestamp cannot be read.', 'It is neither ISO nor milliseconds since 1970, so Smile ID did not write it.', 'Pass the timestamp on unchanged. In tests leave it to signDelivery.'),
  timestamp_expired: explained('The signature is older than maxAge, 60 min by default.', 'A late retry, a clock that is ahead, maxAge set in seconds instead of ms, or a replay of an old callback.', 'Check the clock (NTP), and that maxAge is in ms. To replay on purpose use send --from, which signs again.'),
  timestamp_in_future: explained('The signature is further in the future than maxSkew, 5 min by default.', 'The clock of this machine is behind, or local time was taken for UTC.', 'Synchronize the clock with NTP.'),
  credentials_unavailable: explained('The credentials function failed, so the delivery could not be checked.', 'It threw, took longer than 5 s, or returned an invalid credential.', 'Smile ID retries. Find out why the function fails; for an unknown tenant it should return an empty array.'),
  unrecognized_payload: explained('The sender is genuine, but the body is not a callback that this version knows.', 'A job id was lost in transit, the body is the answer to a request, or Smile ID sends a new kind of body.', 'onUnrecognized receives the delivery. See CHANGELOG for a newer version.'),
  invalid_partner_params: explained('The partner params do not fit the schema of partnerParams.', 'The schema is stricter than what was submitted with the job; all partner params come back as strings.', 'The paths are in the log line. Use z.coerce.number() and the like, and .optional() for params that not every job has.'),
  contradicted: explained('Smile ID, when asked, contradicts the delivery.', 'The delivery is a forgery, or the job changed since.', 'Nothing if it was a forgery. If it was genuine, check the environment of confirmWithSmileId.'),
  not_confirmed: explained('Smile ID could not be asked, so the event is not confirmed yet.', 'Its servers did not answer within the timeout of confirm, or answered with an error.', 'Smile ID retries. Check that this machine may reach the API, and the environment of confirmWithSmileId.'),
  no_handlers: explained('Nothing is subscribed to any event.', 'The app listens before it subscribes, or never subscribes.', 'Call callbacks.on or onAny before the server listens.'),
  handler_failed: explained('A handler threw or rejected.', 'The mistake is in the handler; its error goes to onError only.', 'Read the error with onError. Smile ID retries a few times; then the event is lost.'),
  verdict_conflict: explained('The same verdict on the same job had its effect before, for another recipient.', 'Somebody put another account or user into a callback, under a signature that was captured, or the job was submitted twice with different partner params. The effect did not happen a second time.', 'The line names both events; report.verdictConflict.eventId is the earlier one. Compare their partner params with what you submitted. If the earlier one is wrong: undo its effect, then express-smile-id effects forget <its id>, and the other one is handled when it comes again, or with express-smile-id dead redrive. If the later one is wrong: drop it.'),
  handler_timeout: explained('The handlers took longer than handlerTimeout, 30 s by default.', 'The handlers work too long before the answer. Smile ID gives up after 35 s.', 'Store first and handle later: use an inbox (BullMQ or pg-boss).'),
  in_progress: explained('The event is being handled by another delivery of it.', 'Smile ID delivered it twice at once, or a process crashed while it held the event.', 'Nothing. Smile ID retries; after a crash the claim ends with its lease.'),
  store_unavailable: explained('The store could not tell if the event was handled before.', 'Redis or Postgres is down, read-only, slow, or its table is missing. The log line names the code: ECONNREFUSED (down), READONLY (a Redis replica), 42P01 (SQLSTATE: the table does not exist), 42703 (it lacks a column), or a timeout.', 'Bring it back, or run the statement that the line names. Smile ID retries.'),
  inbox_unavailable: explained('The inbox did not confirm that it stored the event.', 'Its Redis or Postgres is down, read-only, slow, or its queue does not exist. The log line names the code.', 'Bring it back. Smile ID retries.'),
  shutting_down: explained('callbacks.close() was called: new deliveries are refused.', 'The process is about to end.', 'Nothing: Smile ID retries. If it persists, the process was closed and did not end.'),
  internal_error: explained('An unexpected error was thrown.', 'One of your functions (now, eventId, a schema) threw, or this library has a fault.', 'The log line names class and place of the error. If the place is in this library, report it.'),
}

const wrong = (what: string, fix: string): Explanation =>
  explained(
    what,
    'Options and arguments that cannot work are refused at once. The message of the error says the same, and never holds a secret.',
    fix,
  )

/** Every code of a SmileIdConfigError. A code without a text does not compile. */
// prettier-ignore
export const configTexts: Readonly<Record<SmileIdConfigErrorCode, Explanation>> = {
  options_invalid: wrong('The options, or one of them, are invalid.', 'The message says which; options are one plain object, codes is an array of rows.'),
  unknown_option: wrong('The option does not exist, or has moved.', 'Check the spelling; the message suggests the likely name, or names the new place.'),
  credentials_missing: wrong('No credentials.', 'Give { partnerId, apiKey }.'),
  credentials_invalid: wrong('A credential has unknown keys, or an invalid environment or label.', 'Only environment and label are allowed besides, both strings.'),
  api_key_invalid: wrong('The key is empty, or has a line end, white space or quotation marks around it.', 'The message names the mistake. Check that the environment variable is set, without quotation marks.'),
  partner_id_invalid: wrong('The partner id is not a string, or has extra characters.', "Quote it, such as '085', without white space."),
  allowed_ips_empty: wrong('allowedIps is an empty array, which would refuse every delivery.', 'Leave it out, or false to turn the check off.'),
  allowed_ip_invalid: wrong('One entry is neither an address nor a CIDR.', 'The message shows which.'),
  client_ip_invalid: wrong('clientIp, now, onDelivery, onDispatch, around, onDrift, onError, serialize or deserialize is not a function.', 'Pass a function.'),
  now_invalid: wrong('clientIp, now, onDelivery, onDispatch, around, onDrift, onError, serialize or deserialize is not a function.', 'Pass a function.'),
  callback_invalid: wrong('clientIp, now, onDelivery, onDispatch, around, onDrift, onError, serialize or deserialize is not a function.', 'Pass a function.'),
  max_body_size_invalid: wrong('An option is not a size.', "Give a positive whole number of bytes, or '1.5mb'."),
  duration_invalid: wrong('An option is not a time.', "Give a number of ms above 0; for timers at most 2 147 483 647 (24 days), which is as far as Node's timers go."),
  partner_params_invalid: wrong('partnerParams is not a schema.', 'Give a Standard Schema, such as z.object({ … }).'),
  logger_invalid: wrong('logger is not a logger.', 'Give an object with warn and error, or false.'),
  event_name_unknown: wrong('No event has this name.', 'An outcome, a kind, a product or product.outcome.'),
  handler_invalid: wrong('The handler is not a function.', 'Pass a function.'),
  subscription_key_invalid: wrong('A job id, event id, key or value that can never match.', 'Use a non-empty string; values may be numbers and booleans.'),
  signal_invalid: wrong('signal is not an AbortSignal.', 'New AbortController().signal or AbortSignal.timeout(ms).'),
  store_invalid: wrong('Methods are missing, or a factory was given an invalid client, queue, table or name.', 'The message names them; your own store or inbox needs the same methods.'),
  inbox_invalid: wrong('Methods are missing, or a factory was given an invalid client, queue, table or name.', 'The message names them; your own store or inbox needs the same methods.'),
  worker_invalid: wrong('Methods are missing, or a factory was given an invalid client, queue, table or name.', 'The message names them; your own store or inbox needs the same methods.'),
  on_store_error_invalid: wrong('onStoreError has an unknown value.', "Give 'refuse' or 'proceed'."),
  lease_too_short: wrong('An event could be handled twice at once.', "Longer than handlerTimeout (or the inbox's timeout) and two store calls."),
  ttl_too_short: wrong('An event would be forgotten while its signature is still accepted, and could be handled again.', 'At least maxAge and maxSkew together.'),
  event_id_invalid: wrong('eventId is not a function.', 'Give a function of the event.'),
  confirm_invalid: wrong('Confirm cannot be asked.', "confirmWithSmileId({ environment: 'production' }) or { ask: (event, { signal }) => … }; baseUrl must be https."),
  reconcile_invalid: wrong('An option of reconcile is wrong, or its first argument is not a receiver.', 'See Reconciling.'),
  confirm_events_invalid: wrong('events of confirm is not an array of event names.', "Use an array such as ['approved', 'rejected']."),
  callback_secret_invalid: wrong('callbackSecret is too short, or has too few different characters, to be a secret.', 'Use a random string of 16 characters or more, such as the output of openssl rand -hex 32, or an array of such strings.'),
  callback_secret_missing: wrong('urlFor has nothing to sign with.', 'Set callbackSecret.'),
  callback_url_invalid: wrong('urlFor was given an invalid URL, reference or path.', "The router's own http(s) URL without a fragment, a reference of 1 to 255 characters, and a path that begins with a slash."),
  sample_unknown: wrong('The test kit was asked for a callback that Smile ID never sends.', 'The message lists what it sends.'),
  target_invalid: wrong('deliver cannot deliver to this.', 'A URL, an app, a server, a fetch handler or what smileIdCallbacks() returns.'),
}
