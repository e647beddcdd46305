// npx tsx worker.ts. Start as many as you like.
import { smileIdCallbacks } from 'express-smile-id'
import { redisStore } from 'express-smile-id/redis'
import { Redis } from 'ioredis'
import { subscribe } from '../shared/handlers.js'
import { credential, redisUrl } from '../shared/settings.js'
import { onShutdown } from '../shared/shutdown.js'
import { work } from './stream.ts'
import { queue } from './settings.ts'

const redis = new Redis(redisUrl, { socketTimeout: 3_000 })
redis.on('error', (error) => console.error('Redis:', error.message))
const callbacks = smileIdCallbacks({ credentials: credential, logger: false })
subscribe(callbacks)

const worker = await work(callbacks, redisStore(redis, { prefix: `${queue.name}:` }), queue)
onShutdown(async () => {
  await worker.close()
  redis.disconnect()
})
