// Measures this library beside its peers: npm run bench [-- PART... --rounds N --seconds N --write]
// Rounds are interleaved, so that what else the machine does falls on all alike; compare ratios within one run.
import { parseArgs } from 'node:util'
import { pinLoadGenerator } from './http/cores.mjs'
import { head, partText, verdictText } from './report/markdown.mjs'
import { write } from './report/write.mjs'

const names = ['functions', 'http', 'refusals', 'services', 'import', 'memory', 'growth']
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '2' },
    deliveries: { type: 'string', default: '10000' },
    write: { type: 'boolean', default: false },
  },
})
const wrong = positionals.filter((name) => !names.includes(name))
if (wrong.length > 0) throw new Error(`No part is called ${wrong.join(', ')}: ${names.join(', ')}.`)

const settings = { rounds: Number(values.rounds), seconds: Number(values.seconds), deliveries: Number(values.deliveries) }
const say = (text) => process.stderr.write(`… ${text}\n`)
const texts = []
const show = (text) => {
  texts.push(text)
  console.log(`${text}\n`)
}

pinLoadGenerator()
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
if (values.write) await write(texts, chart)
process.exit()
