// npm run example durable-bullmq. Needs Redis: REDIS_URL, default redis://127.0.0.1:6379
import { fork } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { deliver, jobStory } from 'express-smile-id/testing'

process.env.QUEUE_PREFIX = `example-${process.pid}`
const { app, queue } = await import('./receiver.ts')
const { credential } = await import('./settings.ts')

console.log('no worker runs; every callback comes twice')
const story = jobStory('biometric_kyc', { review: true, credential, partnerParams: { account_id: 'acc-1' } })
for (const delivery of story.flatMap((one) => [one, one])) {
  const { status, report } = await deliver(app, delivery)
  console.log(`  ${delivery.outcome}: answered ${status} ${report.code}`)
}

console.log('a worker starts')
const worker = fork(fileURLToPath(new URL('worker.ts', import.meta.url)), { execArgv: ['--import', 'tsx'], stdio: ['ignore', 'pipe', 'inherit', 'ipc'] })
for await (const line of createInterface({ input: worker.stdout })) {
  console.log(line)
  if (line.includes('is open')) worker.kill('SIGTERM')
}
console.log('the worker has ended')
await queue.obliterate({ force: true })
await queue.close()
