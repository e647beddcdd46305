// npx tsx worker.ts. Start as many as you like.
import { smileIdCallbacks } from 'express-smile-id'
import { bullmqWorker } from 'express-smile-id/bullmq'
import { connection, credential, prefix } from './settings.ts'

const callbacks = smileIdCallbacks({ credentials: credential, logger: false })
let tries = 0
callbacks.on('id_info', ({ idStep }) => console.log(`  worker: the ID was looked up: ${idStep}`))
callbacks.on('provisional', () => console.log('  worker: under review'))
callbacks.on('approved', ({ partnerParams }) => {
  tries += 1
  if (tries === 1) {
    console.log('  worker: the database is away')
    throw new Error('no database')
  }
  console.log(`  worker: account ${partnerParams.account_id} is open, at the second try`)
})

const worker = bullmqWorker(callbacks, { connection, prefix, concurrency: 1 })
worker.on('error', (error) => console.error(error))

// What it has begun is finished before it ends.
process.once('SIGTERM', () => {
  void (async () => {
    await worker.close()
    process.disconnect?.()
  })()
})
