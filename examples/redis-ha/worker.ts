// npx tsx worker.ts. Start as many as you like.
import { smileIdCallbacks } from 'express-smile-id'
import { bullmqWorker } from 'express-smile-id/bullmq'
import { subscribe } from '../shared/handlers.js'
import { credential } from '../shared/settings.js'
import { onShutdown } from '../shared/shutdown.js'
import { connect, prefix, working } from './settings.ts'

const callbacks = smileIdCallbacks({ credentials: credential, logger: false })
subscribe(callbacks)

const redis = connect(working)
const worker = bullmqWorker(callbacks, { connection: redis, prefix, concurrency: 1 })
worker.on('error', (error) => console.error(error))
onShutdown(async () => {
  await worker.close()
  redis.disconnect()
})
