// Measures this library beside its peers over HTTP: npm run bench [-- ROUNDS SECONDS]
// Rounds are interleaved, so that what else the machine does falls on all alike; compare ratios within one run.
import { cpus } from 'node:os'
import { contestants } from './contestants.mjs'
import { payloads } from './bodies.mjs'
import { measure } from './load.mjs'

const [rounds = 3, seconds = 3] = process.argv.slice(2).map(Number)
const tables = [
  { title: 'as documented', form: 'app', sizes: ['v3 0.6 kB', 'v1 2 kB', 'v1 60 kB', '1.4 MB'] },
  { title: 'equal work: peers with the same schema, address check and memory of what they have seen', form: 'equal', sizes: ['v1 2 kB', '1.4 MB'] },
]

console.log(`${cpus()[0]?.model ?? 'unknown CPU'}, ${cpus().length} cores, Node ${process.version}, ${new Date().toISOString().slice(0, 10)}`)
console.log(`Median of ${rounds} interleaved rounds of ${seconds} s, with the range; requests per second, and µs of the server's CPU per request.`)
for (const { title, form, sizes } of tables) {
  const names = Object.keys(contestants).filter((name) => form === 'app' || contestants[name][form] || name === 'express-smile-id' || name === 'express.raw only')
  console.log(`\n### ${title}\n\n| | ${sizes.join(' | ')} |\n|---|${'---:|'.repeat(sizes.length)}`)
  const cells = new Map(names.map((name) => [name, []]))
  for (const size of sizes) {
    const results = await interleaved(names, form, size)
    for (const name of names) cells.get(name).push(cell(results.get(name)))
  }
  for (const [name, row] of cells) console.log(`| ${name} | ${row.join(' | ')} |`)
}
process.exit()

async function interleaved(names, form, size) {
  const { generation, payload } = payloads[size]
  const results = new Map(names.map((name) => [name, []]))
  for (let round = 0; round < rounds; round += 1) {
    for (const name of names) {
      const own = contestants[name][form] ? form : 'app'
      results.get(name).push(await measure({ name, form: own, text: JSON.stringify(payload), generation, seconds }))
    }
  }
  return results
}

function cell(results) {
  const odd = results.find(({ valid }) => !valid)
  if (odd) return `void: ${odd.statuses.join(', ')}${odd.errors ? `, ${odd.errors} errors` : ''}`
  const sorted = results.map(({ rps }) => Math.round(rps)).sort((a, b) => a - b)
  const cpu = results.map(({ cpuUs }) => Math.round(cpuUs)).sort((a, b) => a - b)
  return `${sorted[sorted.length >> 1]} (${sorted[0]}–${sorted.at(-1)}), ${cpu[cpu.length >> 1]} µs`
}
