// What do 200 uploads of 1.5 MB at once from strangers cost? Run by `npm run test:memory`, with --expose-gc.
import { fork } from 'node:child_process'
import { createServer, request } from 'node:http'
import { fileURLToPath } from 'node:url'
import express from 'express'
import { smileIdCallbacks } from '../../dist/index.js'

const cap = 64 * 1024 * 1024
const uploads = 200
const size = 1_500_000
const mb = (bytes) => `${(bytes / 1024 / 1024).toFixed(1)} MB`

if (process.argv[2] === 'senders') await sendAll(Number(process.argv[3]))
else await receive()

async function receive() {
  const ends = {}
  const callbacks = smileIdCallbacks({
    credentials: { partnerId: '085', apiKey: 'test-key-not-a-secret' },
    allowedIps: false,
    logger: false,
    maxUnverifiedBytes: cap,
    onDelivery: ({ code }) => void (ends[code] = (ends[code] ?? 0) + 1),
  })
  const server = createServer(express().use(callbacks.router))
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address()
  const round = () => new Promise((resolve) => fork(fileURLToPath(import.meta.url), ['senders', String(port)]).on('exit', resolve))
  await round()
  const before = await settled()
  let peak = 0
  // Without the old generation's garbage: what is held, not what waits to be collected.
  const sampler = setInterval(() => (peak = Math.max(peak, held())), 40)
  await round()
  clearInterval(sampler)
  const after = await settled()
  server.close()
  server.closeAllConnections()
  console.log(ends)
  console.log(`before ${mb(before)}, peak ${mb(peak)} (+${mb(peak - before)}), after ${mb(after)}; cap ${mb(cap)}, sent at once ${mb(uploads * size)}`)
  // Beside the bodies that are counted: what 200 sockets buffer (64 kB each) and one body being joined and parsed.
  const allowed = cap + uploads * 65_536 * 2 + 4 * size
  const isBounded = peak - before <= allowed
  const returns = after - before < 16 * 1024 * 1024
  console.log(isBounded && returns ? 'bounded, and memory returns' : `NOT bounded (${isBounded}) or not returned (${returns})`)
  process.exitCode = isBounded && returns ? 0 : 1
}

function held() {
  global.gc()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

async function settled() {
  for (let i = 0; i < 5; i += 1) {
    await new Promise((resolve) => setTimeout(resolve, 300))
    global.gc()
  }
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

/** All but the last byte of each, then a pause in which all of them are held, then the rest. */
async function sendAll(port) {
  const body = Buffer.alloc(size, ' ')
  const one = () =>
    new Promise((resolve) => {
      const sent = request({ port, host: '127.0.0.1', method: 'POST', headers: { 'Content-Type': 'application/json', 'Content-Length': size } }, (response) => response.resume().on('end', resolve))
      sent.on('error', resolve)
      sent.write(body.subarray(0, size - 1))
      setTimeout(() => sent.end(body.subarray(0, 1)), 1_500)
    })
  await Promise.all(Array.from({ length: uploads }, one))
  process.exit(0)
}
