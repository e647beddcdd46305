// npm run example rabbitmq. Needs RabbitMQ (AMQP_URL, default amqp://127.0.0.1) and Redis (REDIS_URL)
import { showInbox } from '../shared/demo.js'

process.env.QUEUE = `example-${process.pid}`
const { app, opened } = await import('./receiver.ts')

await showInbox(app, import.meta.url)
for (const name of ['', '-wait', '-dead']) await opened.channel().deleteQueue(`${process.env.QUEUE}${name}`)
await opened.close()
