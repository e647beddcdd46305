import { createHmac, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { credential, now } from '../support/deliveries.ts'
import { senders, type Durable, type Effects, type Receiver } from './receiver.ts'

/** What a delivery is to these receivers. */
interface Seen {
  body: Record<string, unknown>
  raw: string
  signature: unknown
  timestamp: unknown
  jobId: string
  fact: string
  verdict: 'approved' | 'rejected' | 'none'
}

/** A receiver as one would write it by hand; each flawed one differs from it in one part. */
export interface Parts {
  limit: number
  addressOf(forwardedFor: string): string | undefined
  isSigned(seen: Seen): boolean
  verdictOf(code: string): Seen['verdict']
  dedupeKey(seen: Seen): string
  /** Runs the work once per key; answers. */
  once(key: string, durable: Durable, work: () => Promise<void>): Promise<number>
  log(effects: Effects, seen: Seen): void
}

const expected = (timestamp: unknown) =>
  createHmac('sha256', credential.apiKey)
    .update(`${String(timestamp)}${credential.partnerId}sid_request`)
    .digest('base64')

const isFresh = (timestamp: unknown) => Math.abs(now - Date.parse(String(timestamp))) <= 3_600_000

export const careful: Parts = {
  limit: 1_572_864,
  addressOf: (forwardedFor) => forwardedFor.split(',').at(-1)?.trim(),
  isSigned({ signature, timestamp }) {
    if (typeof signature !== 'string' || !isFresh(timestamp)) return false
    const [a, b] = [Buffer.from(expected(timestamp)), Buffer.from(signature)]
    return a.length === b.length && timingSafeEqual(a, b)
  },
  verdictOf: (code) =>
    ['0810', '1210', 'clear'].includes(code)
      ? 'approved'
      : ['0811', '1211', 'block'].includes(code)
        ? 'rejected'
        : 'none',
  dedupeKey: ({ jobId, fact }) => `${jobId} ${fact}`,
  async once(key, durable, work) {
    const until = durable.get(key)
    if (until === 'done') return 200
    if (typeof until === 'number' && until > Date.now() + durable.later) return 503
    durable.set(key, Date.now() + durable.later + 30_000)
    try {
      await work()
      durable.set(key, 'done')
      return 200
    } catch {
      durable.delete(key)
      return 503
    }
  },
  log: (effects, { jobId }) => void effects.logged.push(`callback for ${jobId}`),
}

export const receiverOf =
  (parts: Parts): Receiver =>
  (effects, durable) =>
  (req, res) => {
    void handle(parts, effects, durable, req)
      .catch(() => 500)
      .then((status) => {
        res.writeHead(status, req.complete ? {} : { Connection: 'close' })
        res.write(' ')
        if (req.complete) res.end()
        else setTimeout(() => res.end(), 200)
      })
  }

async function handle(parts: Parts, effects: Effects, durable: Durable, req: IncomingMessage): Promise<number> {
  if (parts.addressOf(String(req.headers['x-forwarded-for'])) !== senders.genuine) return 403
  if (req.headers['content-type'] !== 'application/json') return 415
  if (Number(req.headers['content-length'] ?? 0) > parts.limit) return 413
  const raw = await read(req, parts.limit)
  if (raw === undefined) return 413
  const seen = see(parts, raw, req.headers)
  if (!seen) return 400
  if (!parts.isSigned(seen)) return 401
  parts.log(effects, seen)
  return parts.once(parts.dedupeKey(seen), durable, async () => {
    if (seen.verdict === 'none') return
    await effects.work(seen.jobId)
    effects[seen.verdict].push(seen.jobId)
  })
}

function read(req: IncomingMessage, limit: number): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let size = 0
    req.on('data', (chunk: Buffer) => {
      size += chunk.length
      if (size > limit) {
        req.pause()
        resolve(undefined)
      } else chunks.push(chunk)
    })
    req.on('end', () => resolve(Buffer.concat(chunks).toString())).on('error', reject)
  })
}

function see(parts: Parts, raw: string, headers: IncomingMessage['headers']): Seen | undefined {
  let body: Record<string, unknown>
  try {
    body = JSON.parse(raw) as Record<string, unknown>
  } catch {
    return undefined
  }
  const params = (body['PartnerParams'] ?? {}) as Record<string, string>
  const code = String(body['ResultCode'] ?? body['status'])
  return {
    body,
    raw,
    signature: headers['response-signature'] ?? body['signature'],
    timestamp: headers['response-timestamp'] ?? body['timestamp'],
    jobId: String(headers['job-id'] ?? params['job_id']),
    fact: code,
    verdict: parts.verdictOf(code),
  }
}

/**
 * Ten receivers found in the field, each with the one thing wrong, and the scenarios that must show it, with what they
 * say.
 */
export const flawed: readonly { name: string; parts: Partial<Parts>; caughtBy: Readonly<Record<string, string>> }[] = [
  {
    name: 'no check',
    parts: { isSigned: () => true },
    caughtBy: {
      'missing signature, v1': 'answered 200',
      'missing signature, v3': 'answered 200',
      'malformed signature': 'answered 200',
      'wrong key': 'answered 200',
      'stale signature': 'answered 200',
    },
  },
  {
    name: 'HMAC over the body',
    parts: {
      isSigned: ({ raw, signature }) =>
        signature === createHmac('sha256', credential.apiKey).update(raw).digest('base64'),
    },
    caughtBy: { 'valid v1': 'answered 401', 'valid v3': 'answered 401' },
  },
  {
    name: 'compare with ===',
    parts: { isSigned: ({ signature, timestamp }) => isFresh(timestamp) && signature === expected(timestamp) },
    caughtBy: { 'a wrong signature is compared in constant time': 'something else than timingSafeEqual' },
  },
  {
    name: 'acknowledge first',
    parts: {
      once: (key, durable, work) => (
        durable.has(key) || (durable.set(key, 'done'), void work().catch(() => undefined)),
        Promise.resolve(200)
      ),
    },
    caughtBy: { 'handler error, then retry': 'answered 200', 'crash half-way': 'the event was lost' },
  },
  {
    name: 'dedupe on the job id',
    parts: { dedupeKey: ({ jobId }) => jobId },
    caughtBy: { 'provisional, then final': 'the final verdict did not come through' },
  },
  {
    name: 'claim before the work, and never release',
    parts: {
      async once(key, durable, work) {
        if (durable.has(key)) return 200
        durable.set(key, 'done')
        await work()
        return 200
      },
    },
    caughtBy: { 'handler error, then retry': 'the event was lost', 'crash half-way': 'the event was lost' },
  },
  {
    name: 'leftmost X-Forwarded-For',
    parts: { addressOf: (forwardedFor) => forwardedFor.split(',')[0]?.trim() },
    caughtBy: { 'an address that is not allowed, behind a claim that it is': 'answered 200' },
  },
  { name: 'limit of 100 kB', parts: { limit: 102_400 }, caughtBy: { 'a photo of 1.2 MB': 'answered 413' } },
  {
    name: 'provisional as rejected',
    parts: { verdictOf: (code) => (['0810', '1210', 'clear'].includes(code) ? 'approved' : 'rejected') },
    caughtBy: {
      'provisional, then final': 'under review is no verdict',
      'order reversed': 'under review is no verdict',
    },
  },
  {
    name: 'the payload in the log',
    parts: { log: (effects, { raw }) => void effects.logged.push(raw) },
    caughtBy: { 'personal-data canary': 'identity data is in the log' },
  },
]
