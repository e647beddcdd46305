// Serves what became of callbacks to Prometheus, from the report of each delivery: node examples/metrics/server.js
import express from 'express'
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client'
import { smileIdCallbacks } from 'express-smile-id'
import { onShutdown } from '../shared/shutdown.js'

const register = new Registry()
collectDefaultMetrics({ register })

const deliveries = new Counter({
  name: 'smile_id_callbacks_total',
  help: 'Deliveries, by what became of them',
  labelNames: ['code', 'generation', 'product', 'outcome'],
  registers: [register],
})
const duration = new Histogram({
  name: 'smile_id_callback_duration_seconds',
  help: 'From receipt to answer',
  labelNames: ['code'],
  buckets: [0.005, 0.02, 0.1, 0.5, 2, 10, 30],
  registers: [register],
})
const age = new Histogram({
  name: 'smile_id_callback_age_seconds',
  help: 'From signature to receipt',
  buckets: [1, 5, 30, 120, 600, 1800, 3600],
  registers: [register],
})
const dispatches = new Counter({
  name: 'smile_id_dispatches_total',
  help: "A worker's attempts at stored events, by what became of them",
  labelNames: ['code', 'product', 'outcome', 'last'],
  registers: [register],
})
const handledAge = new Histogram({
  name: 'smile_id_handled_age_seconds',
  help: "From signature to the end of a worker's handlers",
  buckets: [1, 5, 30, 120, 600, 1800, 3600, 21600],
  registers: [register],
})

// With an inbox: deadLetters(queue) of express-smile-id/bullmq, or deadLetters(boss) of /pg-boss.
const letters = { count: async () => 0 }
// From your own table: jobs that were submitted, and have no final result yet.
const openJobs = async () => 0

new Gauge({
  name: 'smile_id_dead_letters',
  help: 'Stored events whose handlers failed every time',
  registers: [register],
  async collect() {
    this.set(await letters.count())
  },
})
new Gauge({
  name: 'smile_id_open_jobs',
  help: 'Jobs without a final result',
  registers: [register],
  async collect() {
    this.set(await openJobs())
  },
})

/** Only words of a closed list become labels: never an id, never anything of a payload. */
export function record({ code, generation = 'none', event, durationMs, receivedAt, signedAt }) {
  deliveries.inc({
    code,
    generation,
    product: event?.product ?? 'none',
    outcome: event?.outcome ?? event?.kind ?? 'none',
  })
  duration.observe({ code }, durationMs / 1000)
  if (signedAt) age.observe((receivedAt - signedAt) / 1000)
}

/** The same for the attempts of a worker. */
export function recordDispatch({ code, event, isLastTry, ageMs }) {
  dispatches.inc({
    code,
    product: event?.product ?? 'none',
    outcome: event?.outcome ?? event?.kind ?? 'none',
    last: String(isLastTry),
  })
  if (code === 'accepted' && ageMs !== undefined) handledAge.observe(ageMs / 1000)
}

const callbacks = smileIdCallbacks({
  credentials: {
    partnerId: process.env.SMILE_ID_PARTNER_ID ?? '085',
    apiKey: process.env.SMILE_ID_API_KEY ?? 'example-key-not-a-secret',
  },
  allowedIps: ['127.0.0.1', '::1'],
  onDelivery: record,
  onDispatch: recordDispatch,
})
callbacks.onAny(() => {})

const app = express()
app.use('/smile-id', callbacks.router)
app.get('/metrics', async (_req, res) => res.type(register.contentType).send(await register.metrics()))

const server = app.listen(Number(process.env.PORT ?? 3000), '127.0.0.1', () => {
  const { port } = server.address()
  console.log(`Callbacks at http://127.0.0.1:${port}/smile-id, figures at http://127.0.0.1:${port}/metrics`)
})
onShutdown(async () => {
  await callbacks.close({ timeout: 25_000 })
  server.close()
})
