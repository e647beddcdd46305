// npx tsx worker.ts. Start as many as you like.
import { smileIdCallbacks } from 'express-smile-id'
import { pgBossWorker } from 'express-smile-id/pg-boss'
import { subscribe } from '../shared/handlers.js'
import { credential } from '../shared/settings.js'
import { onShutdown } from '../shared/shutdown.js'
import { queue, startBoss } from './settings.ts'

const boss = await startBoss()
const callbacks = smileIdCallbacks({ credentials: credential, logger: false })
subscribe(callbacks)

const worker = await pgBossWorker(callbacks, boss, { ...queue, concurrency: 1, pollingInterval: 500 })
onShutdown(async () => {
  await worker.stop()
  await boss.stop({ graceful: true })
})
