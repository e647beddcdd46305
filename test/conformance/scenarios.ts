import assert from 'node:assert/strict'
import crypto from 'node:crypto'
import { syncBuiltinESMExports } from 'node:module'
import { credential, now, v1Delivery, v1Payload, v3Delivery, v3Payload } from '../support/deliveries.ts'
import { senders, type Running } from './receiver.ts'

export interface Scenario {
  name: string
  run: (receiver: Running) => Promise<void>
}

export const canary = 'C4N4RY'

const ok = (status: number) => assert.ok(status >= 200 && status < 300, `the delivery was answered ${status}`)
const refused = (status: number) => assert.ok(status >= 400 && status < 500, `the delivery was answered ${status}`)
const tryAgain = (status: number) => assert.ok(status >= 500, `the delivery was answered ${status}`)
const stranger = { ...credential, apiKey: 'the key of a stranger' }
const v1With = (payload: object) => v1Delivery({ payload: { ...v1Payload, ...payload } })
const job = (job_id: string) => ({ PartnerParams: { ...v1Payload.PartnerParams, job_id } })
const nothing = ({ effects }: Running) => assert.deepEqual([effects.approved, effects.rejected], [[], []])

async function isRefused(receiver: Running, delivery: Parameters<Running['post']>[0], from?: string): Promise<void> {
  refused(await receiver.post(delivery, from))
  nothing(receiver)
}

const withHeader = (name: string, value: string) => ({
  ...v3Delivery(),
  headers: { ...v3Delivery().headers, [name]: value },
})
const without = (key: string) => {
  const entries = Object.entries(JSON.parse(v1Delivery().body) as Record<string, unknown>)
  return { ...v1Delivery(), body: JSON.stringify(Object.fromEntries(entries.filter(([name]) => name !== key))) }
}

const gate = () => {
  let open!: () => void
  const opened = new Promise<void>((resolve) => (open = resolve))
  return { open, opened }
}

/** Sets the work, and tells when it has begun. */
function started(effects: Running['effects'], work: () => Promise<void>): Promise<void> {
  const { open, opened } = gate()
  effects.work = () => (open(), work())
  return opened
}

async function watchingComparisons(work: () => Promise<void>): Promise<number> {
  const { timingSafeEqual } = crypto
  let count = 0
  crypto.timingSafeEqual = (a, b) => ((count += 1), timingSafeEqual(a, b))
  syncBuiltinESMExports()
  try {
    await work()
    return count
  } finally {
    crypto.timingSafeEqual = timingSafeEqual
    syncBuiltinESMExports()
  }
}

async function* chunks(size: number): AsyncGenerator<Uint8Array> {
  for (let sent = 0; sent < size; sent += 65_536) yield await Promise.resolve(Buffer.alloc(65_536, ' '))
}

export const scenarios: readonly Scenario[] = [
  {
    name: 'valid v1',
    async run(receiver) {
      ok(await receiver.post(v1Delivery()))
      assert.deepEqual(receiver.effects.approved, ['job-1'])
    },
  },
  {
    name: 'valid v3',
    async run(receiver) {
      ok(await receiver.post(v3Delivery()))
      assert.deepEqual(receiver.effects.approved, ['job_v3'])
    },
  },
  {
    name: 'a photo of 1.2 MB',
    async run(receiver) {
      ok(await receiver.post(v1With({ Photo: 'x'.repeat(1_200_000) })))
      assert.deepEqual(receiver.effects.approved, ['job-1'])
    },
  },
  {
    name: 'duplicate, one after the other',
    async run(receiver) {
      ok(await receiver.post(v1Delivery()))
      ok(await receiver.post(v1Delivery({ timestamp: new Date(now + 1_000).toISOString() })))
      assert.deepEqual(receiver.effects.approved, ['job-1'])
    },
  },
  {
    name: 'duplicates at once',
    async run(receiver) {
      receiver.effects.work = () => new Promise((resolve) => setTimeout(resolve, 50))
      const statuses = await Promise.all(Array.from({ length: 5 }, () => receiver.post(v1Delivery())))
      assert.ok(statuses.some((status) => status === 200))
      assert.deepEqual(receiver.effects.approved, ['job-1'])
    },
  },
  {
    name: 'provisional, then final',
    async run(receiver) {
      ok(await receiver.post(v1With({ ResultCode: '0814', ResultText: 'Provisional Enroll - Under Review' })))
      assert.deepEqual([receiver.effects.approved, receiver.effects.rejected], [[], []], 'under review is no verdict')
      ok(await receiver.post(v1With({ ResultCode: '1210' })))
      assert.deepEqual(
        [receiver.effects.approved, receiver.effects.rejected],
        [['job-1'], []],
        'the final verdict did not come through',
      )
    },
  },
  {
    name: 'order reversed',
    async run(receiver) {
      ok(await receiver.post(v1With({ ResultCode: '1210' })))
      ok(await receiver.post(v1With({ ResultCode: '0814', ResultText: 'Provisional Enroll - Under Review' })))
      assert.deepEqual(
        [receiver.effects.approved, receiver.effects.rejected],
        [['job-1'], []],
        'under review is no verdict',
      )
    },
  },
  {
    name: "sender's time-out, then retry",
    async run(receiver) {
      const { open, opened } = gate()
      const inWork = started(receiver.effects, () => opened)
      const first = receiver.post(v1Delivery())
      await Promise.race([inWork, first])
      tryAgain(await receiver.post(v1Delivery()))
      open()
      ok(await first)
      ok(await receiver.post(v1Delivery()))
      assert.deepEqual(receiver.effects.approved, ['job-1'])
    },
  },
  { name: 'missing signature, v1', run: (receiver) => isRefused(receiver, without('signature')) },
  {
    name: 'missing signature, v3',
    run: (receiver) =>
      isRefused(receiver, {
        headers: { 'Content-Type': 'application/json', 'Job-ID': 'job_v3' },
        body: v3Delivery().body,
      }),
  },
  {
    name: 'malformed signature',
    run: (receiver) => isRefused(receiver, withHeader('Response-Signature', 'no/base64=')),
  },
  {
    name: 'a signature that is no text',
    run: (receiver) =>
      isRefused(receiver, {
        ...v1Delivery(),
        body: JSON.stringify({ ...JSON.parse(v1Delivery().body), signature: { length: 44 } }),
      }),
  },
  {
    name: 'wrong key',
    async run(receiver) {
      await isRefused(receiver, v1Delivery({ credential: stranger }))
      await isRefused(receiver, v3Delivery({ credential: stranger }))
    },
  },
  {
    name: 'a wrong signature is compared in constant time',
    async run(receiver) {
      // No black box shows this reliably; receivers run in this process, so the comparison itself can be watched.
      const compared = await watchingComparisons(() => isRefused(receiver, v3Delivery({ credential: stranger })))
      assert.ok(compared > 0, 'the signature was compared by something else than timingSafeEqual')
    },
  },
  {
    name: 'stale signature',
    run: (receiver) => isRefused(receiver, v1Delivery({ timestamp: new Date(now - 86_400_000).toISOString() })),
  },
  {
    name: 'altered timestamp',
    run: (receiver) => isRefused(receiver, withHeader('Response-Timestamp', new Date(now + 1).toISOString())),
  },
  {
    name: 'an address that is not allowed, behind a claim that it is',
    run: (receiver) => isRefused(receiver, v1Delivery(), senders.stranger),
  },
  {
    name: 'altered body: another fact under the same signature is not swallowed',
    async run(receiver) {
      ok(await receiver.post(v1Delivery()))
      ok(await receiver.post(v1With({ ...job('job-2'), SmileJobID: '0000056575' })))
      assert.deepEqual(receiver.effects.approved, ['job-1', 'job-2'])
    },
  },
  { name: 'malformed body', run: (receiver) => isRefused(receiver, { ...v3Delivery(), body: '{"status":"clear"' }) },
  {
    name: 'wrong content type',
    run: (receiver) => isRefused(receiver, { ...v1Delivery(), headers: { 'Content-Type': 'text/plain' } }),
  },
  { name: 'oversize, declared', run: (receiver) => isRefused(receiver, v1With({ Photo: 'x'.repeat(1_600_000) })) },
  { name: 'oversize, chunked', run: (receiver) => isRefused(receiver, { ...v3Delivery(), body: chunks(3_000_000) }) },
  {
    name: 'handler error, then retry',
    async run(receiver) {
      receiver.effects.work = () => Promise.reject(new Error('the database is down'))
      tryAgain(await receiver.post(v1Delivery()))
      receiver.effects.work = () => Promise.resolve()
      ok(await receiver.post(v1Delivery()))
      assert.deepEqual(receiver.effects.approved, ['job-1'], 'the event was lost')
    },
  },
  {
    name: 'restart in between',
    async run(receiver) {
      ok(await receiver.post(v1Delivery()))
      await receiver.restart()
      ok(await receiver.post(v1Delivery()))
      assert.deepEqual(receiver.effects.approved, ['job-1'])
    },
  },
  {
    name: 'crash half-way',
    async run(receiver) {
      const inWork = started(receiver.effects, () => new Promise(() => undefined))
      const lost = receiver.post(v1Delivery()).catch(() => undefined)
      await Promise.race([inWork, lost])
      await receiver.restart()
      await lost
      receiver.effects.work = () => Promise.resolve()
      // Smile ID comes again: at once, and when the dead process's lease has ended.
      await receiver.post(v1Delivery())
      receiver.pass(31_000)
      ok(await receiver.post(v1Delivery()))
      assert.deepEqual(receiver.effects.approved, ['job-1'], 'the event was lost')
    },
  },
  {
    name: 'personal-data canary',
    async run(receiver) {
      await receiver.post(v1With({ FullName: canary, IDNumber: canary }))
      await receiver.post(v1With({ ...job('job-2'), ResultCode: '0811', FullName: canary }))
      await receiver.post(v1Delivery({ credential: stranger, payload: { ...v1Payload, FullName: canary } }))
      receiver.effects.work = () => Promise.reject(new Error(canary))
      await receiver.post(v3Delivery({ payload: { ...v3Payload, id_fields: { full_name: canary } } }))
      assert.ok(!receiver.effects.logged.join('\n').includes(canary), 'identity data is in the log')
    },
  },
]
