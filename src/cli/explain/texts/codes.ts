import type { SmileIdConfigErrorCode } from '../../../errors.ts'
import { codes, type ReportCode } from '../../../report/codes.ts'
import type { Stage } from '../../../report/report.ts'

/** Explanation of one code or cause: what happened, why, and the fix. */
export type Text = readonly [what: string, why: string, fix: string]

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

/**
 * Every result of a delivery: the check that decides it, why it happens, and the fix, which src/report/README.md
 * repeats. Its sentence says what happened. A code without a row does not compile.
 */
// prettier-ignore
export const codeRows: Readonly<Record<ReportCode, readonly [decides: Check, why: string, fix: string]>> = {
  accepted: ['answer', 'Every handler succeeded, or the inbox stored the event.', 'Nothing.'],
  duplicate: ['claim', 'Smile ID delivers a callback again when an answer was late, and sometimes without a reason.', 'Nothing. To handle it again: callbacks.forget(event.id), then deliver it again.'],
  unhandled: ['answer', 'No handler takes this product, kind or outcome. Smile ID does not deliver it again.', 'Subscribe to every outcome of your products, or use onAny.'],
  handler_rejected: ['answer', 'It threw a PermanentError, so that Smile ID does not retry.', 'Read the error with onError. Once it is fixed: callbacks.forget(event.id), then deliver it again.'],
  method_not_allowed: ['method', 'A browser, a health check, or a redirect that turned the POST into a GET.', 'Nothing, if it was you. Otherwise give Smile ID the final URL.'],
  ip_not_allowed: ['sender', 'A proxy that Express was not told of, an incomplete allowedIps, or a stranger who knows the URL.', 'Set trust proxy to the number of your proxies, or add smileIdAddresses.production or .sandbox to allowedIps.'],
  headers_too_large: ['headers', 'Headers of Smile ID are far shorter than 1024 characters. A proxy filled one, or it is a forgery.', 'Check what stands before the router; no setting raises this limit.'],
  callback_url_mismatch: ['URL', 'The job was submitted with a plain URL, a proxy removed the query, callbackSecret changed, or the URL is that of another account.', 'Submit jobs with urlFor, let proxies keep the query, and keep the old secret second in the array until its jobs are done.'],
  unsupported_media_type: ['type', 'A test without Content-Type (curl then sends form data), a gateway that changed it, or another encoding.', 'Set Content-Type: application/json in tests. Let proxies keep Content-Type and Content-Encoding.'],
  body_too_large: ['length', 'Smile ID stays below 1.5 MB, the default of maxBodySize. A smaller limit was set, or the sender is not Smile ID.', 'Leave maxBodySize at its default.'],
  body_incomplete: ['body', 'The sender hung up, or other code read the body first and kept nothing.', 'Mount the router above whatever reads the request, or behind a parser that sets req.body.'],
  body_timeout: ['body', 'A slow connection, a slow proxy, or an attack. bodyTimeout is 15 s by default.', 'If genuine deliveries are hit, raise bodyTimeout, or let the proxy buffer the request.'],
  body_too_complex: ['JSON', 'Callbacks of Smile ID stay far below these limits. Such a body is made to overload the parser.', 'Nothing, unless the body is genuine: then report it, with a masked capture.'],
  too_many_bodies: ['body', 'Unverified bodies fill maxUnverifiedBytes: many large v1 deliveries at once, or an attack.', 'Nothing: Smile ID retries. If genuine deliveries are hit, raise maxUnverifiedBytes.'],
  malformed_json: ['JSON', 'A limit in transit cut it off (often 100 kB), it is still compressed or base64, or it was converted to a string.', 'Look at it with inspect. Raise the limits before the router to 1.5 MB, and pass the body on unchanged.'],
  signature_missing: ['signature', 'A proxy dropped its headers, a gateway wrapped the body, or it is not a callback.', 'Let proxies pass Response-Signature and Response-Timestamp on. To test your receiver, use express-smile-id send.'],
  signature_mismatch: ['key', 'The key of the other environment, a partner id without its leading zeros, a key with white space or quotation marks, or a forgery.', 'Compare partner id and API key with the portal, for the environment the job was submitted to.'],
  timestamp_invalid: ['age', 'It is neither ISO nor milliseconds since 1970, so Smile ID did not write it.', 'Pass the timestamp on unchanged. In tests leave it to signDelivery.'],
  timestamp_expired: ['age', 'It is older than maxAge, 60 min by default: a late retry, a wrong clock, maxAge in seconds instead of ms, or a replay.', 'Check the clock (NTP), and maxAge. To replay on purpose use send --from, which signs again.'],
  timestamp_in_future: ['age', 'It is more than maxSkew ahead, 5 min by default: this clock is behind, or local time was taken for UTC.', 'Synchronize the clock with NTP.'],
  credentials_unavailable: ['key', 'The credentials function threw, took longer than 5 s, or returned an invalid credential.', 'Read the error with onError, and fix the function. For an unknown tenant return an empty array.'],
  unrecognized_payload: ['event', 'A job id was lost in transit, it is the answer to a request, or Smile ID sends a new kind of body.', 'Subscribe with onUnrecognized. See CHANGELOG for a newer version.'],
  invalid_partner_params: ['params', 'Your schema is stricter than what was submitted with the job; all partner params come back as strings.', 'The log line names the paths. Use z.coerce.number() and the like, and .optional() for params that not every job has.'],
  contradicted: ['confirm', 'Asked about the job, Smile ID contradicts the delivery: it is a forgery, or the job changed since.', 'Find who has your key or a captured delivery. If it was genuine, check the environment of confirmWithSmileId.'],
  not_confirmed: ['confirm', 'Smile ID did not answer within the timeout of confirm, or answered with an error.', 'Nothing: Smile ID retries. If it persists, check that this machine reaches the API, and the environment of confirmWithSmileId.'],
  no_handlers: ['answer', 'The app listens before it subscribes, or never subscribes.', 'Call callbacks.on or onAny before the server listens.'],
  handler_failed: ['answer', 'A handler threw or rejected. Smile ID retries a few times; then the event is lost.', 'Read the error with onError, and fix the handler.'],
  verdict_conflict: ['answer', 'Another account was put under a captured signature, or the job was submitted twice with different partner params. The effect did not happen a second time.', 'The log line names both events: compare their partner params with what you submitted. If the earlier one is wrong, undo its effect, run express-smile-id effects forget <its id>, and let the other one come again, or redrive it.'],
  handler_timeout: ['answer', 'The handlers took longer than handlerTimeout, 30 s by default. Smile ID gives up after 35 s.', 'Store first and handle later: use an inbox.'],
  in_progress: ['claim', 'Smile ID delivered it twice at once, or a process crashed while it held the event.', 'Nothing: Smile ID retries. After a crash the claim ends with its lease.'],
  store_unavailable: ['claim', 'Redis or Postgres is down, slow, read-only, or lacks its table. The log line names the code, such as ECONNREFUSED (down), READONLY (a Redis replica), SQLSTATE 42P01 (no such table) or 42703 (no such column).', 'Bring Redis or Postgres back, or run the statement that the log line names. Smile ID retries.'],
  inbox_unavailable: ['answer', 'Its Redis or Postgres is down, read-only or slow, or its queue does not exist. The log line names the code.', 'Bring Redis or Postgres back. Smile ID retries.'],
  shutting_down: ['running', 'callbacks.close() was called.', 'Nothing: Smile ID retries. If it persists, the process was closed and did not end.'],
  internal_error: ['answer', 'One of your functions (now, eventId, a schema) threw, or this library has a fault.', 'Read the error with onError. If the log line places it in this library, report it.'],
}

export const codeText = (code: ReportCode): Text => [codes[code].sentence, codeRows[code][1], codeRows[code][2]]

export const isReportCode = (name: string): name is ReportCode => Object.hasOwn(codeRows, name)

const notAFunction = ['Something else was given in the place of a function.', 'The message names it.'] as const
const notAnEngine = [
  'A store, inbox or worker lacks methods, or was given an invalid client, queue, table or name.',
  'The message names them; your own needs the same methods.',
] as const

/** Every code of a SmileIdConfigError: what is wrong, and the fix. A code without a text does not compile. */
// prettier-ignore
export const configTexts: Readonly<Record<SmileIdConfigErrorCode, readonly [what: string, fix: string]>> = {
  options_invalid: ['The options, or one of them, are invalid.', 'The message says which.'],
  unknown_option: ['The option does not exist, or has moved.', 'The message suggests the likely name, or names the new place.'],
  credentials_missing: ['There are no credentials.', 'Give { partnerId, apiKey }.'],
  credentials_invalid: ['A credential has unknown keys, or an invalid environment or label.', 'Besides partnerId and apiKey only environment and label are allowed.'],
  api_key_invalid: ['The key is empty, or has a line end, white space or quotation marks around it.', 'Check that the environment variable is set, without quotation marks.'],
  partner_id_invalid: ['The partner id is not a string, or has extra characters.', "Quote it, such as '085', without white space."],
  allowed_ips_empty: ['allowedIps is an empty array, which would refuse every delivery.', 'Leave it out, or false to turn the check off.'],
  allowed_ip_invalid: ['One entry is neither an address nor a CIDR.', 'The message shows which.'],
  client_ip_invalid: notAFunction,
  now_invalid: notAFunction,
  callback_invalid: notAFunction,
  max_body_size_invalid: ['An option is not a size.', "Give a positive whole number of bytes, or '1.5mb'."],
  duration_invalid: ['An option is not a time.', "Give a number of ms above 0; for timers at most 2 147 483 647 (24 days), as far as Node's timers go."],
  partner_params_invalid: ['partnerParams is not a schema.', 'Give a Standard Schema, such as z.object({ … }).'],
  logger_invalid: ['logger is not a logger.', 'Give an object with warn and error, or false.'],
  event_name_unknown: ['No event has this name.', 'Use an outcome, a kind, a product, or product.outcome.'],
  handler_invalid: notAFunction,
  subscription_key_invalid: ['A job id, event id, key or value that can never match.', 'Use a non-empty string; values may be numbers and booleans.'],
  signal_invalid: ['signal is not an AbortSignal.', 'Use new AbortController().signal or AbortSignal.timeout(ms).'],
  store_invalid: notAnEngine,
  inbox_invalid: notAnEngine,
  worker_invalid: notAnEngine,
  on_store_error_invalid: ['onStoreError has an unknown value.', "Give 'refuse' or 'proceed'."],
  lease_too_short: ['An event could be handled twice at once.', "Make lease longer than handlerTimeout (or the inbox's timeout) and two store calls."],
  ttl_too_short: ['An event would be forgotten while its signature is still accepted, and could be handled again.', 'Make ttl at least maxAge and maxSkew together.'],
  event_id_invalid: notAFunction,
  confirm_invalid: ['confirm has nothing to ask with.', "Give confirmWithSmileId({ environment: 'production' }), whose baseUrl must be https, or { ask: (event, { signal }) => … }."],
  reconcile_invalid: ['An option of reconcile is wrong, or its first argument is not a receiver.', 'See src/reconcile/README.md.'],
  confirm_events_invalid: ['events of confirm is not an array of event names.', "Use an array such as ['approved', 'rejected']."],
  callback_secret_invalid: ['callbackSecret is too short, or has too few different characters.', 'Use the output of openssl rand -hex 32, or an array of such strings.'],
  callback_secret_missing: ['urlFor has nothing to sign with.', 'Set callbackSecret.'],
  callback_url_invalid: ['urlFor was given an invalid URL, reference or path.', "Give the router's own http(s) URL without a fragment, a reference of 1 to 255 characters, and a path that begins with a slash."],
  sample_unknown: ['The test kit was asked for a callback that Smile ID never sends.', 'The message lists what it sends.'],
  target_invalid: ['deliver cannot deliver to this.', 'Give a URL, an app, a server, a fetch handler, or what smileIdCallbacks() returns.'],
}
