// npx tsx worker.ts. Start as many as you like.
import { smileIdCallbacks } from 'express-smile-id'
import { pgBossWorker } from 'express-smile-id/pg-boss'
import PgBoss from 'pg-boss'
import { credential, database } from './settings.ts'

const boss = new PgBoss(database)
boss.on('error', (error) => console.error(error))
await boss.start()

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

const worker = await pgBossWorker(callbacks, boss, { concurrency: 1, pollingInterval: 500 })

// What it has begun is finished before it ends.
process.once('SIGTERM', () => {
  void (async () => {
    await worker.stop()
    await boss.stop({ graceful: true })
    process.disconnect?.()
  })()
})
