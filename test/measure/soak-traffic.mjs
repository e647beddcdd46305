// What the soak sends: genuine, hostile, slow and aborted deliveries over real HTTP.
import { Agent, request } from 'node:http'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'
import { setTimeout as sleep } from 'node:timers/promises'
import { signDelivery } from '../../dist/testing.js'

const agent = new Agent({ keepAlive: true, maxSockets: Infinity })
const forger = (credential) => ({ ...credential, apiKey: 'the key of a forger' })
const photo = 'A'.repeat(200_000)

/** A fact of its own, each time in the same generation: v1 and v3 tell it as two. */
function genuine(credential, jobId) {
  const PartnerParams = { job_id: jobId, user_id: `user-${jobId}`, job_type: '1' }
  return /[02468]$/.test(jobId)
    ? signDelivery({ generation: 'v1', credential, payload: { ResultCode: '1210', ResultText: 'Enroll User', SmileJobID: jobId, PartnerParams, ...(Math.random() < 0.1 && { photo }) } })
    : signDelivery({ generation: 'v3', credential, jobId, userId: `user-${jobId}`, payload: { status: 'clear', message: 'Verification successful', product: 'document_verification', partner_params: {} } })
}

/** How each reaches the wire: `send` writes, and may end or leave. */
const ways = {
  whole: (outgoing, body) => outgoing.end(body),
  async slow(outgoing, body) {
    for (let part = 0; part < 10; part += 1) {
      outgoing.write(body.subarray(Math.floor((part * body.length) / 10), Math.floor(((part + 1) * body.length) / 10)))
      await sleep(50 + Math.random() * 200)
    }
    outgoing.end()
  },
  half: (outgoing, body) => outgoing.write(body.subarray(0, body.length / 2)),
  async aborted(outgoing, body) {
    outgoing.write(body.subarray(0, Math.ceil(Math.random() * body.length)))
    await sleep(Math.random() * 30)
    outgoing.destroy()
  },
}

/** The status of the answer; undefined if there was none. */
function post(url, headers, body, way) {
  return new Promise((resolve) => {
    const outgoing = request(url, { method: 'POST', agent, headers: { ...headers, 'Content-Length': body.length } }, (response) => {
      response.resume().on('end', () => resolve(response.statusCode)).on('error', () => resolve(undefined))
    })
    outgoing.on('error', () => resolve(undefined)).on('close', () => resolve(undefined))
    outgoing.setTimeout(30_000, () => outgoing.destroy())
    void ways[way](outgoing, body)
  })
}

const wide = { params: { [constants.BROTLI_PARAM_LGWIN]: 24, [constants.BROTLI_PARAM_QUALITY]: 1 } }
const json = { 'Content-Type': 'application/json' }
const bombs = [
  [{ ...json, 'Content-Encoding': 'gzip' }, gzipSync(Buffer.alloc(20_000_000, ' '))],
  [{ ...json, 'Content-Encoding': 'br' }, brotliCompressSync(Buffer.alloc(17_000_000, ' '), wide)],
  [json, Buffer.from('['.repeat(100_000))],
  [json, Buffer.from(`[${'{},'.repeat(150_000)}{}]`)],
  [json, Buffer.alloc(1_400_000, ' ')],
  [{ 'Content-Type': 'text/plain' }, Buffer.from('no JSON')],
]

/** One delivery of a kind at random. `seen` counts; `open` holds the facts that have not been taken yet. */
export async function deliverOne({ base, credential, seen, open, taken }) {
  const url = `${base}/${Math.random() < 0.5 ? 'redis' : 'postgres'}`
  const dice = Math.random()
  const count = (kind, status) => {
    const key = `${kind} ${status ?? 'no answer'}`
    seen[key] = (seen[key] ?? 0) + 1
  }
  const genuineOf = (jobId, target) => {
    const { headers, body } = genuine(credential, jobId)
    return { headers, body: Buffer.from(body), target }
  }
  if (dice < 0.55) {
    // New facts, and those that were not taken before; some slow, some aborted: these come again.
    const again = dice < 0.2 ? open.entries().next().value : undefined
    const [jobId, target] = again ?? [`job-${++seen.facts}`, url]
    open.delete(jobId)
    const { headers, body } = genuineOf(jobId, target)
    const way = dice > 0.5 ? 'aborted' : dice > 0.4 ? 'slow' : 'whole'
    const status = await post(target, headers, body, way)
    count(`genuine, ${way}`, status)
    if (status === 200) taken.set(jobId, target)
    else open.set(jobId, target)
    return status
  }
  if (dice < 0.65) {
    const known = [...taken.entries()].slice(-50)
    const [jobId, target] = known[Math.floor(Math.random() * known.length)] ?? [`job-${++seen.facts}`, url]
    const { headers, body } = genuineOf(jobId, target)
    const status = await post(target, headers, body, 'whole')
    if (status === 200) taken.set(jobId, target)
    else if (!taken.has(jobId)) open.set(jobId, target)
    count('repeated', status)
    return status
  }
  if (dice < 0.8) {
    const { headers, body } = genuine(forger(credential), 'job-forged')
    const status = await post(url, headers, Buffer.from(body), Math.random() < 0.2 ? 'slow' : 'whole')
    count('forged', status)
    return status
  }
  if (dice < 0.97) {
    const [headers, body] = bombs[Math.floor(Math.random() * bombs.length)]
    const status = await post(url, headers, body, Math.random() < 0.2 ? 'aborted' : 'whole')
    count('hostile', status)
    return status
  }
  const status = await post(url, json, bombs[4][1], 'half')
  count('stalled', status)
  return status
}

/** Delivers what is still open, in its way, until all of it is taken. */
export async function deliverRest({ credential, open, taken }, seconds) {
  const until = Date.now() + seconds * 1_000
  while (open.size > 0 && Date.now() < until) {
    for (const [jobId, target] of [...open].slice(0, 50)) {
      const { headers, body } = genuine(credential, jobId)
      if ((await post(target, headers, Buffer.from(body), 'whole')) !== 200) continue
      open.delete(jobId)
      taken.set(jobId, target)
    }
    if (open.size > 0) await sleep(500)
  }
  agent.destroy()
}
