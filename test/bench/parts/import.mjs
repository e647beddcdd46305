// Cold import in fresh processes, and what the package weighs.
import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { number, spread, withRange } from '../report/stats.mjs'
import { judged } from '../report/targets.mjs'
import { weigh } from './package-size.mjs'

const root = fileURLToPath(new URL('../../..', import.meta.url))
const dependencies = ["import('express')", "import('zod')", "import('ipaddr.js')", "import('raw-body')"]
const contestants = {
  'nothing': '',
  'express + zod + ipaddr.js + raw-body': `await Promise.all([${dependencies}])`,
  'express-smile-id': "await import('./dist/index.js')",
}

async function importPart({ rounds }, say) {
  say('import: fresh processes')
  const results = coldImports(rounds * 4)
  const [, base, ours] = Object.keys(contestants).map((name) => results.get(name))
  const above = (key) => spread(ours.map((one, round) => one[key] - base[round][key]))
  const columns = ['ms', 'ms of CPU']
  say('import: package')
  const size = await weigh(root)
  return {
    title: 'Cold import and package',
    notes: ['ms around `import()` in a fresh process, whose files the system has in memory; the processes alternate.'],
    tables: [
      {
        title: 'Cold import',
        columns,
        rows: [...[...results].map(([name, values]) => [name, withRange(spread(values.map(({ wallMs }) => wallMs))), withRange(spread(values.map(({ cpuMs }) => cpuMs)))]), ['above', withRange(above('wallMs')), withRange(above('cpuMs'))]],
      },
      { title: 'Package, kB', columns: ['kB'], rows: size.rows.map(([name, bytes]) => [name, number(bytes / 1000)]) },
    ],
    targets: [
      judged('6a', above('cpuMs'), `by CPU; by the clock ${withRange(above('wallMs'))} ms`),
      judged('6b', one(size.withoutOptional / 1000), 'README and licence, the main entry in both module forms, and its types'),
      judged('6c', one(size.gzipped / 1000), `as shipped; ${number(size.minifiedGzipped / 1000)} kB if also minified`),
    ],
  }
}
export { importPart as import }

const one = (value) => ({ median: value, low: value, high: value })

function coldImports(rounds) {
  const results = new Map(Object.keys(contestants).map((name) => [name, []]))
  for (let round = 0; round < rounds; round += 1) {
    for (const [name, code] of Object.entries(contestants)) results.get(name).push(coldImport(code))
  }
  return results
}

function coldImport(code) {
  const timed = `const cpu = process.cpuUsage(), start = performance.now()
${code}
const wallMs = performance.now() - start, { user, system } = process.cpuUsage(cpu)
console.log(JSON.stringify({ wallMs, cpuMs: (user + system) / 1000 }))`
  // From the package's own folder, so that both load the same copies.
  return JSON.parse(execFileSync(process.execPath, ['--input-type=module', '--eval', timed], { cwd: root, encoding: 'utf8' }))
}
