// npm run example existing-app
import { deliver, sample, signDelivery } from 'express-smile-id/testing'
import { credential } from '../shared/settings.js'
import { app, below } from './app.js'

const photo = 'A'.repeat(1_400_000)
const callback = (jobId, change) =>
  signDelivery({
    generation: 'v1',
    credential,
    payload: sample('biometric_kyc', 'approved', { generation: 'v1', jobId, ...change }),
  })

console.log('a callback')
const small = await deliver(app, callback('job-1'))
console.log(`  answered ${small.status}; helmet is there: ${small.headers['x-content-type-options'] === 'nosniff'}`)

console.log('a callback with a photo of 1.4 MB')
console.log(`  answered ${(await deliver(app, callback('job-2', { Photo: photo }))).status}`)

console.log('ten callbacks at once, more than the rate limit allows others')
const burst = await Promise.all(
  Array.from({ length: 10 }, () =>
    deliver(app, signDelivery({ generation: 'v3', credential, payload: sample('enhanced_kyc', 'rejected') })),
  ),
)
console.log(`  answered ${[...new Set(burst.map(({ status }) => status))].join(', ')}`)

console.log('the rest of the app')
const order = await deliver(
  app,
  { headers: { 'Content-Type': 'application/json' }, body: '{"item":"tea"}' },
  { path: '/orders' },
)
console.log(`  answered ${order.status} ${JSON.stringify(order.body)}`)

console.log('below express.json({ limit })')
console.log(`  answered ${(await deliver(below, callback('job-3', { Photo: photo }))).status}`)
