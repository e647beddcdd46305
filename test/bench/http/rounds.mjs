// Interleaved rounds over several servers at once, each warm before the first.
import { payloads } from '../contestants/bodies.mjs'
import { startServer } from './child.mjs'
import { loadOf, measure } from './load.mjs'

// Requests until the compiler has done its work: at 3 000 small ones a fifth of a receiver's time was still the compiler's. A large body is rare and slow.
const warmUp = { 'v3 0.6 kB': 12_000, 'v1 2 kB': 12_000, 'v1 60 kB': 1_500, '1.4 MB': 150 }

/**
 * `runs`: [{ label, name, form, env?, isHandled? }]. Resolves to a Map of label to one measurement per round. Each round starts
 * with another server, so that none is always the first.
 */
export async function interleaved(runs, body, { rounds, seconds, connections }) {
  const { generation, payload } = payloads[body]
  const results = new Map(runs.map(({ label }) => [label, []]))
  const ready = []
  try {
    for (const { label, name, form, env, isHandled } of runs) {
      const server = await startServer(name, form, { env })
      const load = await loadOf(name, JSON.stringify(payload), generation)
      ready.push({ label, server, load, isHandled })
    }
    for (const { server, load, isHandled } of ready) await measure(server, load, { amount: warmUp[body], connections, isHandled })
    for (let round = 0; round < rounds; round += 1) {
      for (let turn = 0; turn < ready.length; turn += 1) {
        const { label, server, load, isHandled } = ready[(turn + round) % ready.length]
        results.get(label).push(await measure(server, load, { seconds, connections, isHandled }))
      }
    }
  } finally {
    await Promise.all(ready.map(({ server }) => server.stop()))
  }
  return results
}
