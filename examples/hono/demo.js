// npm run example hono
import { listening, showAnswers } from '../shared/demo.js'

const server = await listening(await import('./app.ts'))
await showAnswers(`${server.url}/smile-id`)
server.close()
