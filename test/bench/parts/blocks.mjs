// How long the dearest bodies at the size limit hold the event loop: signed, and from a stranger.
import { fork } from 'node:child_process'
import { onServerCore } from '../http/cores.mjs'
import { number, spread, withRange } from '../report/stats.mjs'
import { judged } from '../report/targets.mjs'

export async function blocks({ holds = 15 }, say) {
  say('blocks: the dearest bodies')
  const results = await measure(holds)
  const rows = results.map(({ label, bytes, signed, unsigned }) => [label, number(bytes), withRange(spread(signed)), withRange(spread(unsigned))])
  const dearest = (which) => results.map((one) => spread(one[which])).reduce((a, b) => (a.median > b.median ? a : b))
  return {
    title: 'How long one body holds the event loop',
    notes: ['ms from one turn of the event loop to the next while one body at the limit of 1.5 MB is received through `.receive`, the longest turn of each delivery. Signed: a monitoring update with a captured signature, all of which counts for its id.'],
    tables: [{ title: 'ms', columns: ['bytes', 'signed', 'unsigned'], rows }],
    targets: [judged('4a', dearest('signed')), judged('4b', dearest('unsigned'))],
  }
}

async function measure(holds) {
  const child = fork(new URL('blocks-child.mjs', import.meta.url), [String(holds)], onServerCore())
  const [results] = await new Promise((resolve, reject) => {
    child.once('message', (message) => resolve([message]))
    child.once('exit', (code) => reject(new Error(`blocks-child ended with ${code}.`)))
  })
  child.kill()
  return results
}
