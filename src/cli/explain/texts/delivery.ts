import { explained } from '../explanation.ts'
import { codeTexts } from './codes.ts'

const raise = 'Raise the limit of whatever stands before the router (a parser, a proxy, a log or capture tool) to 1.5 MB.'

/** Causes in time, sender, form and content of a delivery. */
export const deliveryTexts = {
  stale: explained('The signature is older than maxAge.', 'A late retry, a queue on the way, or somebody who sends an old callback again.', 'See why it took so long, or raise maxAge. Replay on purpose with send --from, which signs anew.'),
  clock_behind: explained('The clock of the receiver is behind.', 'The signature is from further ahead than maxSkew allows.', 'Let the machine set its clock by NTP. In a test, check the value of now.'),
  time_zone: explained('The timestamp is off by whole hours, almost to the minute.', 'Local time was taken for UTC, by this machine or by whoever made the delivery.', 'Set the clock properly (date -u shows UTC), or leave the timestamp of your test to signDelivery.'),
  epoch_seconds: explained('The timestamp is in seconds; Smile ID counts milliseconds.', 'Somebody rewrote or made it.', 'In tests use Date.now(), or leave it to signDelivery.'),
  max_age_short: explained('maxAge or maxSkew is below a minute.', 'It was probably given in seconds; times are in ms.', 'maxAge: 60 * 60_000 is an hour, the default. Leave it out.'),
  newer_address: explained("The sender is on Smile ID's newer list, which is not the default.", 'Smile ID has begun to send from other addresses, split by environment.', 'allowedIps: [...smileIdAddresses.published, ...smileIdAddresses.production] (or .sandbox).'),
  proxy: explained('The sender is an address of your own network.', 'A proxy, a load balancer or a tunnel stands before the app, and Express was not told.', "app.set('trust proxy', 1) for one proxy, their number for several. Behind a tunnel on your own machine: allowedIps: false, in development alone."),
  untrusted_forwarded: explained('A forwarded header that nobody trusts holds an allowed address.', "The delivery came through a proxy that says where it is from, but 'trust proxy' is off or too low.", "app.set('trust proxy', n) with the number of your proxies. Do not set it to true: then any sender chooses its own address."),
  cloudflare: explained('The sender is an address of Cloudflare.', "The domain is proxied by Cloudflare, so one proxy more stands before the app than 'trust proxy' says.", "Count Cloudflare as a proxy: app.set('trust proxy', 2) with a load balancer behind it, 1 without. Or clientIp: (req) => req.get('cf-connecting-ip'), if nobody can reach the app past Cloudflare."),
  two_proxies: explained('The sender is the address of a proxy.', "More proxies stand before the app than 'trust proxy' says.", "app.set('trust proxy', n) with their exact number."),
  stranger: explained("The sender is not one of Smile ID's addresses.", 'Your own test, a proxy that Express was not told of, or somebody else who knows the URL.', "Give a test a published address. If a proxy stands before the app, set 'trust proxy' to their exact number."),
  address_unknown: explained('The delivery came without the address of its sender.', 'fetch() and receive() know it only if they are told.', 'Pass clientIp, or set allowedIps to false where another layer checks it.'),
  form_encoded: explained('The body is form data, or says it is.', 'curl -d says so by itself; some gateways change the type.', "With curl add -H 'Content-Type: application/json'; hand on the body as it came."),
  not_json_type: explained('The delivery says that it is not JSON.', 'Something on the way changed the Content-Type.', 'Find out who changed it, or set Content-Type: application/json in your test.'),
  charset: explained('The delivery says that it is not in UTF-8.', 'JSON is UTF-8. Something added another charset.', 'Take the charset away, or write utf-8.'),
  content_encoding: explained('The body is compressed in a way that the router does not undo.', 'It undoes gzip, deflate and br, and at most two of them on one body.', 'Compress once, with one of these, or not at all.'),
  compressed: explained('The body is compressed, and no Content-Encoding says so.', 'A proxy removed the header, or something compressed the body once more.', 'Let the proxy pass Content-Encoding on with the body.'),
  compressed_twice: explained('The body is compressed twice.', 'Sender and proxy both compressed it; the router undoes one.', 'Turn one of the two off.'),
  base64_body: explained('The body is base64.', 'API Gateway and Lambda hand binary bodies over as base64, and say isBase64Encoded.', "Decode it first: Buffer.from(event.body, 'base64')."),
  binary_as_text: explained('A compressed body was saved as text, and is damaged.', 'The capture tool read bytes as UTF-8.', 'Capture bytes as base64 with "bodyEncoding": "base64", as listen --save does.'),
  cut_off: explained('The body stops in the middle.', 'A size limit on the way cut it off. 100 kB is the default of many parsers; callbacks with photos have up to 1.5 MB.', raise),
  empty_body: explained('The body is empty.', 'Something read it before the router, or the capture left it out.', 'Mount the router before whatever reads the request, or behind a parser that sets req.body.'),
  stringified_object: explained('The body is "[object Object]".', 'Somebody turned a parsed object into text.', 'Hand on the text that came, or JSON.stringify(object).'),
  printed_object: explained('The body is an object as a programming language prints it.', 'It was copied from a log or a debugger.', 'Capture the body as it came over the wire.'),
  html: explained('The body is HTML.', 'A page of a proxy or of an error was sent instead of the callback.', 'Look at what stands between Smile ID and the router.'),
  not_json: explained('The body is not JSON.', 'Something changed it, or it is not a callback.', 'Look at what stands between Smile ID and the router, and whether the capture is complete.'),
  job_id_lost: explained('The callback does not say which job it is about.', 'The Job-ID header was dropped, or the body is not whole.', 'Let the proxy pass on Job-ID and User-ID beside Response-Signature, and the body whole.'),
  unknown_payload: explained('The sender is genuine, and this version does not know this kind of body.', 'Smile ID adds products and fields.', 'onUnrecognized hands you the delivery. See CHANGELOG for a newer version.'),
  url_query_lost: explained('The URL came without the query that urlFor put there.', 'The job was submitted with a plain URL, or a proxy removed the query.', 'Submit jobs with callbacks.urlFor(baseUrl, reference), and let proxies keep the query.'),
  url_not_given: explained('callbackSecret is set, and the delivery came without its URL.', 'receive() knows the URL only if it is told.', 'Pass url to receive(); Express and fetch pass it by themselves.'),
  url_forged: explained('The URL has a query, and none of your secrets made it.', 'The secret changed while the job was open, two environments share a URL, or somebody guesses.', 'Keep the old secret second in callbackSecret until its jobs are done.'),
  // Inside the receiver, and in what it depends on.
  store_failed: codeTexts.store_unavailable,
  inbox_failed: codeTexts.inbox_unavailable,
  credentials_failed: codeTexts.credentials_unavailable,
  partner_params_schema: codeTexts.invalid_partner_params,
  unexpected: codeTexts.internal_error,
  handler_threw: explained('A handler threw.', 'The line says its class, its code and its place, never its text.', 'onHandlerError is given the error itself. Smile ID comes again, unless it was a PermanentError.'),
  schema_failed: explained('The schema of partnerParams threw, or took longer than 5 s.', 'A refinement or transform of yours.', 'Let it report an issue instead of throwing.'),
}
