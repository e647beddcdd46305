// Deliveries that are refused, and duplicates, beside a receiver that reads the body first and then refuses.
import { payloads } from '../contestants/bodies.mjs'
import { json } from '../contestants/shared.mjs'
import { smileId, smileIdSeries } from '../contestants/smile-id-sender.mjs'
import { startServer } from '../http/child.mjs'
import { measureRefusals } from '../http/refusal-load.mjs'
import { number, ratio, spread } from '../report/stats.mjs'
import { judged } from '../report/targets.mjs'
import { cpuCell, loadNote, rpsCell } from './http.mjs'

const names = ['express-smile-id', 'refuses after reading']
/** Beside the targets: what an answer and a new connection cost at least. */
const floor = 'refuses at once'
const columns = [...names, floor]
const oversize = Buffer.alloc(1_600_000, ' ')
const textOf = (body) => JSON.stringify(payloads[body].payload)

const badV1 = ({ headers, body }) => {
  body.latin1Write('AAAA', '{"signature":"'.length)
  return { headers, body }
}
const badV3 = ({ headers, body }) => ({ headers: { ...headers, 'Response-Signature': `AAAA${headers['Response-Signature'].slice(4)}` }, body })

/** `make()` gives the function that makes each delivery. */
const cases = [
  { label: 'wrong address, 2 kB', form: 'wrong address', expect: '403', make: () => smileIdSeries(textOf('v1 2 kB')) },
  { label: 'wrong address, 1.4 MB', form: 'wrong address', expect: '403', make: () => smileIdSeries(textOf('1.4 MB')), target: '8a' },
  { label: 'bad v1 signature, 2 kB', expect: '401', make: () => damaged(badV1, textOf('v1 2 kB')) },
  { label: 'bad v1 signature, 1.4 MB', expect: '401', make: () => damaged(badV1, textOf('1.4 MB')) },
  { label: 'bad v3 signature, 0.6 kB', expect: '401', make: () => damaged(badV3, textOf('v3 0.6 kB'), 'v3') },
  { label: 'bad v3 signature, 1.4 MB', expect: '401', make: () => damaged(badV3, textOf('1.4 MB'), 'v3'), target: '8b' },
  { label: 'oversize, declared', expect: '413', make: () => () => ({ headers: json, body: oversize }) },
  { label: 'oversize, chunked', expect: '413', make: () => () => ({ headers: json, body: oversize, isChunked: true }) },
  { label: 'duplicate, 2 kB', expect: '200', make: () => same(smileId(textOf('v1 2 kB'))) },
]

function damaged(damage, ...text) {
  const next = smileIdSeries(...text)
  return () => damage(next())
}

function same({ headers, body }) {
  const bytes = Buffer.from(body)
  return () => ({ headers, body: bytes })
}

export async function refusals(settings, say) {
  const results = new Map()
  for (const one of cases) {
    say(`refusals: ${one.label}`)
    results.set(one.label, await interleaved(one, settings))
  }
  const rows = (cell) => cases.map(({ label }) => [label, ...columns.map((name) => (results.get(label)[name] ? cell(results.get(label)[name]) : '–'))])
  const byCase = ({ label }) => names.map((name) => results.get(label)[name])
  return {
    title: 'HTTP: refusals and duplicates',
    notes: [
      '“refuses after reading” is express.raw, then the same check and the same status. It keeps its connections; this library closes a connection whose body it does not read, so each of its early refusals of a large body also pays for a new one.',
      `“${floor}” is the floor of that: an answer and the connection’s end, and no look at anything. Some of its answers are lost, since it does not wait for the sender to read them.`,
      loadNote(cases.flatMap(byCase).flat()),
    ],
    tables: [
      { title: 'Requests per second', columns, rows: rows(rpsCell) },
      { title: "µs of the server's CPU per request", columns, rows: rows(cpuCell) },
      { title: 'Bytes read of the socket per request', columns, rows: rows((rounds) => number(spread(rounds.map(({ bytesRead }) => Math.round(bytesRead))).median)) },
    ],
    targets: [...cases.filter(({ target }) => target).map((one) => faster(one, byCase(one))), mostRead(cases.filter(({ target }) => target).map((one) => byCase(one)[0]))],
  }
}

function faster({ target }, [ours, afterReading]) {
  const isVoid = ![...ours, ...afterReading].every(({ isValid }) => isValid)
  if (isVoid) return judged(target, { median: NaN, low: NaN, high: NaN }, 'void: an unexpected status')
  const byRps = ratio(ours.map(({ rps }) => rps), afterReading.map(({ rps }) => rps))
  return judged(target, ratio(afterReading.map(({ cpuUs }) => cpuUs), ours.map(({ cpuUs }) => cpuUs)), `by CPU per request; by requests per second ${number(byRps.median)}`)
}

// The most that any connection was read of, head and all: each of these connections carried one request.
function mostRead(refused) {
  const most = Math.max(...refused.flat().map(({ mostRead }) => mostRead))
  return judged('8c', { median: most, low: most, high: most }, 'with the request’s head')
}

async function interleaved({ form = 'app', expect, make, target }, { rounds, seconds }) {
  const contestants = target ? columns : names
  const results = Object.fromEntries(contestants.map((name) => [name, []]))
  const ready = await Promise.all(contestants.map(async (name) => ({ name, server: await startServer(name, form), next: make(), mayLose: name === floor })))
  try {
    for (const { server, next, mayLose } of ready) await measureRefusals(server, next, { amount: 800, expect, mayLose })
    for (let round = 0; round < rounds; round += 1) {
      for (const { name, server, next, mayLose } of round % 2 ? ready.toReversed() : ready) results[name].push(await measureRefusals(server, next, { seconds, expect, mayLose }))
    }
  } finally {
    await Promise.all(ready.map(({ server }) => server.stop()))
  }
  return results
}
