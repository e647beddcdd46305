import { deliver, sample, signDelivery } from 'express-smile-id/testing'
import { accounts, app, credential } from './receiver.mjs'

test('an approved document opens the account', async () => {
  const payload = sample('document_verification', 'approved', { partnerParams: { account_id: 'acc-1' } })
  const { status } = await deliver(app, signDelivery({ generation: 'v3', credential, payload }))
  expect(status).toBe(200)
  expect(accounts).toEqual(['acc-1'])
})
