// For dashboard.mjs: a receiver with an inbox and its worker, whose figures are those of examples/metrics.
import express from 'express'
import { Queue } from 'bullmq'
import { Registry } from 'prom-client'
import { setTimeout as wait } from 'node:timers/promises'
import { bullmqInbox, bullmqWorker } from '../../dist/bullmq.js'
import { smileIdCallbacks } from '../../dist/index.js'
import { figures } from '../../examples/metrics/figures.js'

const { PORT, REDIS_PORT, CREDENTIAL } = process.env
const connection = { port: Number(REDIS_PORT), maxRetriesPerRequest: null, socketTimeout: 15_000 }
const queue = new Queue('smile-id', { connection })
const register = new Registry()
const { onDispatch } = figures(register, 'worker', () => worker.health())
const callbacks = smileIdCallbacks({
  credentials: JSON.parse(CREDENTIAL),
  allowedIps: ['127.0.0.1'],
  logger: false,
  inbox: bullmqInbox(queue, { job: { attempts: 2, backoff: { type: 'fixed', delay: 2_000 } } }),
  onDispatch,
})
let count = 0
// Slower than they come for a while in each half minute; every ninth try fails.
callbacks.onAny(async () => {
  await wait(Math.floor(Date.now() / 1000) % 30 < 8 ? 900 : 60)
  if ((count += 1) % 9 === 0) throw new Error('so that there is something to see')
})
const worker = bullmqWorker(callbacks, { connection })
worker.on('error', console.error)

const app = express().use('/smile-id', callbacks.router)
app.get('/metrics', async (_req, res) => res.type(register.contentType).send(await register.metrics()))
app.listen(Number(PORT), '127.0.0.1')
