// Measures this library beside its peers: npm run bench [-- PART... --windows N --before DIST --write]
// Windows are interleaved, so that what else the machine does falls on all alike; compare ratios within one run.
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { pinLoadGenerator } from './http/cores.mjs'
import { head, partText, verdictText } from './report/markdown.mjs'
import { write } from './report/write.mjs'

const names = ['http', 'allocation', 'blocks', 'growth', 'refusals', 'functions', 'import', 'memory']
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    windows: { type: 'string', default: '40' },
    before: { type: 'string' },
    deliveries: { type: 'string', default: '5000' },
    write: { type: 'boolean', default: false },
  },
})
const wrong = positionals.filter((name) => !names.includes(name))
if (wrong.length > 0) throw new Error(`No part is called ${wrong.join(', ')}: ${names.join(', ')}.`)

const settings = { windows: Number(values.windows), rounds: 3, seconds: 1, deliveries: Number(values.deliveries), before: values.before && resolve(values.before, 'index.js') }
const say = (text) => process.stderr.write(`… ${text}\n`)
const texts = []
const show = (text) => {
  texts.push(text)
  console.log(`${text}\n`)
}

pinLoadGenerator()
const started = performance.now()
show(head(settings))
const judgements = []
let chart
for (const name of positionals.length > 0 ? positionals : names) {
  const { [name]: part } = await import(`./parts/${name}.mjs`)
  const result = await part(settings, say)
  judgements.push(...result.targets)
  chart ??= result.chart
  show(partText(result))
}
show(verdictText(judgements))
say(`${((performance.now() - started) / 60_000).toFixed(1)} minutes`)
if (values.write) await write(texts, chart)
process.exit()
