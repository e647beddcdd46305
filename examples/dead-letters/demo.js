// npm run example dead-letters. Needs Redis: REDIS_URL, default redis://127.0.0.1:6379
import { setTimeout as wait } from 'node:timers/promises'
import { Queue } from 'bullmq'
import express from 'express'
import { smileIdCallbacks } from 'express-smile-id'
import { bullmqInbox, bullmqWorker, deadLetters } from 'express-smile-id/bullmq'
import { deliver, jobStory } from 'express-smile-id/testing'
import { connection, credential, producer } from '../shared/settings.js'

const prefix = `example-${process.pid}`
const queue = new Queue('smile-id', { connection: producer, prefix })
queue.on('error', (error) => console.error(error))
const letters = deadLetters(queue)

// Two attempts, so that the demo is short; 12 over some hours unless you say otherwise.
const inbox = bullmqInbox(queue, { job: { attempts: 2, backoff: { type: 'fixed', delay: 50 } } })
const callbacks = smileIdCallbacks({ credentials: credential, inbox, logger: false })
let isMended = false
callbacks.on('approved', ({ partnerParams }) => {
  if (!isMended) throw new Error('no such column')
  console.log(`  worker: account ${partnerParams.account_id} is open`)
})
const worker = bullmqWorker(callbacks, { connection, prefix })
worker.on('error', (error) => console.error(error))
const app = express().use('/smile-id', callbacks.router)

const until = async (isSo) => {
  while (!(await isSo())) await wait(50)
}
const story = (account) =>
  jobStory('document_verification', { credential, partnerParams: { account_id: account } }).at(-1)
const show = async () => {
  for (const { code, attempts, age } of await letters.list())
    console.log(`  ${code} after ${attempts} attempts, ${age < 60_000 ? 'just now' : 'a while ago'}`)
}

console.log('two results arrive, and the handler has a fault')
const [first, second] = [story('acc-1'), story('acc-2')]
for (const delivery of [first, second]) console.log(`  answered ${(await deliver(app, delivery)).status}`)
await until(async () => (await letters.list()).length === 2)
await show()

console.log('Smile ID replays the first: nothing runs, and the report says why')
const { status, report } = await deliver(app, first)
console.log(`  answered ${status} ${report.code}, inbox: ${report.inbox}`)

console.log('the fault is mended, the first is redriven, the second is dropped')
isMended = true
const { id } = report.event
console.log(`  redriven: ${await letters.redrive(id)}`)
await until(async () => (await queue.getJob(id)) === undefined)
console.log(`  once more: ${await letters.redrive(id)}`)
for (const letter of await letters.list()) console.log(`  dropped: ${await letters.drop(letter.id)}`)
console.log(`  dead: ${(await letters.list()).length}`)

await worker.close()
await queue.obliterate({ force: true })
await queue.close()
