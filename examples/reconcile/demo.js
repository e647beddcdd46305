// npm run example reconcile
import { setTimeout as sleep } from 'node:timers/promises'
import { listening } from '../shared/demo.js'
import { credential } from '../shared/settings.js'
import { makeStandIn } from './stand-in.js'

const { makeApp } = await import('./app.ts')

const smileId = makeStandIn(credential)
smileId.add('v1', 'job-1', 'user-1', 'approved', 'acc-1')
smileId.add('v1', 'job-2', 'user-2', 'rejected', 'acc-2')
smileId.add('v3', 'job_00000000000000000000000003', 'user-3', 'approved', 'acc-3')
const smileIdServer = await listening(smileId.app)
const own = makeApp({ credential, baseUrl: smileIdServer.url })
const ownServer = await listening(own.app)
smileId.callTo(`${ownServer.url}/smile-id`)

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

ownServer.close()
smileIdServer.close()
