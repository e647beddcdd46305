// npm run example wait-for-result
import smileIdentityCore from 'smile-identity-core'
import { listening } from '../shared/demo.js'
import { credential } from '../shared/settings.js'
import { makeStandIn } from './stand-in.js'

const { makeApp } = await import('./app.ts')

const smileId = await listening(makeStandIn(credential))
const api = new smileIdentityCore.IDApi(credential.partnerId, credential.apiKey, '0')
// Only for the stand-in: the SDK itself speaks to nothing but https.
api.axiosInstance.defaults.baseURL = `${smileId.url}/v1`
const own = await listening(makeApp({ credential, api, ownUrl: () => own.url }))

console.log('POST /verify')
const response = await fetch(`${own.url}/verify`, {
  method: 'POST',
  headers: { 'Content-Type': 'application/json' },
  body: '{"job_id":"job-1"}',
})
console.log(`  answered ${response.status} ${await response.text()}`)

own.close()
smileId.close()
