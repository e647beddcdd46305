// What is held after thousands of large bodies: of one server, after collection.
import { payloads } from '../contestants/bodies.mjs'
import { startServer } from '../http/child.mjs'
import { loadOf, measure } from '../http/load.mjs'
import { number } from '../report/stats.mjs'
import { judged } from '../report/targets.mjs'

const body = '1.4 MB'
const mb = (bytes) => bytes / 1024 / 1024

export async function memory({ deliveries }, say) {
  const server = await startServer('express-smile-id', 'app', { execArgv: ['--expose-gc'] })
  const load = await loadOf('express-smile-id', JSON.stringify(payloads[body].payload), payloads[body].generation)
  const samples = []
  const post = async (amount) => {
    const { isValid, statuses } = await measure(server, load, { amount })
    if (!isValid) throw new Error(`The server answered ${statuses.join(', ')}.`)
    samples.push({ sent: (samples.at(-1)?.sent ?? 0) + amount, ...(await server.ask('memory')) })
  }
  try {
    await post(200)
    const step = Math.ceil(deliveries / 4)
    for (let sent = 0; sent < deliveries; sent += step) {
      say(`memory: ${sent} of ${deliveries}`)
      await post(Math.min(step, deliveries - sent))
    }
  } finally {
    await server.stop()
  }
  const grown = mb(samples.at(-1).held - samples[0].held)
  return {
    title: `Memory after ${number(deliveries)} bodies of ${body}`,
    notes: ['MB after collection. Held: heap and buffers outside it. The start is taken after 200 deliveries, when everything is loaded and compiled; what grows up to 10 000 deliveries are the ids that the memory store keeps.'],
    tables: [
      {
        title: 'MB',
        columns: ['held', 'resident'],
        rows: samples.map(({ sent, held, rss }) => [`after ${number(sent)}`, number(mb(held)), number(mb(rss))]),
      },
    ],
    targets: [judged('7', { median: grown, low: grown, high: grown }, `after ${number(deliveries)} deliveries`)],
  }
}
