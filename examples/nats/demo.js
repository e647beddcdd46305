// npm run example nats. Needs NATS with JetStream (NATS_URL, default nats://127.0.0.1:4222) and Redis (REDIS_URL)
import { showInbox } from '../shared/demo.js'

process.env.QUEUE = `example-${process.pid}`
const { app, opened } = await import('./receiver.ts')

await showInbox(app, import.meta.url)
await opened.manager.streams.delete(process.env.QUEUE)
await opened.close()
