// What does one remembered event cost the memory store? After `npm run build`: node --expose-gc test/measure/memory-store.mjs
import { createHash, randomUUID } from 'node:crypto'
import { memoryStore } from '../../dist/index.js'

const events = 200_000
const maxBytes = 40_000_000
const used = () => {
  global.gc()
  return process.memoryUsage().heapUsed
}
const finish = (store, n) => {
  const id = createHash('sha256').update(String(n)).digest('hex')
  const owner = randomUUID()
  store.reserve(id, { owner, leaseMs: 45_000 })
  store.complete(id, { owner, ttlMs: 86_400_000 })
}

const before = used()
const store = memoryStore({ maxBytes: Number.MAX_SAFE_INTEGER })
for (let n = 0; n < events; n += 1) finish(store, n)
const each = (used() - before) / events
console.log(`${Math.round(each)} bytes for each of ${events} events; counted as ${200 + 2 * 64}`)

const start = used()
let warnings = 0
const bounded = memoryStore({ maxBytes })
bounded.attach({ replayMs: 3_900_000, warn: () => (warnings += 1) })
for (let n = 0; n < 3 * events; n += 1) finish(bounded, n)
const grown = used() - start
console.log(`${(grown / 1e6).toFixed(1)} MB after ${3 * events} events, bounded at ${maxBytes / 1e6} MB; warned: ${warnings > 0}`)
// Both stay reachable to here.
process.exitCode = grown <= maxBytes && warnings > 0 && store && bounded ? 0 : 1
