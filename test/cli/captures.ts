import { createHmac } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import { z } from 'zod'
import type { Cause, DoctorCause } from '../../src/cli/explain/texts.ts'
import type { Capture } from '../../src/cli/shared/body.ts'
import type { OnceStore, ReportCode, SmileIdCallbacksOptions } from '../../src/index.ts'
import type { IncomingDelivery } from '../../src/receive/delivery.ts'
import { createCallbackUrls } from '../../src/signature/callback-url.ts'
import { fixtures, now, signedAt, v1Delivery, v1Payload, v3Delivery, v3Payload } from '../support/deliveries.ts'

/** A capture with one thing wrong, and what `inspect` has to make of it. */
export interface FaultyCapture {
  what: string
  capture: Capture
  code: ReportCode
  cause: string
  /** Instead of the tests' own. */
  credential?: { partnerId: string; apiKey: string }
  /** Of a receiver with these options: the capture is what `captureRefused` writes of it. */
  receiver?: {
    options: Partial<SmileIdCallbacksOptions>
    delivery: Partial<IncomingDelivery>
    /** What came before it. */
    before?: Partial<IncomingDelivery>
  }
}

type Faulty = Omit<FaultyCapture, 'cause'>

/** All but those that `doctor` alone finds. One without a capture does not compile. */
type CaptureCause = Exclude<Cause, DoctorCause>

const receivedAt = new Date(now + 60_000)
const key = 'test-key-not-a-secret'
const hmac = (text: string, form: 'hex' | 'base64' = 'base64', algorithm = 'sha256') =>
  createHmac(algorithm, key).update(text).digest(form)

const v1 = (change: Parameters<typeof v1Delivery>[0] = {}): Capture => ({ receivedAt, ...v1Delivery(change) })
const v3 = (change: Parameters<typeof v3Delivery>[0] = {}): Capture => ({ receivedAt, ...v3Delivery(change) })

const v1With = (change: (body: Record<string, unknown>) => Record<string, unknown>): Capture => {
  const capture = v1()
  return { ...capture, body: JSON.stringify(change(JSON.parse(capture.body as string) as Record<string, unknown>)) }
}
const v3With = (headers: Record<string, string | undefined>): Capture => {
  const capture = v3()
  const merged = Object.entries({ ...capture.headers, ...headers }).filter(
    (entry): entry is [string, string] => entry[1] !== undefined,
  )
  return { ...capture, headers: Object.fromEntries(merged) }
}
const bodyOf = (name: string) => fixtures('v1').find((fixture) => fixture.name === name)!.body
const inSeconds = String(Math.floor(now / 1000))
const twoHoursAhead = new Date(now + 2 * 3_600_000 + 60_000).toISOString()
const otherCompany = JSON.stringify({
  id: 'et-0000',
  version: 1,
  type: 'ACCOUNT_CONNECTED',
  createdAt: '2026-10-14T09:00:00Z',
  data: { userId: 'tenant-0' },
})

const callbackSecret = 'a secret of sixteen or more'
/** One that says the same wherever the tests run. */
const errorAt = (error: Error, at: string) => Object.assign(error, { stack: `${String(error)}\n    at ${at}` })
const refused = () =>
  Promise.reject(
    Object.assign(errorAt(new Error('connect ECONNREFUSED 10.0.0.1'), 'connect (/app/src/db.js:12:9)'), {
      code: 'ECONNREFUSED',
    }),
  )
export const throws = () => {
  throw errorAt(new RangeError('x'), 'own (/app/src/smile.js:3:7)')
}
const failingStore: OnceStore = { reserve: refused, complete: refused, release: refused, forget: refused }

/** What a delivery alone does not show: it depends on the receiver. */
const reported = (
  code: ReportCode,
  cause: CaptureCause,
  options: Partial<SmileIdCallbacksOptions>,
  delivery: Partial<IncomingDelivery> = { clientIp: '52.36.32.43' },
): Omit<Faulty, 'what'> & { cause: CaptureCause } => ({
  capture: v3(),
  code,
  cause,
  receiver: { options, delivery: { clientIp: '52.36.32.43', ...delivery } },
})

const byCause = {
  wrong_key: [
    {
      what: 'another key',
      capture: v3({ credential: { partnerId: '085', apiKey: 'the sandbox key' } }),
      code: 'signature_mismatch',
    },
  ],
  partner_id_zeros: [
    {
      what: 'leading zeros of the partner id',
      capture: v1(),
      credential: { partnerId: '85', apiKey: key },
      code: 'signature_mismatch',
    },
    {
      what: 'too many zeros',
      capture: v1({ credential: { partnerId: '2423', apiKey: key } }),
      credential: { partnerId: '02423', apiKey: key },
      code: 'signature_mismatch',
    },
  ],
  api_key_whitespace: [
    {
      what: 'a line break after the key',
      capture: v3(),
      credential: { partnerId: '085', apiKey: `${key}\n` },
      code: 'signature_mismatch',
    },
    {
      what: 'quotation marks around the key',
      capture: v1(),
      credential: { partnerId: '085', apiKey: `"${key}"` },
      code: 'signature_mismatch',
    },
  ],
  credentials_swapped: [
    {
      what: 'id and key swapped',
      capture: v1(),
      credential: { partnerId: key, apiKey: '085' },
      code: 'signature_mismatch',
    },
  ],
  hashed_body: [
    {
      what: 'the body was hashed',
      capture: v3With({ 'Response-Signature': hmac(JSON.stringify(v3Payload)) }),
      code: 'signature_mismatch',
    },
    {
      what: 'the body was hashed, in hexadecimal, with a prefix',
      capture: v3With({ 'Response-Signature': `sha256=${hmac(JSON.stringify(v3Payload), 'hex')}` }),
      code: 'signature_mismatch',
    },
    {
      what: 'time and body were hashed',
      capture: v3With({ 'Response-Signature': hmac(`${signedAt}.${JSON.stringify(v3Payload)}`) }),
      code: 'signature_mismatch',
    },
  ],
  other_recipe: [
    {
      what: 'sid_request was forgotten',
      capture: v3With({ 'Response-Signature': hmac(`${signedAt}085`) }),
      code: 'signature_mismatch',
    },
    {
      what: 'partner and time with a colon, in hexadecimal',
      capture: v3With({ 'Response-Signature': hmac(`085:${signedAt}`, 'hex') }),
      code: 'signature_mismatch',
    },
  ],
  signature_altered: [
    {
      what: 'escaped as HTML by a validator',
      capture: v3With({
        'Response-Signature': v3().headers['Response-Signature']?.replaceAll('/', '&#x2F;').replace('=', '&#x3D;'),
      }),
      code: 'signature_mismatch',
    },
    {
      what: 'hexadecimal instead of base64',
      capture: v3With({ 'Response-Signature': hmac(`${signedAt}085sid_request`, 'hex') }),
      code: 'signature_mismatch',
    },
    {
      what: 'the = at the end is gone',
      capture: v3With({ 'Response-Signature': hmac(`${signedAt}085sid_request`).slice(0, -1) }),
      code: 'signature_mismatch',
    },
    {
      what: 'URL-encoded',
      capture: v3With({ 'Response-Signature': encodeURIComponent(hmac(`${signedAt}085sid_request`)) }),
      code: 'signature_mismatch',
    },
  ],
  not_a_smile_id_signature: [
    { what: 'cut short', capture: v3With({ 'Response-Signature': 'abc' }), code: 'signature_mismatch' },
  ],
  sec_key: [
    {
      what: 'a sec_key where the signature belongs',
      capture: v1With((body) => ({ ...body, signature: 'AAAA|1577b0' })),
      code: 'signature_mismatch',
    },
    {
      what: 'the retired sec_key',
      capture: { receivedAt, method: 'POST', headers: {}, body: bodyOf('enhanced-kyc-legacy-sec-key') },
      code: 'signature_missing',
    },
  ],
  timestamp_reformatted: [
    {
      what: 'the timestamp went through Date',
      capture: v1With((body) => ({
        ...body,
        timestamp: signedAt,
        signature: hmac('2026-10-14T09:00:00.000000085sid_request'),
      })),
      code: 'signature_mismatch',
    },
  ],
  headers_against_body: [
    {
      what: 'a signature in the headers, another in the body',
      capture: { ...v1(), headers: { 'Response-Signature': hmac('something else'), 'Response-Timestamp': signedAt } },
      code: 'signature_mismatch',
    },
  ],
  timestamp_of_other_place: [
    {
      what: 'the signature of one place, the timestamp of the other',
      capture: {
        ...v1({ timestamp: signedAt }),
        headers: {
          'Response-Signature': hmac(`${signedAt}085sid_request`),
          'Response-Timestamp': '2026-10-14T09:00:05.123Z',
        },
        body: JSON.stringify({ ...v1Payload, timestamp: signedAt, signature: 'x' }),
      },
      code: 'signature_mismatch',
    },
  ],
  headers_lost: [
    {
      what: 'a v3 callback without its headers',
      capture: {
        receivedAt,
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify(v3Payload),
      },
      code: 'signature_missing',
    },
  ],
  half_header_pair: [
    { what: 'half a pair of headers', capture: v3With({ 'Response-Timestamp': undefined }), code: 'signature_missing' },
  ],
  headers_renamed: [
    {
      what: 'renamed headers',
      capture: v3With({
        'Response-Signature': undefined,
        'Response-Timestamp': undefined,
        'X-Response-Signature': 'x',
        'X-Response-Timestamp': signedAt,
      }),
      code: 'signature_missing',
    },
    {
      what: 'a header that other APIs sign in',
      capture: v3With({ 'Response-Signature': undefined, 'Response-Timestamp': undefined, 'X-Smile-Signature': 'x' }),
      code: 'signature_missing',
    },
  ],
  wrapped_body: [
    {
      what: 'a gateway wrapped it',
      capture: {
        receivedAt,
        method: 'POST',
        headers: {},
        body: JSON.stringify({ body: v1().body, isBase64Encoded: false }),
      },
      code: 'signature_missing',
    },
  ],
  timestamp_lost: [
    {
      what: 'the timestamp was taken out',
      capture: v1With((body) => ({ ...body, timestamp: undefined })),
      code: 'signature_missing',
    },
  ],
  signature_lost: [
    {
      what: 'the signature was taken out',
      capture: v1With((body) => ({ ...body, signature: undefined })),
      code: 'signature_missing',
    },
  ],
  getsmileapi: [
    {
      what: 'a webhook of getsmileapi.com',
      capture: { receivedAt, method: 'POST', headers: { 'Content-Type': 'application/json' }, body: otherCompany },
      code: 'signature_missing',
    },
    {
      what: 'getsmileapi.com, its signature put where ours belongs',
      capture: {
        receivedAt,
        method: 'POST',
        headers: { 'Response-Signature': hmac(otherCompany, 'hex', 'sha512'), 'Response-Timestamp': signedAt },
        body: otherCompany,
      },
      code: 'signature_mismatch',
    },
  ],
  request_error: [
    {
      what: 'the answer to a request',
      capture: { receivedAt, method: 'POST', headers: {}, body: bodyOf('request-error-minimal') },
      code: 'signature_missing',
    },
  ],
  acknowledgement: [
    {
      what: 'the acknowledgement of a request',
      capture: { receivedAt, method: 'POST', headers: {}, body: '{"success":true}' },
      code: 'signature_missing',
    },
  ],
  unsigned: [
    {
      what: 'something unsigned',
      capture: { receivedAt, method: 'POST', headers: {}, body: '{"hello":"world"}' },
      code: 'signature_missing',
    },
  ],
  not_an_object: [
    {
      what: 'JSON encoded twice',
      capture: { receivedAt, method: 'POST', headers: {}, body: JSON.stringify(v1().body) },
      code: 'signature_missing',
    },
  ],
  stale: [
    { what: 'a day old', capture: { ...v3(), receivedAt: new Date(now + 86_400_000) }, code: 'timestamp_expired' },
  ],
  clock_behind: [
    {
      what: 'the clock is 20 minutes behind',
      capture: { ...v1(), receivedAt: new Date(now - 20 * 60_000) },
      code: 'timestamp_in_future',
    },
  ],
  time_zone: [
    { what: 'local time taken for UTC', capture: v3({ timestamp: twoHoursAhead }), code: 'timestamp_in_future' },
  ],
  epoch_seconds: [
    { what: 'seconds instead of milliseconds', capture: v3({ timestamp: inSeconds }), code: 'timestamp_expired' },
  ],
  newer_address: [
    { what: 'an address of the newer list', capture: { ...v3(), clientIp: '13.48.228.158' }, code: 'ip_not_allowed' },
  ],
  proxy: [
    {
      what: 'trust proxy was not set',
      capture: { ...v3With({ 'X-Forwarded-For': '203.0.113.9' }), clientIp: '10.0.3.7' },
      code: 'ip_not_allowed',
    },
  ],
  this_machine: [
    { what: 'sent from this machine', capture: { ...v3(), clientIp: '127.0.0.1' }, code: 'ip_not_allowed' },
    { what: 'over IPv6', capture: { ...v3(), clientIp: '::ffff:127.0.0.1' }, code: 'ip_not_allowed' },
  ],
  address_lost: [
    { what: 'source NAT of a cluster', capture: { ...v3(), clientIp: '10.244.0.1' }, code: 'ip_not_allowed' },
  ],
  stranger: [
    {
      what: 'a stranger, and a wrong key',
      capture: { ...v3({ credential: { partnerId: '085', apiKey: 'forged' } }), clientIp: '203.0.113.9' },
      code: 'ip_not_allowed',
    },
  ],
  form_encoded: [
    {
      what: 'curl without a content type',
      capture: { ...v1(), headers: { 'Content-Type': 'application/x-www-form-urlencoded' } },
      code: 'unsupported_media_type',
    },
  ],
  not_json_type: [
    { what: 'text/plain', capture: v3With({ 'Content-Type': 'text/plain' }), code: 'unsupported_media_type' },
  ],
  content_encoding: [
    {
      what: 'an encoding nobody undoes',
      capture: v3With({ 'Content-Encoding': 'zstd' }),
      code: 'unsupported_media_type',
    },
  ],
  charset: [
    {
      what: 'UTF-16',
      capture: v3With({ 'Content-Type': 'application/json; charset=utf-16' }),
      code: 'unsupported_media_type',
    },
  ],
  cut_off: [
    {
      what: 'cut off at 100 kB',
      capture: { ...v1(), body: JSON.stringify({ ...v1Payload, Photo: 'x'.repeat(150_000) }).slice(0, 102_400) },
      code: 'malformed_json',
    },
  ],
  empty_body: [{ what: 'an empty body', capture: { ...v3(), body: '' }, code: 'malformed_json' }],
  stringified_object: [
    { what: 'a stringified object', capture: { ...v3(), body: '[object Object]' }, code: 'malformed_json' },
  ],
  printed_object: [
    {
      what: 'a dict as Python prints it',
      capture: { ...v3(), body: "{'status': 'clear', 'reason': None}" },
      code: 'malformed_json',
    },
  ],
  job_id_lost: [
    {
      what: 'v3 that lost its Job-ID',
      capture: v3({ jobId: undefined, userId: undefined }),
      code: 'unrecognized_payload',
    },
  ],
  job_status: [
    {
      what: 'the answer to a poll',
      capture: v1({ payload: { job_complete: true, job_success: true, code: '2302', result: 'No zip uploaded yet' } }),
      code: 'unrecognized_payload',
    },
  ],
  unknown_payload: [
    {
      what: 'something verified that is no callback',
      capture: v1({ payload: { hello: 'world' } }),
      code: 'unrecognized_payload',
    },
  ],
  sid_response: [
    {
      what: 'signed as a response',
      capture: v3With({ 'Response-Signature': hmac(`${signedAt}085sid_response`) }),
      code: 'signature_mismatch',
    },
  ],
  lambda_event: [
    {
      what: 'the whole event of a function',
      capture: {
        receivedAt,
        method: 'POST',
        headers: {},
        body: JSON.stringify({
          version: '2.0',
          headers: v3().headers,
          requestContext: { http: { method: 'POST' } },
          body: v3().body,
          isBase64Encoded: false,
        }),
      },
      code: 'signature_missing',
    },
  ],
  sync_response: [
    {
      what: 'the answer of a SmartSelfie endpoint',
      capture: {
        receivedAt,
        method: 'POST',
        headers: {},
        body: JSON.stringify({
          code: '0810',
          created_at: signedAt,
          job_id: '1',
          job_type: 'smart_selfie_enrollment',
          status: 'approved',
        }),
      },
      code: 'signature_missing',
    },
  ],
  max_age_short: [
    {
      what: 'maxAge in seconds',
      ...reported('timestamp_expired', 'max_age_short', { maxAge: 3_600, now: () => now + 10_000 }),
    },
  ],
  untrusted_forwarded: [
    {
      what: 'trust proxy is off',
      capture: { ...v3With({ 'X-Forwarded-For': '52.36.32.43' }), clientIp: '10.0.3.7' },
      code: 'ip_not_allowed',
    },
  ],
  two_proxies: [
    {
      what: 'two proxies, and one is trusted',
      capture: { ...v3With({ 'X-Forwarded-For': '52.36.32.43, 198.51.100.7' }), clientIp: '198.51.100.7' },
      code: 'ip_not_allowed',
    },
    {
      what: 'Cloudflare, which nobody counted',
      capture: { ...v3With({ 'CF-Connecting-IP': '52.36.32.43' }), clientIp: '172.70.1.2' },
      code: 'ip_not_allowed',
    },
  ],
  compressed: [
    {
      what: 'gzip that nothing speaks of',
      capture: { ...v3(), body: gzipSync(v3().body as string) },
      code: 'malformed_json',
    },
  ],
  compressed_twice: [
    {
      what: 'gzip twice',
      capture: { ...v3With({ 'Content-Encoding': 'gzip' }), body: gzipSync(gzipSync(v3().body as string)) },
      code: 'malformed_json',
    },
  ],
  base64_body: [
    {
      what: 'the base64 of a gateway',
      capture: { ...v3(), body: Buffer.from(v3().body as string).toString('base64') },
      code: 'malformed_json',
    },
  ],
  binary_as_text: [
    {
      what: 'gzip that was read as text',
      capture: { ...v3(), body: gzipSync(v3().body as string).toString('utf8') },
      code: 'malformed_json',
    },
  ],
  html: [
    {
      what: 'a page of a proxy',
      capture: { ...v3(), body: '<!doctype html><title>502</title>' },
      code: 'malformed_json',
    },
  ],
  not_json: [{ what: 'prose', capture: { ...v3(), body: 'hello' }, code: 'malformed_json' }],
  no_credentials: [
    {
      what: 'a tenant that is not known',
      ...reported('signature_mismatch', 'no_credentials', { credentials: () => [] }),
    },
  ],
  address_unknown: [
    {
      what: 'a host that does not say who sent it',
      ...reported('ip_not_allowed', 'address_unknown', { allowedIps: undefined }, { clientIp: undefined }),
    },
  ],
  url_query_lost: [
    {
      what: 'a callback URL without its query',
      ...reported(
        'callback_url_mismatch',
        'url_query_lost',
        { callbackSecret },
        { url: 'https://example.test/smile-id' },
      ),
    },
  ],
  url_not_given: [
    {
      what: 'a host that does not say to which URL',
      ...reported('callback_url_mismatch', 'url_not_given', { callbackSecret }),
    },
  ],
  url_forged: [
    {
      what: 'a callback URL of another secret',
      ...reported(
        'callback_url_mismatch',
        'url_forged',
        { callbackSecret },
        { url: 'https://example.test/smile-id?a=b' },
      ),
    },
  ],
  other_reference: [
    {
      what: 'the URL of another reference',
      ...reported(
        'callback_url_mismatch',
        'other_reference',
        { callbackSecret, referenceOf: () => 'alice' },
        { url: createCallbackUrls([callbackSecret]).mint('https://example.test/smile-id', 'mallory') },
      ),
    },
  ],
  signature_reused: [
    {
      what: 'another body under the signature',
      capture: v3(),
      code: 'signature_mismatch',
      receiver: {
        options: { onReuse: 'refuse' },
        delivery: { clientIp: '52.36.32.43' },
        before: { body: JSON.stringify({ ...v3Payload, status: 'block' }) },
      },
    },
  ],
  store_failed: [
    { what: 'the store is down', ...reported('store_unavailable', 'store_failed', { store: failingStore }) },
  ],
  inbox_failed: [
    { what: 'the inbox is down', ...reported('inbox_unavailable', 'inbox_failed', { inbox: { add: refused } }) },
  ],
  credentials_failed: [
    {
      what: 'the credentials function fails',
      ...reported('credentials_unavailable', 'credentials_failed', { credentials: refused }),
    },
  ],
  partner_params_schema: [
    {
      what: 'a schema that is too strict',
      ...reported('invalid_partner_params', 'partner_params_schema', {
        partnerParams: z.object({ account_id: z.number() }) as never,
      }),
    },
  ],
  handler_threw: [
    {
      what: 'a handler that throws',
      ...reported('handler_failed', 'handler_threw', { eventId: () => 'handler-throws' }),
    },
  ],
  unexpected: [{ what: 'a clock that throws', ...reported('internal_error', 'unexpected', { now: throws }) }],
  event_id_failed: [
    { what: 'an id of one’s own that throws', ...reported('internal_error', 'event_id_failed', { eventId: throws }) },
  ],
  client_ip_failed: [
    {
      what: 'a clientIp that throws',
      ...reported('ip_not_allowed', 'client_ip_failed', { allowedIps: undefined }, { clientIp: throws }),
    },
  ],
  confirm_failed: [
    {
      what: 'an ask of confirm that throws',
      ...reported('not_confirmed', 'confirm_failed', { confirm: { ask: throws, events: ['result'] } }),
    },
  ],
  schema_failed: [
    {
      what: 'a schema that throws',
      ...reported('internal_error', 'schema_failed', { partnerParams: z.unknown().transform(throws) as never }),
    },
  ],
} satisfies Record<CaptureCause, [Faulty, ...Faulty[]]>

/** Where the code says it all. */
const byCode: Faulty[] = [
  { what: 'a timestamp in another form', capture: v3({ timestamp: '14/10/2026 09:00' }), code: 'timestamp_invalid' },
  { what: 'a GET', capture: { receivedAt, method: 'GET', headers: {}, body: '' }, code: 'method_not_allowed' },
  {
    what: 'too large',
    capture: { ...v3(), body: JSON.stringify({ ...v3Payload, padding: 'x'.repeat(1_572_864) }) },
    code: 'body_too_large',
  },
  { what: 'declared too large', capture: v3With({ 'Content-Length': '3000000' }), code: 'body_too_large' },
]

export const faultyCaptures: readonly FaultyCapture[] = [
  ...Object.entries<readonly Faulty[]>(byCause).flatMap(([cause, list]) => list.map((one) => ({ ...one, cause }))),
  ...byCode.map((one) => ({ ...one, cause: one.code })),
]
