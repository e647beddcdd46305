// npm run example hono
import { serve } from '@hono/node-server'
import { sample, signDelivery } from 'express-smile-id/testing'

const { app, credential } = await import('./app.ts')

const server = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' })
await new Promise((resolve) => server.once('listening', resolve))
const url = `http://127.0.0.1:${server.address().port}/smile-id`
const payload = sample('document_verification', 'approved', { partnerParams: { account_id: 'acc-1' } })
const keys = { 'a callback': credential.apiKey, 'a forgery': 'a forger made this' }

for (const [what, apiKey] of Object.entries(keys)) {
  console.log(what)
  const response = await fetch(url, { method: 'POST', ...signDelivery({ generation: 'v3', credential: { ...credential, apiKey }, payload }) })
  console.log(`  answered ${response.status} ${await response.text()}`)
}
server.close()
server.closeAllConnections()
