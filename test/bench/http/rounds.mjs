// Interleaved windows over several servers at once, each warm before the first.
import { payloads } from '../contestants/bodies.mjs'
import { startServer } from './child.mjs'
import { loadOf, measure } from './load.mjs'

/** Deliveries of one window: a seventh to a fifth of a second. */
const perWindow = { 'v3 0.6 kB': 600, 'v1 2 kB': 600, 'v1 60 kB': 160, '1.4 MB': 48 }

// Requests until the compiler has done its work, and the heap has grown: a receiver took 250 µs of CPU at first, 170 after
// 12 000 small ones, 90 after 24 000. What has least to compile was done first, so that all others seemed dear.
// Large ones are too slow for that, so small ones go before them: they run the same code.
const warmUp = {
  'v3 0.6 kB': { 'v3 0.6 kB': 30_000 },
  'v1 2 kB': { 'v1 2 kB': 30_000 },
  'v1 60 kB': { 'v1 2 kB': 20_000, 'v1 60 kB': 1_500 },
  '1.4 MB': { 'v1 2 kB': 20_000, '1.4 MB': 100 },
}

/**
 * `runs`: [{ label, name, form, env?, isHandled? }]. Resolves to a Map of label to one measurement per window. Each round of
 * windows starts with another server, so that none is always the first. `isSame`: one delivery again and again.
 * `most`: as many windows, until `isClear` of what was measured.
 */
export async function interleaved(runs, body, { windows, most = windows, isClear, connections, isSame = false }) {
  const results = new Map(runs.map(({ label }) => [label, []]))
  const ready = []
  try {
    for (const { label, name, form, env, isHandled = !isSame } of runs)
      ready.push({ label, server: await startServer(name, form, { env }), isHandled, name })
    for (const one of ready) {
      for (const [small, amount] of Object.entries(warmUp[body]))
        await measure(one.server, await loadWith(one.name, small, isSame), {
          amount,
          connections,
          isHandled: one.isHandled,
        })
      // As late as may be: peers refuse what was signed more than five minutes ago.
      one.load = await loadWith(one.name, body, isSame)
    }
    for (let round = 0; round < windows || (round < most && !isClear(results)); round += 1) {
      for (let turn = 0; turn < ready.length; turn += 1) {
        const { label, server, load, isHandled } = ready[(turn + round) % ready.length]
        results.get(label).push(await measure(server, load, { amount: perWindow[body], connections, isHandled }))
      }
    }
  } finally {
    await Promise.all(ready.map(({ server }) => server.stop()))
  }
  return results
}

const loadWith = (name, body, isSame) =>
  loadOf(name, JSON.stringify(payloads[body].payload), payloads[body].generation, { isSame })
