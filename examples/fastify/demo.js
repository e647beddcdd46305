// npm run example fastify
import { showAnswers } from '../shared/demo.js'

const { app } = await import('./app.ts')

await showAnswers(`${await app.listen({ port: 0, host: '127.0.0.1' })}/smile-id`)
app.server.closeAllConnections()
await app.close()
