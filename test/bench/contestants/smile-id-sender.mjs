// What Smile ID would send. Every delivery is a fact of its own, signed at a time of its own.
import { createHmac } from 'node:crypto'
import { credential } from './bodies.mjs'
import { json } from './shared.mjs'

// Inside the age that is accepted by default, however long the run takes: a millisecond per delivery from here on.
const firstSignedAt = Date.now() - 50 * 60_000
let signed = 0
// Of all series together: another one's job would be a duplicate.
let jobs = 0

export const hmac = (timestamp) =>
  createHmac('sha256', credential.apiKey).update(timestamp + credential.partnerId + 'sid_request').digest('base64')

/** A signed delivery of a business text, the signature first and the text after it. */
export function smileId(text, generation = 'v1') {
  const timestamp = new Date(firstSignedAt + (signed += 1) % 3_000_000).toISOString()
  const signature = hmac(timestamp)
  if (generation === 'v3') return { headers: { ...json, 'Response-Signature': signature, 'Response-Timestamp': timestamp }, body: text }
  return { headers: json, body: `{"signature":"${signature}","timestamp":"${timestamp}",${text.slice(1)}` }
}

/**
 * Makes delivery after delivery of one text: { headers, body }. The body is one buffer that is written over each
 * time, so that a large one costs the load generator no more than a small one.
 */
export function smileIdSeries(text, generation = 'v1') {
  const first = smileId(text.replaceAll('"JOB"', `"${jobId(0)}"`), generation)
  const bytes = Buffer.from(first.body)
  const jobAt = bytes.indexOf(jobId(0))
  const signatureAt = '{"signature":"'.length
  const timestampAt = signatureAt + 44 + '","timestamp":"'.length
  return () => {
    const id = jobId((jobs += 1))
    const timestamp = new Date(firstSignedAt + (signed += 1) % 3_000_000).toISOString()
    const signature = hmac(timestamp)
    bytes.latin1Write(id, jobAt)
    if (generation === 'v3') return { headers: { ...json, 'Response-Signature': signature, 'Response-Timestamp': timestamp, 'Job-ID': id }, body: bytes }
    bytes.latin1Write(signature, signatureAt)
    bytes.latin1Write(timestamp, timestampAt)
    return { headers: json, body: bytes }
  }
}

const jobId = (count) => `job-${String(count).padStart(12, '0')}`
