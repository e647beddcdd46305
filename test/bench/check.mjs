// The short form for CI: what has a gate; exits with 1 if one is missed. npm run bench:check
// A ratio that is missed is measured once more in more windows, since the machine may have been busy.
import { availableParallelism } from 'node:os'
import { pinLoadGenerator } from './http/cores.mjs'
import { allocated } from './parts/allocation.mjs'
import { growthRatios } from './parts/growth.mjs'
import { httpRatios } from './parts/http.mjs'
import { passesGate, targets } from './report/targets.mjs'
import { withRange } from './report/stats.mjs'

/** Each measures its targets: { id: spread }. */
const parts = [
  ...['2 kB', '60 kB', '1.4 MB', 'v3, 0.6 kB', 'a duplicate, 2 kB'].map((title) => (settings) => httpRatios(title, settings)),
  async () => ({ 3: await allocated() }),
  growthRatios,
]
const short = { windows: 12, rounds: 3, seconds: 0.4 }
const long = { windows: 40, rounds: 7, seconds: 0.7 }

console.log(`${availableParallelism()} cores, Node ${process.version}`)
pinLoadGenerator()
let missed = 0
for (const part of parts) {
  const first = await part(short)
  const again = Object.entries(first).every(([id, measured]) => passesGate(id, measured.median)) ? {} : await part(long)
  for (const [id, measured] of Object.entries({ ...first, ...again })) {
    const passes = passesGate(id, measured.median)
    if (!passes) missed += 1
    const { what, gate } = targets[id]
    console.log(`${passes ? 'ok    ' : 'MISSED'} ${id} ${what}: ${withRange(measured)}, has to be at most ${gate.toFixed(2)}${again[id] ? ', second try' : ''}`)
  }
}
console.log(`${missed === 0 ? 'All held' : `${missed} missed`} in ${Math.round(performance.now() / 1_000)} s.`)
process.exit(missed === 0 ? 0 : 1)
