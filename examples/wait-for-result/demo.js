// npm run example wait-for-result
import smileIdentityCore from 'smile-identity-core'
import { makeStandIn } from './stand-in.js'

const { makeApp } = await import('./app.ts')

const credential = { partnerId: '085', apiKey: 'example-key-not-a-secret' }
const urlOf = (server) => `http://127.0.0.1:${server.address().port}`

const smileId = await listening(makeStandIn(credential))
const api = new smileIdentityCore.IDApi(credential.partnerId, credential.apiKey, '0')
// Only for the stand-in: the SDK itself speaks to nothing but https.
api.axiosInstance.defaults.baseURL = `${urlOf(smileId)}/v1`
const own = await listening(makeApp({ credential, api, ownUrl: () => urlOf(own) }))

console.log('POST /verify')
const response = await fetch(`${urlOf(own)}/verify`, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: '{"job_id":"job-1"}' })
console.log(`  answered ${response.status} ${await response.text()}`)

for (const server of [own, smileId]) {
  server.closeAllConnections()
  server.close()
}

function listening(app) {
  return new Promise((resolve) => {
    const server = app.listen(0, '127.0.0.1', () => resolve(server))
  })
}
