// npm run example behind-proxy
import { sample, signDelivery } from 'express-smile-id/testing'
import { credential, makeApp } from './app.js'
import { makeProxy } from './proxy.js'

const smileId = '34.240.137.52'
const stranger = '203.0.113.9'
const senders = [
  ['Smile ID', { 'X-Played-By': smileId }],
  ['a stranger who writes Smile ID’s address into X-Forwarded-For', { 'X-Played-By': stranger, 'X-Forwarded-For': smileId }],
]

for (const [label, trust] of [['not set (wrong)', false], ['true (wrong)', true], ['1 (right, for one proxy)', 1]]) {
  console.log(`trust proxy ${label}`)
  const server = await listening(makeApp(trust))
  const proxy = await listening(makeProxy(server.address().port))
  for (const [who, headers] of senders) {
    const delivery = signDelivery({ generation: 'v3', credential, payload: sample('document_verification', 'approved') })
    const response = await fetch(`http://127.0.0.1:${proxy.address().port}/smile-id`, { method: 'POST', body: delivery.body, headers: { ...delivery.headers, ...headers } })
    console.log(`  ${who}: ${response.status}`)
  }
  for (const one of [proxy, server]) {
    one.closeAllConnections()
    one.close()
  }
}

function listening(app) {
  return new Promise((resolve) => {
    const server = app.listen(0, '127.0.0.1', () => resolve(server))
  })
}
