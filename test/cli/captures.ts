import { createHmac } from 'node:crypto'
import type { ReportCode } from '../../src/index.ts'
import type { Capture } from '../../src/cli/shared/capture.ts'
import { now, signedAt, v1Delivery, v3Delivery, v1Payload, v3Payload } from '../support/deliveries.ts'
import { fixtures } from '../support/deliveries.ts'

/** A capture with one thing wrong, and what `inspect` has to make of it. */
export interface FaultyCapture {
  what: string
  capture: Capture
  code: ReportCode
  cause: string
  /** Instead of the tests' own. */
  credential?: { partnerId: string; apiKey: string }
}

const receivedAt = new Date(now + 60_000)
const key = 'test-key-not-a-secret'
const hmac = (text: string, form: 'hex' | 'base64' = 'base64', algorithm = 'sha256') => createHmac(algorithm, key).update(text).digest(form)

const v1 = (change: Parameters<typeof v1Delivery>[0] = {}): Capture => ({ receivedAt, ...v1Delivery(change) })
const v3 = (change: Parameters<typeof v3Delivery>[0] = {}): Capture => ({ receivedAt, ...v3Delivery(change) })

const v1With = (change: (body: Record<string, unknown>) => Record<string, unknown>): Capture => {
  const capture = v1()
  return { ...capture, body: JSON.stringify(change(JSON.parse(capture.body as string) as Record<string, unknown>)) }
}
const v3With = (headers: Record<string, string | undefined>): Capture => {
  const capture = v3()
  const merged = Object.entries({ ...capture.headers, ...headers }).filter((entry): entry is [string, string] => entry[1] !== undefined)
  return { ...capture, headers: Object.fromEntries(merged) }
}
const bodyOf = (name: string) => fixtures('v1').find((fixture) => fixture.name === name)!.body
const inSeconds = String(Math.floor(now / 1000))
const twoHoursAhead = new Date(now + 2 * 3_600_000 + 60_000).toISOString()
const otherCompany = JSON.stringify({ id: 'et-0000', version: 1, type: 'ACCOUNT_CONNECTED', createdAt: '2026-10-14T09:00:00Z', data: { userId: 'tenant-0' } })

export const faultyCaptures: FaultyCapture[] = [
  // The key
  { what: 'another key', capture: v3({ credential: { partnerId: '085', apiKey: 'the sandbox key' } }), code: 'signature_mismatch', cause: 'wrong_key' },
  { what: 'leading zeros of the partner id', capture: v1(), credential: { partnerId: '85', apiKey: key }, code: 'signature_mismatch', cause: 'partner_id_zeros' },
  { what: 'too many zeros', capture: v1({ credential: { partnerId: '2423', apiKey: key } }), credential: { partnerId: '02423', apiKey: key }, code: 'signature_mismatch', cause: 'partner_id_zeros' },
  { what: 'a line break after the key', capture: v3(), credential: { partnerId: '085', apiKey: `${key}\n` }, code: 'signature_mismatch', cause: 'api_key_whitespace' },
  { what: 'quotation marks around the key', capture: v1(), credential: { partnerId: '085', apiKey: `"${key}"` }, code: 'signature_mismatch', cause: 'api_key_whitespace' },
  { what: 'id and key swapped', capture: v1(), credential: { partnerId: key, apiKey: '085' }, code: 'signature_mismatch', cause: 'credentials_swapped' },
  // The signature
  { what: 'the body was hashed', capture: v3With({ 'Response-Signature': hmac(JSON.stringify(v3Payload)) }), code: 'signature_mismatch', cause: 'hashed_body' },
  { what: 'the body was hashed, in hexadecimal, with a prefix', capture: v3With({ 'Response-Signature': `sha256=${hmac(JSON.stringify(v3Payload), 'hex')}` }), code: 'signature_mismatch', cause: 'hashed_body' },
  { what: 'time and body were hashed', capture: v3With({ 'Response-Signature': hmac(`${signedAt}.${JSON.stringify(v3Payload)}`) }), code: 'signature_mismatch', cause: 'hashed_body' },
  { what: 'sid_request was forgotten', capture: v3With({ 'Response-Signature': hmac(`${signedAt}085`) }), code: 'signature_mismatch', cause: 'other_recipe' },
  { what: 'partner and time with a colon, in hexadecimal', capture: v3With({ 'Response-Signature': hmac(`085:${signedAt}`, 'hex') }), code: 'signature_mismatch', cause: 'other_recipe' },
  { what: 'hexadecimal instead of base64', capture: v3With({ 'Response-Signature': hmac(`${signedAt}085sid_request`, 'hex') }), code: 'signature_mismatch', cause: 'signature_altered' },
  { what: 'the = at the end is gone', capture: v3With({ 'Response-Signature': hmac(`${signedAt}085sid_request`).slice(0, -1) }), code: 'signature_mismatch', cause: 'signature_altered' },
  { what: 'URL-encoded', capture: v3With({ 'Response-Signature': encodeURIComponent(hmac(`${signedAt}085sid_request`)) }), code: 'signature_mismatch', cause: 'signature_altered' },
  { what: 'cut short', capture: v3With({ 'Response-Signature': 'abc' }), code: 'signature_mismatch', cause: 'not_a_smile_id_signature' },
  { what: 'a sec_key where the signature belongs', capture: v1With((body) => ({ ...body, signature: 'AAAA|1577b0' })), code: 'signature_mismatch', cause: 'sec_key' },
  { what: 'the timestamp went through Date', capture: v1With((body) => ({ ...body, timestamp: signedAt, signature: hmac('2026-10-14T09:00:00.000000085sid_request') })), code: 'signature_mismatch', cause: 'timestamp_reformatted' },
  { what: 'a signature in the headers, another in the body', capture: { ...v1(), headers: { 'Response-Signature': hmac('something else'), 'Response-Timestamp': signedAt } }, code: 'signature_mismatch', cause: 'headers_against_body' },
  { what: 'the signature of one place, the timestamp of the other', capture: { ...v1({ timestamp: signedAt }), headers: { 'Response-Signature': hmac(`${signedAt}085sid_request`), 'Response-Timestamp': '2026-10-14T09:00:05.123Z' }, body: JSON.stringify({ ...v1Payload, timestamp: signedAt, signature: 'x' }) }, code: 'signature_mismatch', cause: 'timestamp_of_other_place' },
  // No signature
  { what: 'a v3 callback without its headers', capture: { receivedAt, method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(v3Payload) }, code: 'signature_missing', cause: 'headers_lost' },
  { what: 'half a pair of headers', capture: v3With({ 'Response-Timestamp': undefined }), code: 'signature_missing', cause: 'half_header_pair' },
  { what: 'renamed headers', capture: v3With({ 'Response-Signature': undefined, 'Response-Timestamp': undefined, 'X-Response-Signature': 'x', 'X-Response-Timestamp': signedAt }), code: 'signature_missing', cause: 'headers_renamed' },
  { what: 'a gateway wrapped it', capture: { receivedAt, method: 'POST', headers: {}, body: JSON.stringify({ body: v1().body, isBase64Encoded: false }) }, code: 'signature_missing', cause: 'wrapped_body' },
  { what: 'the timestamp was taken out', capture: v1With((body) => ({ ...body, timestamp: undefined })), code: 'signature_missing', cause: 'timestamp_lost' },
  { what: 'the signature was taken out', capture: v1With((body) => ({ ...body, signature: undefined })), code: 'signature_missing', cause: 'signature_lost' },
  { what: 'the retired sec_key', capture: { receivedAt, method: 'POST', headers: {}, body: bodyOf('enhanced-kyc-legacy-sec-key') }, code: 'signature_missing', cause: 'sec_key' },
  { what: 'a webhook of getsmileapi.com', capture: { receivedAt, method: 'POST', headers: { 'Content-Type': 'application/json' }, body: otherCompany }, code: 'signature_missing', cause: 'getsmileapi' },
  { what: 'getsmileapi.com, its signature put where ours belongs', capture: { receivedAt, method: 'POST', headers: { 'Response-Signature': hmac(otherCompany, 'hex', 'sha512'), 'Response-Timestamp': signedAt }, body: otherCompany }, code: 'signature_mismatch', cause: 'getsmileapi' },
  { what: 'the answer to a request', capture: { receivedAt, method: 'POST', headers: {}, body: bodyOf('request-error-minimal') }, code: 'signature_missing', cause: 'request_error' },
  { what: 'the acknowledgement of a request', capture: { receivedAt, method: 'POST', headers: {}, body: '{"success":true}' }, code: 'signature_missing', cause: 'acknowledgement' },
  { what: 'something unsigned', capture: { receivedAt, method: 'POST', headers: {}, body: '{"hello":"world"}' }, code: 'signature_missing', cause: 'unsigned' },
  { what: 'JSON encoded twice', capture: { receivedAt, method: 'POST', headers: {}, body: JSON.stringify(v1().body) }, code: 'signature_missing', cause: 'not_an_object' },
  // Time
  { what: 'a day old', capture: { ...v3(), receivedAt: new Date(now + 86_400_000) }, code: 'timestamp_expired', cause: 'stale' },
  { what: 'the clock is 20 minutes behind', capture: { ...v1(), receivedAt: new Date(now - 20 * 60_000) }, code: 'timestamp_in_future', cause: 'clock_behind' },
  { what: 'local time taken for UTC', capture: v3({ timestamp: twoHoursAhead }), code: 'timestamp_in_future', cause: 'time_zone' },
  { what: 'seconds instead of milliseconds', capture: v3({ timestamp: inSeconds }), code: 'timestamp_expired', cause: 'epoch_seconds' },
  { what: 'a timestamp in another form', capture: v3({ timestamp: '14/10/2026 09:00' }), code: 'timestamp_invalid', cause: 'timestamp_unreadable' },
  // Sender and form
  { what: 'an address of the newer list', capture: { ...v3(), clientIp: '13.48.228.158' }, code: 'ip_not_allowed', cause: 'newer_address' },
  { what: 'trust proxy was not set', capture: { ...v3(), clientIp: '10.0.3.7' }, code: 'ip_not_allowed', cause: 'proxy' },
  { what: 'a stranger, and a wrong key', capture: { ...v3({ credential: { partnerId: '085', apiKey: 'forged' } }), clientIp: '203.0.113.9' }, code: 'ip_not_allowed', cause: 'stranger' },
  { what: 'a GET', capture: { receivedAt, method: 'GET', headers: {}, body: '' }, code: 'method_not_allowed', cause: 'not_a_post' },
  { what: 'curl without a content type', capture: { ...v1(), headers: { 'Content-Type': 'application/x-www-form-urlencoded' } }, code: 'unsupported_media_type', cause: 'form_encoded' },
  { what: 'text/plain', capture: v3With({ 'Content-Type': 'text/plain' }), code: 'unsupported_media_type', cause: 'not_json_type' },
  { what: 'an encoding nobody undoes', capture: v3With({ 'Content-Encoding': 'zstd' }), code: 'unsupported_media_type', cause: 'content_encoding' },
  { what: 'UTF-16', capture: v3With({ 'Content-Type': 'application/json; charset=utf-16' }), code: 'unsupported_media_type', cause: 'charset' },
  // The body
  { what: 'cut off at 100 kB', capture: { ...v1(), body: JSON.stringify({ ...v1Payload, Photo: 'x'.repeat(150_000) }).slice(0, 102_400) }, code: 'malformed_json', cause: 'cut_off' },
  { what: 'an empty body', capture: { ...v3(), body: '' }, code: 'malformed_json', cause: 'empty_body' },
  { what: 'a stringified object', capture: { ...v3(), body: '[object Object]' }, code: 'malformed_json', cause: 'stringified_object' },
  { what: 'a dict as Python prints it', capture: { ...v3(), body: "{'status': 'clear', 'reason': None}" }, code: 'malformed_json', cause: 'printed_object' },
  { what: 'too large', capture: { ...v3(), body: JSON.stringify({ ...v3Payload, padding: 'x'.repeat(1_572_864) }) }, code: 'body_too_large', cause: 'too_large' },
  { what: 'declared too large', capture: v3With({ 'Content-Length': '3000000' }), code: 'body_too_large', cause: 'too_large' },
  // The payload
  { what: 'v3 that lost its Job-ID', capture: v3({ jobId: undefined, userId: undefined }), code: 'unrecognized_payload', cause: 'job_id_lost' },
  { what: 'the answer to a poll', capture: v1({ payload: { job_complete: true, job_success: true, code: '2302', result: 'No zip uploaded yet' } }), code: 'unrecognized_payload', cause: 'job_status' },
  { what: 'something verified that is no callback', capture: v1({ payload: { hello: 'world' } }), code: 'unrecognized_payload', cause: 'unknown_payload' },
]
