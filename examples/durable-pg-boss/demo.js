// npm run example durable-pg-boss. Needs Postgres: DATABASE_URL, default postgres://postgres@127.0.0.1:5432/test
import { fork } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { deliver, jobStory } from 'express-smile-id/testing'

process.env.PGBOSS_SCHEMA = `example_${process.pid}`
const { app, boss } = await import('./receiver.ts')
const { credential, database } = await import('./settings.ts')

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
await boss.getDb().executeSql(`DROP SCHEMA ${database.schema} CASCADE`)
await boss.stop({ graceful: false })
