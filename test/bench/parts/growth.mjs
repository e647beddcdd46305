// What a delivery costs as job subscriptions grow and as the memory store fills. One process each, rounds interleaved.
import { fork } from 'node:child_process'
import { onServerCore } from '../http/cores.mjs'
import { median, number, quantile, spread, withRange } from '../report/stats.mjs'
import { judged } from '../report/targets.mjs'

const subscriptions = [1, 100, 10_000].map((count) => ({ label: number(count), subscriptions: count }))
const fills = [0, 100_000, 1_000_000]
const filling = fills.map((count) => ({ label: number(count), filled: count, maxEntries: 2_000_000 }))
// At its limit each new event makes the oldest leave; 100 000 have left before the measuring starts.
const full = [10_000, 100_000, 1_000_000].map((count) => ({
  label: number(count),
  filled: count + 100_000,
  maxEntries: count,
}))

export async function growth(settings, say) {
  say('growth: job subscriptions')
  const bySubscriptions = await measureAll(subscriptions, settings)
  say('growth: a store that fills')
  const byFilling = await measureAll(filling, settings)
  say('growth: a store at its limit')
  const byFull = await measureAll(full, settings)
  return {
    title: 'Cost per delivery as things grow',
    notes: [
      'µs of CPU per delivery through `.receive`, 2 kB v1, everything on; every delivery is a fact of its own and matches one of the job subscriptions. Each round is the lower quartile of many short slices.',
    ],
    tables: [
      table('Job subscriptions', subscriptions, bySubscriptions),
      table('Events in the memory store, which has room for 2 000 000', filling, byFilling),
      table('Events in the memory store, which has room for no more', full, byFull),
    ],
    targets: [
      judged('5a', flatness(bySubscriptions)),
      judged('5b', flatness(byFilling), 'a store with room'),
      judged('5b', flatness(byFull), 'a store at its limit of 10 000, 100 000 and 1 000 000, which evicts'),
    ],
  }
}

/** Target 5a or 5b alone, for the short form. */
export async function growthRatio(id, { isClear, ...settings }) {
  const ratio = (results) => ({ [id]: flatness(results) })
  const configurations = id === '5a' ? subscriptions : filling
  return ratio(await measureAll(configurations, { ...settings, isClear: (results) => isClear(ratio(results)) }))
}

function table(title, configurations, results) {
  return {
    title,
    columns: configurations.map(({ label }) => label),
    rows: [['µs of CPU', ...results.map((values) => withRange(spread(values)))]],
  }
}

/** The dearest configuration against the cheapest; the range is that of the rounds. */
function flatness(results) {
  const byRound = results[0]
    .map((_, round) => results.map((values) => values[round]))
    .map((values) => Math.max(...values) / Math.min(...values))
  const medians = results.map(median)
  return { median: Math.max(...medians) / Math.min(...medians), low: Math.min(...byRound), high: Math.max(...byRound) }
}

const slice = 250

/** CPU µs per delivery in each round, by configuration: the lower quartile of many short slices in turn, as noise only ever adds. */
async function measureAll(configurations, { rounds, mostRounds = rounds, seconds, isClear }) {
  const children = await Promise.all(configurations.map(start))
  try {
    for (const { run } of children) await run(6_000)
    const results = children.map(() => [])
    for (let round = 0; round < rounds || (round < mostRounds && !isClear(results)); round += 1) {
      const slices = children.map(() => [])
      for (let turn = 0; turn < 20 * seconds * children.length; turn += 1) {
        const index = (turn + Math.floor(turn / children.length)) % children.length
        slices[index].push(await children[index].run(slice))
      }
      slices.forEach((values, index) => results[index].push(quantile(values, 0.25)))
    }
    return results
  } finally {
    for (const { child } of children) child.disconnect()
  }
}

async function start(configuration) {
  const child = fork(
    new URL('growth-child.mjs', import.meta.url),
    [JSON.stringify(configuration)],
    onServerCore(['--max-old-space-size=4096']),
  )
  const next = () =>
    new Promise((resolve, reject) => {
      const ended = (code) => reject(new Error(`growth-child ended with ${code}.`))
      child.once('exit', ended)
      child.once('message', (message) => {
        child.off('exit', ended)
        resolve(message)
      })
    })
  await next()
  return {
    child,
    async run(count) {
      const answer = next()
      child.send(count)
      return (await answer).cpuUs
    },
  }
}
