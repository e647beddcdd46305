// What one delivery allocates: how far the heap grows while nothing is collected.
import { payloads } from '../contestants/bodies.mjs'
import { startServer } from '../http/child.mjs'
import { loadOf, measure } from '../http/load.mjs'
import { number, spread, withRange } from '../report/stats.mjs'
import { judged } from '../report/targets.mjs'

const body = 'v1 2 kB'
const names = ['express-smile-id', 'all of it by hand', 'lean by hand', 'express.raw only']
/** Deliveries between two looks: they fit into the young generation, which is emptied before. */
const between = 500
const execArgv = ['--expose-gc', '--min-semi-space-size=256', '--max-semi-space-size=256']

export async function allocation(_settings, say) {
  const rows = []
  for (const name of names) {
    say(`allocation: ${name}`)
    rows.push([name, await allocated(name)])
  }
  return {
    title: 'Allocated for each delivery of 2 kB',
    notes: [`kB by which the heap grows for each of ${between} deliveries, with a young generation so large that nothing is collected meanwhile.`],
    tables: [{ title: 'kB', columns: ['kB'], rows: rows.map(([name, one]) => [name, withRange(one)]) }],
    targets: [judged('3', rows[0][1], `the floor ${number(rows[1][1].median)}`)],
  }
}

/** kB, over several looks. */
export async function allocated(name = 'express-smile-id') {
  const server = await startServer(name, 'app', { execArgv })
  try {
    const { generation, payload } = payloads[body]
    const load = await loadOf(name, JSON.stringify(payload), generation)
    await measure(server, load, { amount: 8_000 })
    const values = []
    for (let look = 0; look < 5; look += 1) {
      const { held: before } = await server.ask('heap')
      const { requests } = await measure(server, load, { amount: between })
      values.push(((await server.ask('grown')).held - before) / requests / 1_000)
    }
    return spread(values)
  } finally {
    await server.stop()
  }
}
