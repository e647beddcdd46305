import type { SmileIdConfigErrorCode } from '../../../errors.ts'
import { explained, type Explanation } from '../explanation.ts'

const wrong = (what: string, fix: string): Explanation => explained(what, 'Options and arguments that cannot work are refused when they are given. The message of the error says the same, and never holds a secret.', fix)

/** Every code of a SmileIdConfigError. A code without a text does not compile. */
export const configTexts: Readonly<Record<SmileIdConfigErrorCode, Explanation>> = {
  options_invalid: wrong('The options, or one of them, are not what they must be.', 'The message says which; options are one plain object, codes is a list of rows.'),
  unknown_option: wrong('An option that does not exist, or one that has moved.', 'Check the spelling; the message suggests the likely name, or names the new place.'),
  credentials_missing: wrong('No credentials.', 'Give { partnerId, apiKey }.'),
  credentials_invalid: wrong('A credential has other keys, or a wrong environment or label.', 'No other keys but environment and label, both texts.'),
  api_key_invalid: wrong('The key is empty, or holds something that does not belong in it: a line end, white space or quotation marks around it.', 'The message says what is there. See whether the environment variable is set, and without quotation marks.'),
  partner_id_invalid: wrong('The partner id is not a text, or holds something that does not belong in it.', "Quote it, such as '085', without white space."),
  allowed_ips_empty: wrong('allowedIps is an empty list, which would refuse everybody.', 'Leave it out, or false to turn the check off.'),
  allowed_ip_invalid: wrong('One entry is neither an address nor a CIDR.', 'The message shows which.'),
  client_ip_invalid: wrong('clientIp, now, onDelivery, onDrift, onHandlerError, serialize or deserialize is not a function.', 'Give a function.'),
  now_invalid: wrong('clientIp, now, onDelivery, onDrift, onHandlerError, serialize or deserialize is not a function.', 'Give a function.'),
  callback_invalid: wrong('clientIp, now, onDelivery, onDrift, onHandlerError, serialize or deserialize is not a function.', 'Give a function.'),
  max_body_size_invalid: wrong('An option is not a size.', "Give a positive whole number of bytes, or '1.5mb'."),
  duration_invalid: wrong('An option is not a time.', "Give a number of ms above 0; for timers at most 2 147 483 647 (24 days), which is as far as Node's timers go."),
  partner_params_invalid: wrong('partnerParams is not a schema.', 'Give a Standard Schema, such as z.object({ … }).'),
  logger_invalid: wrong('logger is not a logger.', 'Give an object with warn and error, or false.'),
  event_name_unknown: wrong('No event has this name.', 'An outcome, a kind, a product or product.outcome.'),
  handler_invalid: wrong('The handler is not a function.', 'Give a function.'),
  subscription_key_invalid: wrong('A job id, event id, key or value that nothing can match.', 'A text that is not empty; values may be numbers and booleans.'),
  signal_invalid: wrong('signal is not an AbortSignal.', 'New AbortController().signal or AbortSignal.timeout(ms).'),
  store_invalid: wrong('Methods are missing, or a factory was given another client, queue, table or name.', 'The message says what is needed; a store or inbox of your own has the same methods.'),
  inbox_invalid: wrong('Methods are missing, or a factory was given another client, queue, table or name.', 'The message says what is needed; a store or inbox of your own has the same methods.'),
  worker_invalid: wrong('Methods are missing, or a factory was given another client, queue, table or name.', 'The message says what is needed; a store or inbox of your own has the same methods.'),
  on_store_error_invalid: wrong('onStoreError is another word than it may be.', "Give 'refuse' or 'proceed'."),
  lease_too_short: wrong('An event could be handled twice at once.', "Longer than handlerTimeout (or the inbox's timeout) and two calls of the store."),
  ttl_too_short: wrong('An event would be forgotten while its signature still counts, and could be handled again.', 'At least maxAge and maxSkew together.'),
  event_id_invalid: wrong('eventId is not a function.', 'Give a function of the event.'),
  peer_missing: wrong('The engine of this subpath is not installed.', 'Install it, such as npm install bullmq.'),
  confirm_invalid: wrong('Confirm cannot be asked.', "confirmWithSmileId({ environment: 'production' }) or { ask: (event, { signal }) => … }; baseUrl must be https."),
  reconcile_invalid: wrong('An option of reconcile is wrong, or its first argument is not a receiver.', 'See Reconciling.'),
  confirm_events_invalid: wrong('events of confirm is not a list of event names.', "Give a list such as ['approved', 'rejected']."),
  callback_secret_invalid: wrong('callbackSecret is too short, or has too few different characters, to be a secret.', 'A random text of 16 characters or more, such as the output of openssl rand -hex 32, or a list of such texts.'),
  callback_secret_missing: wrong('urlFor has nothing to sign with.', 'Set callbackSecret.'),
  callback_url_invalid: wrong('urlFor was given no usable URL, reference or path.', "The router's own http(s) URL without a fragment, a reference of 1 to 255 characters, and a path that begins with a slash."),
  sample_unknown: wrong('The test kit was asked for a callback that Smile ID never sends.', 'The message lists what it sends.'),
  target_invalid: wrong('deliver cannot deliver to this.', 'A URL, an app, a server, a fetch handler or what smileIdCallbacks() returns.'),
}
