// npm run example typed-partner-params
import { deliver, sample, signDelivery } from 'express-smile-id/testing'
import { credential } from '../shared/settings.js'

const { app } = await import('./app.ts')

const account_id = '6f1c2d34-0000-4000-8000-000000000001'
const deliveries = {
  'partner params that fit': { account_id, amount: '2500', currency: 'NGN' },
  'an amount that is none': { account_id, amount: 'a lot', currency: 'NGN' },
  'a currency that is not known, and no account': { amount: '10', currency: 'XXX' },
}

for (const [what, partnerParams] of Object.entries(deliveries)) {
  console.log(what)
  const payload = sample('document_verification', 'approved', { partnerParams })
  const { status, report } = await deliver(app, signDelivery({ generation: 'v3', credential, payload }))
  console.log(`  answered ${status} ${report.code}`)
}
