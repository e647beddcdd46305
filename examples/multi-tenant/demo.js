// npm run example multi-tenant
import { deliver, sample, signDelivery } from 'express-smile-id/testing'

const { app } = await import('./app.ts')

const deliveries = [
  ['acme, production', 'acme', { partnerId: '085', apiKey: 'acme-production-key' }],
  ['acme, sandbox', 'acme', { partnerId: '085', apiKey: 'acme-sandbox-key' }],
  ['zuri, new key', 'zuri', { partnerId: '2423', apiKey: 'zuri-new-key' }],
  ['zuri, old key', 'zuri', { partnerId: '2423', apiKey: 'zuri-old-key' }],
  ['signed by acme, sent to zuri', 'zuri', { partnerId: '085', apiKey: 'acme-production-key' }],
  ['a tenant that does not exist', 'nobody', { partnerId: '085', apiKey: 'acme-production-key' }],
]

for (const [what, tenant, credential] of deliveries) {
  console.log(what)
  const payload = sample('biometric_kyc', 'approved', { generation: 'v1' })
  const { status, report } = await deliver(app, signDelivery({ generation: 'v1', credential, payload }), { path: `/${tenant}/smile-id` })
  console.log(`  answered ${status} ${report.code}`)
}
