const assert = require('node:assert/strict')
const test = require('node:test')
const { deliver, sample, signDelivery } = require('express-smile-id/testing')
const { accounts, app, credential } = require('./receiver.cjs')

test('an approved document opens the account', async () => {
  const payload = sample('document_verification', 'approved', { partnerParams: { account_id: 'acc-1' } })
  const { status } = await deliver(app, signDelivery({ generation: 'v3', credential, payload }))
  assert.equal(status, 200)
  assert.deepEqual(accounts, ['acc-1'])
})
