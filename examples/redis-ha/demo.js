// npm run example redis-ha. Needs a Redis Cluster (REDIS_CLUSTER=host:port,…) or Sentinels (REDIS_SENTINELS=host:port,…)
import { showInbox } from '../shared/demo.js'

process.env.QUEUE_PREFIX = `{example-${process.pid}}`
const { app, queue, redis } = await import('./receiver.ts')

await showInbox(app, import.meta.url)
await queue.obliterate({ force: true })
await queue.close()
redis.disconnect()
