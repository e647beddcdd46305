// Keeps a run, one for each Node: results/node-24.md and its chart.
import { mkdir, writeFile } from 'node:fs/promises'
import { chartOf } from './svg.mjs'

const results = new URL('../results/', import.meta.url)
const name = `node-${process.versions.node.split('.')[0]}`

export async function write(texts, panels) {
  await mkdir(results, { recursive: true })
  const picture = panels ? [`![Requests per second of one core, beside the peers](${name}.svg)`] : []
  const text = [`# Benchmark results on Node ${process.version}`, 'Written by `npm run bench -- --write`; what each part measures stands in [the README](../README.md).', ...picture, ...texts]
  await writeFile(new URL(`${name}.md`, results), `${text.join('\n\n')}\n`)
  if (!panels) return
  const chart = chartOf({
    title: 'Callbacks that one core takes per second',
    subtitle: 'By CPU time per request, median and range; express.raw and express.json verify nothing.',
    panels,
    highlighted: 'express-smile-id',
  })
  await writeFile(new URL(`${name}.svg`, results), chart)
}
