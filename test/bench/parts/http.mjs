// Deliveries that are taken, over HTTP: this library, the floor, and peers with equal work and as documented.
import { interleaved } from '../http/rounds.mjs'
import { quickRatio, quickest, ratio, spread, withRange, number } from '../report/stats.mjs'
import { judged } from '../report/targets.mjs'

const run = (name, form = 'app') => ({
  label: form === 'app' ? name : `${name}, ${form === 'equal' ? 'equal work' : 'same promises'}`,
  name,
  form,
})

const ours = run('express-smile-id')
const raw = run('express.raw only')
const floor = run('all of it by hand')
const lean = run('lean by hand')
const equal = [run('stripe', 'equal'), run('standardwebhooks (svix)', 'equal')]
const octokit = run('octokit', 'promises')

/** Each with what it is measured against: [target, contestant]. */
const panels = [
  {
    title: '2 kB',
    body: 'v1 2 kB',
    runs: [ours, raw, lean, floor, ...equal, octokit, run('octokit')],
    targets: [
      ['1a', floor],
      ['1b', equal[0]],
      ['1c', equal[1]],
      ['1d', octokit],
    ],
  },
  { title: '60 kB', body: 'v1 60 kB', runs: [ours, raw, floor, ...equal], targets: [['2a', floor]] },
  {
    title: '1.4 MB',
    body: '1.4 MB',
    runs: [ours, run('express.json only'), floor, ...equal, octokit],
    targets: [['2b', floor]],
  },
  {
    title: 'v3, 0.6 kB',
    body: 'v3 0.6 kB',
    runs: [ours, raw, lean, ...equal, run('octokit')],
    targets: [['2c', lean]],
  },
  { title: 'a duplicate, 2 kB', body: 'v1 2 kB', isSame: true, runs: [ours, floor], targets: [['2d', floor]] },
]

export async function http(settings, say) {
  const judgements = []
  const tables = []
  const chart = []
  const all = []
  for (const { title, targets, ...panel } of panels) {
    say(`http: ${title}`)
    const results = await measured(panel, settings)
    all.push(...[...results.values()].flat())
    judgements.push(...judge(targets, results))
    tables.push({
      title,
      columns: ["µs of the server's CPU per request", 'against ours', 'requests per second'],
      rows: [...results].map(([label, windows]) => [
        label,
        cpuCell(windows),
        withRange(quickRatio(cpuOf(windows), cpuOf(results.get(ours.label)))),
        rpsCell(windows),
      ]),
    })
    if (panel.body !== 'v3 0.6 kB' && !panel.isSame)
      chart.push({
        title,
        bars: [...results]
          .filter(([, windows]) => windows.every(({ isValid }) => isValid))
          .map(([label, windows]) => ({ label, ...perCore(windows) })),
      })
  }
  return { title: 'HTTP: deliveries that are taken', notes: [loadNote(all)], tables, targets: judgements, chart }
}

/** Of one panel, by its title; for the short form. */
export async function httpRatios(title, { isClear, ...settings }) {
  const { targets, ...panel } = panels.find((one) => one.title === title)
  const runs = [ours, ...targets.map(([, run]) => run)]
  const ratios = (results) => Object.fromEntries(judge(targets, results).map(({ id, measured }) => [id, measured]))
  return ratios(await measured({ ...panel, runs }, { ...settings, isClear: (results) => isClear(ratios(results)) }))
}

/** With another build of the library beside this one, where `before` is its main file. */
function measured({ body, runs, isSame }, { before, ...settings }) {
  const more = before ? [{ ...ours, label: 'express-smile-id before', env: { BENCH_DIST: before } }] : []
  return interleaved([...runs, ...more], body, { ...settings, isSame })
}

const cpuOf = (windows) => windows.map(({ cpuUs }) => cpuUs)

/** Requests that a core of its own would take in a second. */
function perCore(windows) {
  const { median, low, high } = quickest(cpuOf(windows))
  return { median: 1e6 / median, low: 1e6 / high, high: 1e6 / low }
}

const judge = (targets, results) =>
  targets.map(([id, { label }]) => versus(id, results.get(ours.label), results.get(label)))

// By the CPU time of a request, which what else the machine does disturbs least.
function versus(id, windows, theirs) {
  if (![...windows, ...theirs].every(({ isValid }) => isValid))
    return judged(id, { median: NaN, low: NaN, high: NaN }, 'void: an unexpected status, or not handled')
  const byRps = ratio(
    windows.map(({ rps }) => 1 / rps),
    theirs.map(({ rps }) => 1 / rps),
  )
  return judged(id, quickRatio(cpuOf(windows), cpuOf(theirs)), `by the clock ${number(byRps.median)}`)
}

export const rpsCell = (windows) => voidCell(windows) ?? withRange(spread(windows.map(({ rps }) => rps)))

export const cpuCell = (windows) => voidCell(windows) ?? withRange(quickest(cpuOf(windows)))

function voidCell(windows) {
  const odd = windows.find(({ isValid }) => !isValid)
  return (
    odd
    && `void: status ${odd.statuses.join(', ') || 'none'}${odd.errors ? `, ${odd.errors} errors` : ''}${odd.unhandled ? `, ${odd.unhandled} not handled` : ''}`
  )
}

/** Whether the load generator was the bottleneck anywhere: its core full while the server's was not. */
export function loadNote(measurements) {
  const held = measurements.filter(({ serverShare, loadShare }) => loadShare > 0.9 && serverShare < 0.8).length
  const share = number(100 * spread(measurements.map(({ serverShare }) => serverShare)).median)
  const own = number(100 * spread(measurements.map(({ loadShare }) => loadShare)).median)
  return `The servers used ${share} % of their core (median), the load generator ${own} % of its own; in ${held} of ${measurements.length} measurements the load generator was full while the server was not. Below 100 % on both, others had the rest; then CPU per request says more than requests per second.`
}
