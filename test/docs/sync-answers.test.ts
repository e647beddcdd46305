import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { memoryStore, smileIdCallbacks, type DeliveryReport, type SmileIdEvent } from '../../src/index.ts'
import { sample, signDelivery } from '../../src/testing/index.ts'
import { credential, senderIp } from '../support/deliveries.ts'
import { own } from './readme.ts'

// The answer of a synchronous request is a signed callback body: the snippet of the page reads it, as it is printed.

type Answer = { headers: Record<string, string>; body: string }
type Snippet = (...given: unknown[]) => Promise<DeliveryReport>
type MakeSnippet = new (...source: string[]) => Snippet

const page = readFileSync(own('src/QUESTIONS.md'), 'utf8')
const blocks = [...page.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, block = '']) => block)
const code = blocks.find((block) => block.includes('askSmileId'))
const AsyncFunction = (Object.getPrototypeOf(read) as { constructor: MakeSnippet }).constructor
const run = new AsyncFunction(
  'smileIdCallbacks',
  'credentials',
  'store',
  'askSmileId',
  `${(code ?? '').replace(/^import .*$/gm, '')}\nreturn report`,
)

async function read(answer: Answer, store = memoryStore()) {
  const events: SmileIdEvent<unknown>[] = []
  const subscribed = (options: Parameters<typeof smileIdCallbacks>[0]) => {
    const answers = smileIdCallbacks({ ...options, logger: false })
    answers.onAny((event) => void events.push(event))
    return answers
  }
  const { code: reported } = await run(subscribed, credential, store, () => Promise.resolve(answer))
  return { code: reported, event: events[0] }
}

/** `/v3/aml/sync` names the job in a header of its own. contract/v3.md §2.2. */
const amlAnswer = (outcome: 'approved' | 'rejected'): Answer => {
  const payload = sample('one_time_aml', outcome, { generation: 'v3', jobId: 'job-1' })
  const { headers, body } = signDelivery({ credential, payload })
  const { 'Job-ID': jobId = '', ...rest } = headers
  return { headers: { ...rest, 'SmileID-Job-ID': jobId }, body }
}

test('the snippet reads the answer of /v3/aml/sync', async () => {
  expect(await read(amlAnswer('rejected'))).toMatchObject({
    code: 'accepted',
    event: { kind: 'result', product: 'one_time_aml', outcome: 'rejected', jobId: 'job-1' },
  })
})

test('the snippet reads the answer of /v3/enhanced_kyc/sync', async () => {
  const payload = sample('enhanced_kyc', 'approved', { generation: 'v3', jobId: 'job-2' })
  expect(await read(signDelivery({ credential, payload }))).toMatchObject({
    code: 'accepted',
    event: { product: 'enhanced_kyc', outcome: 'approved', jobId: 'job-2' },
  })
})

test('the snippet reads a body in the snake case of v2', async () => {
  const payload = { code: '1012', message: 'Validated', job_id: 'job-3', user_id: 'user-3', job_type: 5 }
  expect(await read(signDelivery({ credential, generation: 'v1', payload }))).toMatchObject({
    code: 'accepted',
    event: { product: 'enhanced_kyc', outcome: 'approved', jobId: 'job-3' },
  })
})

test('an answer that is not signed, or by another, is refused', async () => {
  const { headers, body } = amlAnswer('approved')
  const { 'Response-Signature': signature = '', ...unsigned } = headers
  expect((await read({ headers: unsigned, body })).code).toBe('signature_missing')
  const forged = { ...headers, 'Response-Signature': `${signature.startsWith('A') ? 'B' : 'A'}${signature.slice(1)}` }
  expect((await read({ headers: forged, body })).code).toBe('signature_mismatch')
})

test('a callback of the same job is then a duplicate, since both share the store', async () => {
  const store = memoryStore()
  const answer = amlAnswer('approved')
  await read(answer, store)
  const callbacks = smileIdCallbacks({ credentials: credential, store, logger: false })
  callbacks.onAny(() => undefined)
  expect((await callbacks.receive({ method: 'POST', ...answer, clientIp: senderIp })).code).toBe('duplicate')
})
