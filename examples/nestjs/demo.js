// npm run example nestjs
import { deliver, sample, signDelivery } from 'express-smile-id/testing'
import { credential } from '../shared/settings.js'

const { makeApp } = await import('./app.ts')

const app = await makeApp()
const express = app.getHttpAdapter().getInstance()
const payload = sample('biometric_kyc', 'approved', { partnerParams: { account_id: 'acc-1' } })

console.log('a callback')
console.log(`  answered ${(await deliver(express, signDelivery({ generation: 'v3', credential, payload }))).status}`)
console.log('a forgery')
console.log(
  `  answered ${(await deliver(express, signDelivery({ generation: 'v3', credential: { ...credential, apiKey: 'forged' }, payload }))).status}`,
)
console.log('a callback of 1.4 MB')
const large = sample('biometric_kyc', 'approved', {
  generation: 'v1',
  partnerParams: { account_id: 'acc-2' },
  Photo: 'A'.repeat(1_400_000),
})
console.log(
  `  answered ${(await deliver(express, signDelivery({ generation: 'v1', credential, payload: large }))).status}`,
)
console.log('shutting down')
await app.close()
