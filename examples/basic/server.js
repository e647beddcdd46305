// npx tsx server.js
import { onShutdown } from '../shared/shutdown.js'
import { app, callbacks } from './app.ts'

const server = app.listen(Number(process.env.PORT ?? 3000), () => {
  console.log(`Smile ID callbacks are received at http://127.0.0.1:${server.address().port}/smile-id`)
})
onShutdown(async () => {
  // No new deliveries (503: Smile ID comes again), those under way are finished.
  await callbacks.close({ timeout: 25_000 })
  server.close()
})
