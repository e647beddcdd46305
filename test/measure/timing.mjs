// Does refusing a wrong signature take longer the more of it is right? Run by `npm run test:timing`; not part of `npm test`.
import { performance } from 'node:perf_hooks'
import { smileIdCallbacks } from '../../dist/index.js'
import { signDelivery } from '../../dist/testing.js'

const credential = { partnerId: '085', apiKey: 'test-key-not-a-secret' }
const callbacks = smileIdCallbacks({ credentials: credential, allowedIps: false, logger: false })
const { headers } = signDelivery({ generation: 'v3', credential, payload: {}, jobId: 'job-1' })
const right = headers['Response-Signature']
const wrong = (matching) => right.slice(0, matching) + [...right.slice(matching)].map((letter) => (letter === 'A' ? 'B' : 'A')).join('')
const groups = [0, 11, 22, 43].map((matching) => ({ matching, signature: wrong(matching), times: [] }))

const rounds = Number(process.env.TIMING_ROUNDS ?? 20_000)
for (let round = -2_000; round < rounds; round += 1) {
  // Each round in another order, so that whatever else goes on in the machine hits all alike.
  for (const group of groups.map((one) => [Math.random(), one]).sort(([a], [b]) => a - b).map(([, one]) => one)) {
    const delivery = { method: 'POST', headers: { ...headers, 'Response-Signature': group.signature }, body: '' }
    const start = performance.now()
    const { code } = await callbacks.receive(delivery)
    const took = performance.now() - start
    if (code !== 'signature_mismatch') throw new Error(`expected a mismatch, got ${code}`)
    if (round >= 0) group.times.push(took)
  }
}

/** Mean and its standard error of the quicker 90 percent, µs: the rest is the machine's noise. */
function summary({ matching, times }) {
  const kept = times.sort((a, b) => a - b).slice(0, Math.floor(times.length * 0.9))
  const mean = kept.reduce((sum, time) => sum + time, 0) / kept.length
  const variance = kept.reduce((sum, time) => sum + (time - mean) ** 2, 0) / (kept.length - 1)
  return { matching, mean: mean * 1000, error: Math.sqrt(variance / kept.length) * 1000 }
}

const [none, ...others] = groups.map(summary)
console.log(`${none.matching} letters match: ${none.mean.toFixed(3)} µs ± ${none.error.toFixed(3)}`)
let worst = 0
for (const other of others) {
  const t = (other.mean - none.mean) / Math.hypot(other.error, none.error)
  worst = Math.max(worst, Math.abs(t))
  console.log(`${other.matching} letters match: ${other.mean.toFixed(3)} µs ± ${other.error.toFixed(3)}, t = ${t.toFixed(2)}`)
}
// 4.5 is the customary threshold of such tests: chance alone passes it once in some 100 000 runs.
console.log(worst < 4.5 ? `no dependence found, largest |t| = ${worst.toFixed(2)}` : `DEPENDS on the matching prefix, |t| = ${worst.toFixed(2)}`)
process.exitCode = worst < 4.5 ? 0 : 1
