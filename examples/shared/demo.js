// What the demos have in common: servers on a free port, and processes of their own.
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { deliver, jobStory, sample, signDelivery } from 'express-smile-id/testing'
import { credential } from './settings.js'

/** Serves an app, or anything with `listen`, on a free port. Resolves to its URL and a function that ends it. */
export async function listening(app) {
  const server = app.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const close = () => {
    server.close()
    server.closeAllConnections()
  }
  return { url: `http://127.0.0.1:${server.address().port}`, close }
}

/** Starts a TypeScript file beside a demo as a process of its own. */
export const start = (name, demo, options) =>
  fork(fileURLToPath(new URL(name, demo)), { execArgv: ['--import', 'tsx'], ...options })

/** The first message of a process. */
export const messageOf = async (child) => (await once(child, 'message'))[0]

/** Ends processes as a host does. Resolves when all are gone. */
export async function stop(children) {
  const ended = Promise.all(children.map((child) => once(child, 'exit')))
  children.forEach((child) => child.kill('SIGTERM'))
  await ended
}

/** Starts a worker, prints its lines, and stops it, as PM2 does, after the line that includes `last`. */
async function runWorker(demo, last) {
  const worker = start('worker.ts', demo, { stdio: ['ignore', 'pipe', 'inherit', 'ipc'] })
  for await (const line of createInterface({ input: worker.stdout })) {
    console.log(line)
    if (line.includes(last)) worker.kill('SIGINT')
  }
}

/** What every inbox shows: a story is stored while no worker runs, and handled once, though each callback comes twice. */
export async function showInbox(app, demo) {
  console.log('no worker runs; every callback comes twice')
  const story = jobStory('biometric_kyc', { review: true, credential, partnerParams: { account_id: 'acc-1' } })
  for (const delivery of story.flatMap((one) => [one, one])) {
    const { status, report } = await deliver(app, delivery)
    console.log(`  ${delivery.outcome}: answered ${status} ${report.code}`)
  }
  console.log('a worker starts')
  await runWorker(demo, 'is open')
  console.log('the worker has ended')
}

/** Posts a callback and a forgery to a URL, and prints the answers. */
export async function showAnswers(url) {
  const payload = sample('document_verification', 'approved', { partnerParams: { account_id: 'acc-1' } })
  for (const [what, apiKey] of Object.entries({ 'a callback': credential.apiKey, 'a forgery': 'a forger made this' })) {
    console.log(what)
    const response = await fetch(url, {
      method: 'POST',
      ...signDelivery({ credential: { ...credential, apiKey }, payload }),
    })
    console.log(`  answered ${response.status} ${await response.text()}`)
  }
}
