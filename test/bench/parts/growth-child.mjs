// One receiver of one size: told a count, it takes so many deliveries and says what each cost in CPU.
import { memoryStore, smileIdCallbacks } from '../../../dist/index.js'
import { credential, payloads } from '../contestants/bodies.mjs'
import { addresses, work } from '../contestants/shared.mjs'
import { smileId } from '../contestants/smile-id-sender.mjs'

const { subscriptions = 1, filled = 0, maxEntries = 10_000 } = JSON.parse(process.argv[2])

const store = memoryStore({ maxEntries })
for (let i = 0; i < filled; i += 1) {
  const id = `filled-${i}`
  await store.reserve(id, { owner: 'bench', leaseMs: 60_000 })
  await store.complete(id, { owner: 'bench', ttlMs: 86_400_000 })
}
const callbacks = smileIdCallbacks({ credentials: credential, allowedIps: addresses, logger: false, store })
callbacks.onAny(work)
for (let i = 0; i < subscriptions; i += 1) callbacks.onJob(`job-${i}`, work)

const text = JSON.stringify(payloads['v1 2 kB'].payload)
let sent = 0
const next = () => {
  sent += 1
  // Another message is another fact, so that one job can have many.
  const { headers, body } = smileId(text.replace('"JOB"', `"job-${sent % subscriptions}"`).replace('Enroll User', `Enroll User ${sent}`))
  return { method: 'POST', url: '/hook', headers: { 'content-type': headers['Content-Type'], 'content-length': String(body.length) }, body, clientIp: '127.0.0.1' }
}

process.on('message', async (count) => {
  const deliveries = Array.from({ length: count }, next)
  const before = process.cpuUsage()
  for (const delivery of deliveries) {
    const { code, handlers } = await callbacks.receive(delivery)
    if (code !== 'accepted' || handlers.matched !== 2) throw new Error(`${code} instead of accepted by two handlers`)
  }
  const { user, system } = process.cpuUsage(before)
  process.send({ cpuUs: (user + system) / count })
})
process.on('disconnect', () => process.exit())
process.send('ready')
