import type { SmileIdConfigErrorCode } from '../../../errors.ts'
import { codes, type ReportCode } from '../../../report/codes.ts'
import type { ReceiverCause } from '../../../report/refusal.ts'
import { codeText, configTexts, isReportCode, type Text } from './codes.ts'

const ours = 'Sign tests with signDelivery of express-smile-id/testing, or use express-smile-id send.'
const between = 'Check what stands between Smile ID and the router.'
const passHeaders = 'Let proxies and gateways pass Response-Signature and Response-Timestamp on.'
const proxies = "app.set('trust proxy', n) with the exact number of your proxies."
const synchronize = 'Synchronize the clock with NTP.'
const readError = 'Read the error with onError, and fix the function.'
const lineNames = 'The log line names class and place of the error.'
const whereSubmitted = 'Handle it where you submit the job.'

/** Causes of a signature that is missing or wrong. */
// prettier-ignore
const signatureTexts = {
  wrong_key: ['The signature was made with another key or for another partner.', 'Sandbox and production have different keys, and a renewed key replaces the old one.', 'Compare it with the portal, for the environment of the job. While keys change, give both as an array. If it is right, this is a forgery.'],
  partner_id_zeros: ['The key is right, but the partner id has other leading zeros.', 'It was converted to a number: "085" became 85. The id is part of what is signed.', "Write the partner id as a string: '085'."],
  api_key_whitespace: ['The API key has white space or quotation marks around it.', 'It was copied with a line end, or an .env file kept the quotation marks.', 'Set the key without them.'],
  credentials_swapped: ['Partner id and API key are swapped.', 'They were given in the wrong order.', 'Swap the two.'],
  signature_altered: ['The signature was made with your key, but was changed in transit.', 'Its "+" became a space, it was URL-encoded or rewritten in another form, or it lost its "=".', 'Pass the signature on unchanged.'],
  timestamp_reformatted: ['The timestamp was rewritten in transit.', 'The signature covers it exactly as sent; converting it to a Date or a number changes it.', 'Pass the timestamp on as the string that came.'],
  headers_against_body: ['The signature in the body is right, but the one in the headers is not.', 'Response-Signature was added to a v1 callback. Headers count first.', 'Remove what adds the headers.'],
  timestamp_of_other_place: ['The signature of one place was combined with the timestamp of the other.', 'Headers and body each have a pair of their own.', 'Use Response-Signature with Response-Timestamp, or the two fields of the body.'],
  sid_response: ['The signature was made over "sid_response" instead of "sid_request".', 'Old example code uses it; Smile ID does not, so this is a test.', ours],
  other_recipe: ['The signature was made with your key, but over other data.', 'Smile ID signs timestamp + partner id + "sid_request" without separators, so this is a test.', ours],
  hashed_body: ['The signature was made over the body.', 'Many other services sign the body. Smile ID does not.', ours],
  not_a_smile_id_signature: ['The signature does not have the form that Smile ID uses.', 'Theirs have 44 characters of base64; this one was truncated, rewritten or invented.', between],
  sec_key: ['The delivery is signed with sec_key.', 'Smile ID retired it in 2022.', 'Ask Smile ID to sign your callbacks with the API key, and renew the key in the portal.'],
  getsmileapi: ['This is a webhook of Smile API (getsmileapi.com), another company with a similar name.', 'It was given the URL that belongs to Smile ID (usesmileid.com).', 'Receive their webhooks with another handler, at another URL.'],
  no_credentials: ['The credentials function returned no credential for this delivery.', 'It does not know the tenant in the path, or the mount has no path param.', 'Check the params of the mount, such as /:tenant/smile-id, and how the function uses them.'],
  headers_lost: ['A v3 callback came without Response-Signature and Response-Timestamp.', 'A proxy dropped them, or the capture left them out.', passHeaders],
  half_header_pair: ['One of Response-Signature and Response-Timestamp is missing.', 'A proxy dropped one of the pair.', passHeaders],
  headers_renamed: ['The signature is in a header with another name.', 'A proxy renamed Response-Signature.', passHeaders],
  wrapped_body: ['The callback is inside another object.', 'A gateway, a queue or a function host wrapped it.', 'Pass the inner object to the router, with the headers of the original request.'],
  lambda_event: ['The whole event of a function host was passed as the body.', 'API Gateway and Lambda put the request into event.body and event.headers.', 'Give receive() event.headers and the decoded event.body, or use an adapter such as serverless-http.'],
  timestamp_lost: ['The body has a signature, but not its timestamp.', 'It was removed in transit.', 'Pass the body on whole.'],
  signature_lost: ['The body has a timestamp, but no signature.', 'It was removed in transit, or typed by hand.', ours],
  unsigned: ['There is no signature in the headers (v3) or in the body (v1).', 'Smile ID signs every callback, so this is not one, or not a complete one.', ours],
  not_an_object: ['The body is JSON, but not an object.', 'It was encoded twice, or it is not a callback.', 'If the body is a string that holds JSON, pass the inner JSON to the router.'],
  request_error: ['This is the error answer to one of your requests.', 'No job was created, so no callback follows.', whereSubmitted],
  acknowledgement: ['This is the acknowledgement of one of your requests.', 'The callback follows later.', whereSubmitted],
  sync_response: ['This is the immediate answer of a SmartSelfie endpoint.', 'It answers a request, and is not a callback.', whereSubmitted],
  job_status: ['This is the answer to a job_status request.', 'It answers a request, and is not a callback.', 'Read it where you ask for it.'],
} satisfies Readonly<Record<string, Text>>

/** Causes in time, sender, form and content of a delivery. */
// prettier-ignore
const deliveryTexts = {
  stale: ['The signature is older than maxAge.', 'A late retry, a queue in between, or a replay of an old callback.', 'Find the delay, or raise maxAge. To replay on purpose use send --from, which signs again.'],
  clock_behind: ['The clock of the receiver is behind.', 'The signature is further in the future than maxSkew allows.', synchronize],
  time_zone: ['The timestamp is off by whole hours, almost to the minute.', 'This machine or the sender took local time for UTC.', 'Set the clock properly (date -u shows UTC), or leave the timestamp of your test to signDelivery.'],
  epoch_seconds: ['The timestamp is in seconds; Smile ID counts milliseconds.', 'It was rewritten in transit, or made by a test.', 'In tests use Date.now(), or leave it to signDelivery.'],
  max_age_short: ['maxAge or maxSkew is below a minute.', 'It was probably set in seconds; times are in ms.', 'Leave it out: maxAge: 60 * 60_000, an hour, is the default.'],
  newer_address: ["The sender is on one of Smile ID's newer lists, and allowedIps has not all of it.", 'Smile ID sends from several lists, and publishes those of the sandbox apart.', "Leave allowedIps out (a sandbox credential needs environment: 'sandbox'), or add ...smileIdAddresses.production or .sandbox."],
  this_machine: ['The delivery came from this machine itself.', 'You posted it, in development, with curl, send or a test.', "In development alone: allowedIps: ['127.0.0.1', '::1']. If a proxy here handed it on, let it add X-Forwarded-For, and set 'trust proxy'."],
  address_lost: ['The sender is an address of your own network, and no header names another.', "Its address was lost below HTTP, by source NAT of Kubernetes, Docker Swarm's ingress, Docker's userland proxy or a TCP load balancer.", 'Kubernetes: externalTrafficPolicy: Local. Docker Swarm: publish the port with mode=host. Docker: "userland-proxy": false. TCP load balancer: PROXY protocol, ended by a proxy that adds X-Forwarded-For. Or the option clientIp.'],
  proxy: ['The sender is an address of your own network.', 'A proxy, a load balancer or a tunnel stands before the app, and Express does not know of it.', "app.set('trust proxy', n) with the number of your proxies. Behind a tunnel on your own machine: allowedIps: false, in development only."],
  untrusted_forwarded: ['A forwarded header that is not trusted holds an allowed address.', "A proxy names the sender, but 'trust proxy' is off or too low.", `${proxies} Never true: then any sender chooses its own address.`],
  two_proxies: ['The sender is the address of a proxy.', "More proxies stand before the app than 'trust proxy' says.", proxies],
  stranger: ["The sender is not one of Smile ID's addresses.", 'Your own test, a proxy that Express does not know of, or a stranger who knows the URL.', `Give a test a published address. If a proxy stands before the app: ${proxies}`],
  address_unknown: ['The delivery was passed without the address of its sender.', 'fetch() and receive() know it only if it is passed.', 'Pass clientIp, or set allowedIps to false where another layer checks it.'],
  form_encoded: ['The body or its Content-Type is form data.', 'curl -d sets this type by default; some gateways change it.', "With curl add -H 'Content-Type: application/json'; pass the body on unchanged."],
  not_json_type: ['The Content-Type is not JSON.', 'A proxy or gateway changed it.', 'Find what changed it, or set Content-Type: application/json in your test.'],
  charset: ['The charset of the Content-Type is not UTF-8.', 'JSON is UTF-8. A proxy or client added another charset.', 'Remove the charset, or set utf-8.'],
  content_encoding: ['The Content-Encoding is not supported.', 'The router supports gzip, deflate and br, and at most two of them on one body.', 'Compress once, with one of these, or not at all.'],
  compressed: ['The body is compressed, but has no Content-Encoding.', 'A proxy removed the header, or compressed the body again.', 'Let the proxy pass Content-Encoding on with the body.'],
  compressed_twice: ['The body is compressed twice.', 'Sender and proxy both compressed it, and only one said so.', 'Turn one of the two off.'],
  base64_body: ['The body is base64.', 'API Gateway and Lambda pass binary bodies so, with isBase64Encoded.', "Decode it first: Buffer.from(event.body, 'base64')."],
  binary_as_text: ['A compressed body was saved as a string, and is damaged.', 'The capture tool read bytes as UTF-8.', 'Capture bytes as base64 with "bodyEncoding": "base64", as listen --save does.'],
  cut_off: ['The body ends in the middle.', 'A size limit in transit cut it off: many parsers stop at 100 kB.', 'Raise the limit of parser, proxy or capture tool to 1.5 MB, the size of callbacks with photos.'],
  empty_body: ['The body is empty.', 'Other code read it before the router, or the capture left it out.', 'Mount the router before the code that reads the request, or behind a parser that sets req.body.'],
  stringified_object: ['The body is "[object Object]".', 'A parsed object was converted to a string.', 'Pass the original string on, or JSON.stringify(object).'],
  printed_object: ['The body is an object as a programming language prints it.', 'It was copied from a log or a debugger.', 'Capture the body as it was sent.'],
  html: ['The body is HTML.', 'A page of a proxy or of an error was sent instead of the callback.', between],
  not_json: ['The body is not JSON.', 'It was changed in transit, or it is not a callback.', between],
  job_id_lost: ['The callback does not name its job.', 'The Job-ID header was dropped, or the body is incomplete.', 'Let the proxy pass on Job-ID and User-ID beside Response-Signature, and the whole body.'],
  unknown_payload: ['The sender is genuine, but this version does not know this kind of body.', 'Smile ID adds products and fields.', 'Subscribe with onUnrecognized. See CHANGELOG for a newer version.'],
  url_query_lost: ['The URL came without the query that urlFor put there.', 'The job was submitted with a plain URL, or a proxy removed the query.', 'Submit jobs with callbacks.urlFor(baseUrl, reference), and let proxies keep the query.'],
  url_not_given: ['callbackSecret is set, but the delivery was passed without its URL.', 'receive() knows the URL only if it is passed.', 'Pass url to receive(); Express and fetch pass it automatically.'],
  url_forged: ['The URL has a query, but none of your secrets made it.', 'The secret changed while the job was open, two environments share a URL, or it is a guess.', 'Keep the old secret second in callbackSecret until its jobs are done.'],
  other_reference: ['The event came to the URL of another reference than the one that referenceOf gives for it.', 'A result was posted to the URL of another account, or referenceOf does not find the job.', 'Compare event.jobId with the job that you submitted for this reference. If the delivery is genuine, fix referenceOf: where it gives undefined, every URL is wrong.'],
  signature_reused: ['The signature came to this process before with another event, and onReuse is refuse.', 'A captured signature was put under another body, or two callbacks were signed in the same millisecond.', 'Nothing: Smile ID signs again when it retries. If genuine events stay out, set onReuse to flag.'],
  // Inside the receiver, and in what it depends on.
  store_failed: codeText('store_unavailable'),
  inbox_failed: codeText('inbox_unavailable'),
  credentials_failed: codeText('credentials_unavailable'),
  partner_params_schema: codeText('invalid_partner_params'),
  unexpected: codeText('internal_error'),
  handler_threw: ['A handler threw.', 'The log line names class, code and place of the error, never its message.', 'Read the error with onError. Smile ID retries, unless it was a PermanentError.'],
  client_ip_failed: ['The option clientIp threw.', lineNames, `${readError} Leave the address check on.`],
  event_id_failed: ['The option eventId threw, or returned no string of 1 to 255 characters.', lineNames, `${readError} Smile ID retries.`],
  confirm_failed: ['ask of confirm threw or returned an unknown value, or the API of Smile ID was unreachable.', lineNames, 'Read the error with onError. Smile ID retries.'],
  schema_failed: ['The schema of partnerParams threw, or took longer than 5 s.', 'One of your refinements or transforms threw.', 'Let it report an issue instead of throwing.'],
} satisfies Readonly<Record<string, Text>>

/** Causes in the set-up of the receiver, and in what it depends on. */
// prettier-ignore
export const setupTexts = {
  nothing_in_my_log: ['Callbacks are due, but the log has no line about them.', 'No delivery reached the router: the callback URL is another one, or a proxy answers before the router. Your logger may also drop warnings.', 'Run express-smile-id doctor --url with the URL that you gave to Smile ID. If that finds nothing, compare it with the callback URL of the job, and see explain other_environment.'],
  other_environment: ['Callbacks go to the receiver of the other environment.', 'The callback URL is for the sandbox instead of production, or the reverse. The keys differ, so it answers 401 signature_mismatch.', 'Look at the log of the other receiver. Give each environment its own URL and credentials.'],
  trust_proxy_true: ["Express's 'trust proxy' is true, or a function that always returns true.", 'Any sender can then choose its own address with a header.', `${proxies} Where the host sets it (Google's functions framework): the option clientIp.`],
  trust_proxy_too_large: ["Express's 'trust proxy' is larger than the number of proxies.", 'A delivery came through fewer. A sender can then choose its own address with a header.', proxies],
  trust_proxy_off: ["Deliveries come through a proxy, and Express's 'trust proxy' is off.", "req.ip is then the proxy's address.", proxies],
  memory_store_many_processes: ['Several processes each keep their own record of handled events.', 'The default store is for a single process; pm2 and cluster start several.', 'Use redisStore or postgresStore, so that all of them share one record.'],
  router_passed_on: ['A signed callback reached the router at a path that is not its mount path.', 'It was called as a function, or mounted elsewhere.', "app.use('/smile-id', callbacks.router), or callbacks.node(req, res, next), which answers at any path."],
  mounted_without_router: ['app.use was given the object that smileIdCallbacks returns.', 'Express needs its router. Without a path it reports only "app.use() requires a middleware function".', 'app.use("/smile-id", callbacks.router).'],
  event_name_typo: ['on() was given a name that no event has.', 'A typo. The message names the nearest known one.', 'Use an outcome, a kind, a product, or product.outcome.'],
  on_error: ['Your own code failed inside the receiver: a handler, a function of an option, a listener, the store or the inbox.', 'The log line names it, and class, code and place of the error; never its message, which may hold identity data.', 'Give the option onError: (error, { where, event, report }) => …, which gets the error itself.'],
  // Found by doctor, from outside.
  unreachable: ['Nothing answers at this URL.', 'The app is not running, the port is wrong, or a firewall blocks it.', 'Start the app, and open the URL from the same machine.'],
  hung_up: ['The connection was closed before a whole answer came.', 'The app or a proxy ended it, or the port expects https.', 'Check the logs of app and proxy, http or https, and the port.'],
  other_protocol: ['The server at this URL does not speak the protocol of the request.', 'It speaks http and not https, the reverse, or is another service.', 'Check http or https, and the port.'],
  certificate: ['The certificate of this host is not valid.', 'It expired, is for another name, or is self-signed. Smile ID delivers to valid https only.', 'Renew it.'],
  not_found: ['The receiver answers 404.', 'The router has another path or a prefix (Nest, a sub-path of the proxy), or another app has this port.', 'Compare the path with app.use(path, callbacks.router), and the prefix of framework and proxy.'],
  redirected: ['The receiver answers with a redirect.', 'It leads to https, or to the path with or without a slash at its end. Smile ID does not follow.', 'Give Smile ID the URL to which it leads. If it leads to itself, the proxy and the app redirect to each other.'],
  body_limit: ['A proxy or parser before the router refuses large bodies.', 'Its limit is smaller than 1.5 MB: it answers 413, cuts the body off, or hangs up.', 'Raise it (nginx: client_max_body_size 2m; express.json({ limit: "2mb" })).'],
  gateway_error: ['A proxy answers in place of the app.', 'It cannot reach the app, or the app is too slow for it.', 'Check its log. The app must run, and answer within the timeout of the proxy.'],
  slow_answer: ['No answer came within 35 s.', 'Smile ID gives up after that.', 'Store first and handle later: use an inbox.'],
  forgery_accepted: ['A forged delivery was answered with success.', 'The server at this URL does not check signatures.', 'Mount callbacks.router at this path, and nothing before it that answers.'],
  rate_limit: ['A rate limit before the router answers 429.', 'It counts requests, and Smile ID sends many from few addresses.', 'Let the path of the router pass, or mount the router before the limiter.'],
  basic_auth: ['A password is asked for before the router.', 'A proxy or a middleware protects the site. Smile ID sends no password.', 'Let the path of the router pass without it: the router checks the signature.'],
  firewall: ['A firewall before the router answers 403.', 'It took the delivery for an attack, for its size, its base64 or its sender.', "Let POST to the path of the router pass, or allow Smile ID's addresses there."],
  captcha: ['A page for browsers is answered in place of the router.', 'A bot check of a CDN stands before the app. Smile ID cannot pass it.', 'Turn the bot check off for the path of the router.'],
  other_answer: ['The answer is not of this router.', 'It does not have the form of an answer of the router.', 'Find the middleware, proxy or app that answers at this path.'],
} satisfies Readonly<Record<string, Text>>

/** Every likely cause that `inspect`, `doctor` and the log can name. */
export const causeTexts = { ...signatureTexts, ...deliveryTexts, ...setupTexts } satisfies Readonly<
  Record<ReceiverCause, Text>
>

export type Cause = keyof typeof causeTexts

export const isCause = (name: string): name is Cause => Object.hasOwn(causeTexts, name)

/** A name with its explanation. */
export interface Explained {
  name: string
  /** Status of a report code. */
  status?: number
  what: string
  why: string
  fix: string
}

function textOf(name: string): Text | undefined {
  if (isReportCode(name)) return codeText(name)
  if (isCause(name)) return causeTexts[name]
  if (!Object.hasOwn(configTexts, name)) return undefined
  const [what, fix] = configTexts[name as SmileIdConfigErrorCode]
  return [what, 'Options that cannot work are refused at once. The message of the error says more, and no secret.', fix]
}

/** The explanation of a report code, a cause, or a code of a SmileIdConfigError. */
export function explanationOf(name: Cause | ReportCode): Explained
export function explanationOf(name: string): Explained | undefined
export function explanationOf(name: string): Explained | undefined {
  const [what, why = '', fix = ''] = textOf(name) ?? []
  const status = isReportCode(name) ? { status: codes[name].status } : {}
  return what === undefined ? undefined : { name, ...status, what, why, fix }
}
