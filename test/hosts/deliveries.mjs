// What every host is sent: real deliveries over HTTP, genuine and forged, small, large and far too large.
import { request } from 'node:http'
import { sample, signDelivery } from '../../dist/testing.js'

const credential = { partnerId: '085', apiKey: 'key-of-the-hosts' }
const forger = { partnerId: '085', apiKey: 'another-key' }
const photo = (bytes) => 'A'.repeat(bytes)

let jobs = 0
const signed = (generation, { key = credential, bytes = 0 } = {}) => {
  jobs += 1
  const jobId = `job-${process.pid}-${jobs}`
  const payload = sample('document_verification', 'approved', { generation, jobId, partnerParams: { account_id: 'acc-1' }, ...(bytes > 0 && { Photo: photo(bytes) }) })
  return { ...signDelivery({ generation, credential: key, payload, jobId }), jobId }
}

/** Posts over HTTP. Resolves to the answer, or to why there was none. */
export function post(port, path, { method = 'POST', headers = {}, body = '', chunked = false }) {
  return new Promise((resolve) => {
    const bytes = Buffer.from(body)
    const sent = { ...headers, ...(method === 'POST' && !chunked && { 'Content-Length': bytes.length }), ...(chunked && { 'Transfer-Encoding': 'chunked' }) }
    const req = request({ port, path, method, headers: sent, host: '127.0.0.1', agent: false, timeout: 10_000 }, (res) => {
      const chunks = []
      res.on('data', (chunk) => chunks.push(chunk)).on('end', () => {
        settled = true
        resolve({ status: res.statusCode, headers: res.headers, text: Buffer.concat(chunks).toString() })
      })
    })
    let settled = false
    req.on('timeout', () => req.destroy(new Error('no answer within 10 s')))
    // A sender that is still writing may lose its connection after the answer has arrived.
    req.on('error', (error) => setTimeout(() => settled || resolve({ status: 0, text: error.code ?? error.message, headers: {} }), 200))
    if (method !== 'POST') return req.end()
    if (chunked) for (let at = 0; at < bytes.length; at += 65_536) req.write(bytes.subarray(at, at + 65_536))
    req.end(chunked ? undefined : bytes)
  })
}

const large = 1_400_000
const tooLarge = 2_000_000

/** [name, delivery, the status it is to get, the code of its answer]; accepted ones are to be handled once. */
export function cases() {
  const first = signed('v1')
  return [
    ['v1', first, 200],
    ['v1 again', first, 200],
    ['v3', signed('v3'), 200],
    ['v1 forged', signed('v1', { key: forger }), 401, 'signature_mismatch'],
    ['v3 forged', signed('v3', { key: forger }), 401, 'signature_mismatch'],
    ['unsigned', { headers: { 'Content-Type': 'application/json' }, body: '{"hello":"world"}' }, 401, 'signature_missing'],
    ['unsigned form', { headers: { 'Content-Type': 'application/x-www-form-urlencoded' }, body: 'hello=world' }, 415, 'unsupported_media_type'],
    ['cut off', { ...first, body: first.body.slice(0, -20) }, 400, 'malformed_json'],
    ['v1 of 1.4 MB', signed('v1', { bytes: large }), 200],
    ['v3 of 1.4 MB', signed('v3', { bytes: large }), 200],
    ['v3 forged, 1.4 MB', signed('v3', { key: forger, bytes: large }), 401, 'signature_mismatch'],
    ['2 MB declared', signed('v1', { bytes: tooLarge }), 413, 'body_too_large'],
    ['2 MB chunked', { ...signed('v1', { bytes: tooLarge }), chunked: true }, 413, 'body_too_large'],
    ['GET', { method: 'GET' }, 405, 'method_not_allowed'],
    ['v3, afterwards', signed('v3'), 200],
  ]
}
