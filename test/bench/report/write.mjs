// Keeps a run: results/results.md and the chart that the README shows.
import { mkdir, writeFile } from 'node:fs/promises'
import { chartOf } from './svg.mjs'

const results = new URL('../results/', import.meta.url)

export async function write(texts, panels) {
  await mkdir(results, { recursive: true })
  const picture = panels ? ['![Requests per second of one core, beside the peers](http.svg)'] : []
  const text = ['# Benchmark results', 'Written by `npm run bench -- --write`; what each part measures stands in [the README](../README.md).', ...picture, ...texts]
  await writeFile(new URL('results.md', results), `${text.join('\n\n')}\n`)
  if (!panels) return
  const chart = chartOf({
    title: 'Callbacks that one core takes per second',
    subtitle: 'By CPU time per request, median and range; express.raw and express.json verify nothing.',
    panels,
    highlighted: 'express-smile-id',
  })
  await writeFile(new URL('http.svg', results), chart)
}
