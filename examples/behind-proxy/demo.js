// npm run example behind-proxy
import { sample, signDelivery } from 'express-smile-id/testing'
import { listening } from '../shared/demo.js'
import { credential } from '../shared/settings.js'
import { makeApp } from './app.js'
import { makeProxy } from './proxy.js'

const smileId = '34.240.137.52'
const stranger = '203.0.113.9'
const senders = [
  ['Smile ID', { 'X-Played-By': smileId }],
  [
    'a stranger who writes Smile ID’s address into X-Forwarded-For',
    { 'X-Played-By': stranger, 'X-Forwarded-For': smileId },
  ],
]

for (const [label, trust] of [
  ['not set (wrong)', false],
  ['true (wrong)', true],
  ['1 (right, for one proxy)', 1],
]) {
  console.log(`trust proxy ${label}`)
  const server = await listening(makeApp(trust))
  const proxy = await listening(makeProxy(server.url))
  for (const [who, headers] of senders) {
    const delivery = signDelivery({
      generation: 'v3',
      credential,
      payload: sample('document_verification', 'approved'),
    })
    const response = await fetch(`${proxy.url}/smile-id`, {
      method: 'POST',
      body: delivery.body,
      headers: { ...delivery.headers, ...headers },
    })
    console.log(`  ${who}: ${response.status}`)
  }
  proxy.close()
  server.close()
}
