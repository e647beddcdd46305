// npm run example fastify
import { sample, signDelivery } from 'express-smile-id/testing'

const { app, credential } = await import('./app.ts')

const url = `${await app.listen({ port: 0, host: '127.0.0.1' })}/smile-id`
const payload = sample('document_verification', 'approved', { partnerParams: { account_id: 'acc-1' } })
const keys = { 'a callback': credential.apiKey, 'a forgery': 'a forger made this' }

for (const [what, apiKey] of Object.entries(keys)) {
  console.log(what)
  const response = await fetch(url, { method: 'POST', ...signDelivery({ generation: 'v3', credential: { ...credential, apiKey }, payload }) })
  console.log(`  answered ${response.status} ${await response.text()}`)
}
app.server.closeAllConnections()
await app.close()
