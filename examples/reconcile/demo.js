// npm run example reconcile
import { setTimeout as sleep } from 'node:timers/promises'
import { makeStandIn } from './stand-in.js'

const { makeApp } = await import('./app.ts')

const credential = { partnerId: '085', apiKey: 'example-key-not-a-secret' }
const urlOf = (server) => `http://127.0.0.1:${server.address().port}`
const listening = (app) => new Promise((resolve) => {
  const server = app.listen(0, '127.0.0.1', () => resolve(server))
})

const smileId = makeStandIn(credential)
smileId.add('v1', 'job-1', 'user-1', 'approved', 'acc-1')
smileId.add('v1', 'job-2', 'user-2', 'rejected', 'acc-2')
smileId.add('v3', 'job_00000000000000000000000003', 'user-3', 'approved', 'acc-3')
const smileIdServer = await listening(smileId.app)
const own = makeApp({ credential, baseUrl: urlOf(smileIdServer) })
const ownServer = await listening(own.app)
smileId.callTo(`${urlOf(ownServer)}/smile-id`)

console.log('one callback comes, the others are lost')
await smileId.callBack('job-1')

console.log('reconcile')
const report = await own.reconcile()
// The replay comes by itself.
await sleep(300)
console.log('  report', JSON.stringify(report))

console.log('a callback that comes late is the same event')
console.log(`  answered ${(await smileId.callBack('job-2')).status}, and handled no second time`)

console.log('reconcile again: one job is still open')
console.log('  report', JSON.stringify(await own.reconcile()))

for (const server of [ownServer, smileIdServer]) {
  server.closeAllConnections()
  server.close()
}
