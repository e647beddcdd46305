// npm run example durable-bullmq. Needs Redis: REDIS_URL, default redis://127.0.0.1:6379
import { showInbox } from '../shared/demo.js'

process.env.QUEUE_PREFIX = `example-${process.pid}`
const { app, queue } = await import('./receiver.ts')

await showInbox(app, import.meta.url)
await queue.obliterate({ force: true })
await queue.close()
