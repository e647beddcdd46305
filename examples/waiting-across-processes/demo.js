// npm run example waiting-across-processes. Needs Redis: REDIS_URL, default redis://127.0.0.1:6379
// Two processes receive, this one waits: the verdict gets here whichever of them Smile ID reaches.
import { signDelivery } from 'express-smile-id/testing'
import { messageOf, start, stop } from '../shared/demo.js'
import { credential } from '../shared/settings.js'

const { connect, waitForVerdict } = await import('./results.ts')

const redis = connect({ lazyConnect: true, retryStrategy: () => null })
redis.on('error', () => undefined)
try {
  await redis.connect()
} catch {
  console.error('This example needs Redis: start one, or set REDIS_URL.')
  process.exit(1)
}

const run = `example-${process.pid}-${Date.now()}`
const receivers = [1, 2].map(() =>
  start('receiver.ts', import.meta.url, { env: { ...process.env, PREFIX: `${run}:` } }),
)
const ports = await Promise.all(receivers.map(async (child) => (await messageOf(child)).port))
const handled = []
receivers.forEach((child, i) => child.on('message', () => handled.push(`receiver ${i + 1}`)))

const deliver = async (jobId, port, { ResultCode, ResultText }) => {
  const PartnerParams = { job_id: jobId, user_id: 'user-1', job_type: '1' }
  const delivery = signDelivery({
    generation: 'v1',
    credential,
    payload: { ResultCode, ResultText, SmileJobID: '0000056574', PartnerParams },
  })
  return (await fetch(`http://127.0.0.1:${port}/smile-id`, { method: 'POST', ...delivery })).status
}
const underReview = { ResultCode: '0814', ResultText: 'Provisional Enroll - Under Review' }
const approved = { ResultCode: '1210', ResultText: 'Enroll User' }

const [first, second, never] = [`${run}-1`, `${run}-2`, `${run}-3`]
const waiting = waitForVerdict(redis, first, { timeout: 5_000 })
await deliver(first, ports[0], underReview)
const answers = [await deliver(first, ports[1], approved), await deliver(first, ports[0], approved)]
console.log('waited for a verdict that came later: ', (await waiting).outcome)
const handledOnce = handled.length === 1
console.log('the same delivery to both receivers:  ', answers.join(', '), 'and handled by', handled.join(', '))

await deliver(second, ports[0], approved)
console.log(
  'asked after the verdict had come:      ',
  (await waitForVerdict(redis, second, { timeout: 5_000 })).outcome,
)
console.log(
  'a job without a verdict:               ',
  await waitForVerdict(redis, never, { timeout: 200 }).catch(({ name }) => name),
)

await stop(receivers)
console.log('both receivers shut down gracefully')
for (const pattern of [`${run}*`, `kyc:verdict:${run}*`]) {
  const keys = await redis.keys(pattern)
  if (keys.length > 0) await redis.del(...keys)
}
redis.disconnect()
process.exitCode = answers.every((status) => status === 200) && handledOnce ? 0 : 1
