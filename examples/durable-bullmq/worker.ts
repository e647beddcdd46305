// npx tsx worker.ts. Start as many as you like.
import { smileIdCallbacks } from 'express-smile-id'
import { bullmqWorker } from 'express-smile-id/bullmq'
import { subscribe } from '../shared/handlers.js'
import { connection, credential } from '../shared/settings.js'
import { onShutdown } from '../shared/shutdown.js'

const callbacks = smileIdCallbacks({ credentials: credential, logger: false })
subscribe(callbacks)

const worker = bullmqWorker(callbacks, { connection, prefix: process.env.QUEUE_PREFIX ?? 'bull', concurrency: 1 })
worker.on('error', (error) => console.error(error))
onShutdown(() => worker.close())
