// Interleaved rounds over several servers at once, each warm before the first.
import { payloads } from '../contestants/bodies.mjs'
import { startServer } from './child.mjs'
import { loadOf, measure } from './load.mjs'

// Requests until the compiler has done its work: at 3 000 small ones a fifth of a receiver's time was still the compiler's.
// Large ones are too slow for that, so small ones go before them: they run the same code.
const warmUp = {
  'v3 0.6 kB': { 'v3 0.6 kB': 12_000 },
  'v1 2 kB': { 'v1 2 kB': 12_000 },
  'v1 60 kB': { 'v1 2 kB': 6_000, 'v1 60 kB': 1_500 },
  '1.4 MB': { 'v1 2 kB': 12_000, '1.4 MB': 150 },
}

/**
 * `runs`: [{ label, name, form, env?, isHandled? }]. Resolves to a Map of label to one measurement per round. Each round starts
 * with another server, so that none is always the first.
 */
export async function interleaved(runs, body, { rounds, seconds, connections }) {
  const results = new Map(runs.map(({ label }) => [label, []]))
  const ready = []
  try {
    for (const { label, name, form, env, isHandled } of runs) {
      const server = await startServer(name, form, { env })
      ready.push({ label, server, load: await loadWith(name, body), isHandled, name })
    }
    for (const { server, name, isHandled } of ready) {
      for (const [small, amount] of Object.entries(warmUp[body])) await measure(server, await loadWith(name, small), { amount, connections, isHandled })
    }
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

const loadWith = (name, body) => loadOf(name, JSON.stringify(payloads[body].payload), payloads[body].generation)
