// Deliveries that are taken, over HTTP: as each peer's documentation has it, and with equal work.
import { interleaved } from '../http/rounds.mjs'
import { quickRatio, ratio, spread, withRange, number } from '../report/stats.mjs'
import { judged } from '../report/targets.mjs'

const peers = ['stripe', 'standardwebhooks (svix)', 'octokit']
const documented = ['express-smile-id', 'express.raw only', 'express.json only', 'lean by hand', ...peers]
const floor = ['express-smile-id', 'express.raw only']

const tables = [
  { title: 'As documented', bodies: ['v3 0.6 kB', 'v1 2 kB', 'v1 60 kB', '1.4 MB'], runs: documented.map((name) => run(name, 'app')) },
  {
    title: 'Equal work: peers with the same schema, address check and memory of what they have seen',
    bodies: ['v1 2 kB', '1.4 MB'],
    runs: [...floor.map((name) => run(name, 'app')), ...peers.map((name) => run(name, 'equal'))],
  },
  {
    title: 'The floor: the same promises for v1 in one function, without options, reports and error paths',
    bodies: ['v1 2 kB'],
    runs: [...floor, 'all of it by hand'].map((name) => run(name, 'app')),
  },
]

function run(name, form) {
  return { label: name, name, form }
}

export async function http(settings, say) {
  const results = new Map()
  const shown = []
  for (const { title, bodies, runs } of tables) {
    for (const body of bodies) {
      say(`${title}: ${body}`)
      results.set(`${title}/${body}`, await interleaved(runs, body, settings))
    }
    const cells = (label, show) => bodies.map((body) => show(results.get(`${title}/${body}`).get(label)))
    shown.push(
      { title: `${title}: requests per second`, columns: bodies, rows: runs.map(({ label }) => [label, ...cells(label, rpsCell)]) },
      { title: `${title}: µs of the server's CPU per request`, columns: bodies, rows: runs.map(({ label }) => [label, ...cells(label, cpuCell)]) },
    )
  }
  const notes = [loadNote([...results.values()].flatMap((one) => [...one.values()].flat()))]
  const documentedOf = (body) => results.get(`As documented/${body}`)
  return {
    title: 'HTTP: deliveries that are taken',
    notes,
    tables: shown,
    targets: [...small(documentedOf('v1 2 kB')), ...large(documentedOf('1.4 MB'))],
    chart: ['v1 2 kB', '1.4 MB'].map((body) => ({ title: `${body}, as documented`, bars: [...documentedOf(body)].map(([label, rounds]) => ({ label, ...perCore(rounds) })) })),
  }
}

/** Requests that a core of its own would take in a second. */
function perCore(rounds) {
  const { median, low, high } = spread(rounds.map(({ cpuUs }) => cpuUs))
  return { median: 1e6 / median, low: 1e6 / high, high: 1e6 / low }
}

/** Target 1, from the results of the 2 kB body. */
export function small(results) {
  return [versus('1a', results, 'express.raw only'), versus('1b', results, 'lean by hand'), versus('1c', results, 'stripe')]
}

function large(results) {
  return [versus('2a', results, 'express.json only'), versus('2b', results, 'stripe'), versus('2c', results, 'standardwebhooks (svix)')]
}

// Throughput of a core is the inverse of the CPU time of a request, which what else the machine does disturbs least.
function versus(id, results, name) {
  const ours = results.get('express-smile-id')
  const theirs = results.get(name)
  if (![...ours, ...theirs].every(({ isValid }) => isValid)) return judged(id, { median: NaN, low: NaN, high: NaN }, 'void: an unexpected status, or not handled')
  const byRps = ratio(ours.map(({ rps }) => rps), theirs.map(({ rps }) => rps))
  return judged(id, quickRatio(theirs.map(({ cpuUs }) => cpuUs), ours.map(({ cpuUs }) => cpuUs)), `by CPU per request in the quicker rounds; by requests per second ${withRange(byRps)}`)
}

export const rpsCell = (rounds) => voidCell(rounds) ?? withRange(spread(rounds.map(({ rps }) => rps)))
export const cpuCell = (rounds) => voidCell(rounds) ?? withRange(spread(rounds.map(({ cpuUs }) => cpuUs)))

function voidCell(rounds) {
  const odd = rounds.find(({ isValid }) => !isValid)
  return odd && `void: status ${odd.statuses.join(', ') || 'none'}${odd.errors ? `, ${odd.errors} errors` : ''}${odd.unhandled ? `, ${odd.unhandled} not handled` : ''}`
}

/** Whether the load generator was the bottleneck anywhere: its core full while the server's was not. */
export function loadNote(measurements) {
  const held = measurements.filter(({ serverShare, loadShare }) => loadShare > 0.9 && serverShare < 0.8).length
  const share = number(100 * spread(measurements.map(({ serverShare }) => serverShare)).median)
  const own = number(100 * spread(measurements.map(({ loadShare }) => loadShare)).median)
  return `The servers used ${share} % of their core (median), the load generator ${own} % of its own; in ${held} of ${measurements.length} measurements the load generator was full while the server was not. Below 100 % on both, others had the rest; then CPU per request says more than requests per second.`
}
