// Serves what became of callbacks to Prometheus, and tells how the process does: node examples/metrics/server.js
import express from 'express'
import { collectDefaultMetrics, Gauge, Registry } from 'prom-client'
import { smileIdCallbacks } from 'express-smile-id'
import { onShutdown } from '../shared/shutdown.js'
import { figures } from './figures.js'

const register = new Registry()
collectDefaultMetrics({ register })

// In a worker's process: figures(register, 'worker', () => worker.health()), and its onDispatch.
const record = figures(register, 'receiver', () => callbacks.health())

// From your own table: jobs that were submitted, and have no final result yet.
const openJobs = async () => 0
new Gauge({
  name: 'smile_id_open_jobs',
  help: 'Jobs without a final result',
  registers: [register],
  async collect() {
    this.set(await openJobs())
  },
})

// In the process that reconciles: overdue.set((await reconcile(callbacks, …)).overdue?.length ?? 0)
const overdue = new Gauge({
  name: 'smile_id_overdue_jobs',
  help: 'Jobs that Smile ID has not finished after a day, as reconcile says',
  registers: [register],
})
overdue.set(0)

const callbacks = smileIdCallbacks({
  credentials: {
    partnerId: process.env.SMILE_ID_PARTNER_ID ?? '085',
    apiKey: process.env.SMILE_ID_API_KEY ?? 'example-key-not-a-secret',
  },
  allowedIps: ['127.0.0.1', '::1'],
  ...record,
})
callbacks.onAny(() => {})

const app = express()
app.use('/smile-id', callbacks.router)
app.get('/metrics', async (_req, res) => res.type(register.contentType).send(await register.metrics()))

// Liveness: the process runs. Readiness: until close. A slow store is no reason: its deliveries come again.
let isClosing = false
app.get('/livez', (_req, res) => res.sendStatus(200))
app.get('/readyz', async (_req, res) => res.status(isClosing ? 503 : 200).json(await callbacks.health()))

const server = app.listen(Number(process.env.PORT ?? 3000), '127.0.0.1', () => {
  const { port } = server.address()
  console.log(`Callbacks at http://127.0.0.1:${port}/smile-id, figures at http://127.0.0.1:${port}/metrics`)
})
onShutdown(async () => {
  isClosing = true
  await callbacks.close({ timeout: 25_000, drainFor: Number(process.env.DRAIN_MS ?? 5_000) })
  server.close()
})
