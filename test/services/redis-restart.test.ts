import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { createClient } from 'redis'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { smileIdCallbacks } from '../../src/index.ts'
import { redisStore } from '../../src/once/redis.ts'
import { senderIp, testOptions, v1Delivery, v1Payload } from '../support/deliveries.ts'

// A Redis of its own, as that of the other tests must not go down.
const hasServer = spawnSync('redis-server', ['--version']).status === 0
if (!hasServer) process.stderr.write('\nNOTICE: no redis-server on this machine: the test that restarts one is SKIPPED.\n')

describe.skipIf(!hasServer)('Redis killed and started again', () => {
  const folder = mkdtempSync(join(tmpdir(), 'smile-id-redis-'))
  let port = 0
  let server: ChildProcess
  const start = async () => {
    server = spawn('redis-server', ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, '--appendonly', 'yes', '--appendfsync', 'always', '--save', ''], { stdio: ['ignore', 'pipe', 'ignore'] })
    for await (const chunk of server.stdout!) if (String(chunk).includes('Ready to accept connections')) break
  }
  const kill = async () => {
    const exited = once(server, 'exit')
    server.kill('SIGKILL')
    await exited
  }
  beforeAll(async () => {
    const probe = createServer().listen(0, '127.0.0.1')
    await once(probe, 'listening')
    port = (probe.address() as AddressInfo).port
    probe.close()
    await start()
  })
  afterAll(async () => {
    await kill()
    rmSync(folder, { recursive: true, force: true })
  })

  const delivery = (job: string) => ({ ...v1Delivery({ payload: { ...v1Payload, PartnerParams: { ...v1Payload.PartnerParams, job_id: job } } }), clientIp: senderIp })

  it.each(['ioredis', 'node-redis'])('is answered 503 meanwhile, and forgets nothing: %s', async (kind) => {
    const nodeRedis = createClient({ url: `redis://127.0.0.1:${port}`, socket: { reconnectStrategy: 50 } })
    const ioredis = new Redis(port, '127.0.0.1', { lazyConnect: true, retryStrategy: () => 50 })
    for (const client of [nodeRedis, ioredis]) client.on('error', () => undefined)
    const client = kind === 'ioredis' ? ioredis : nodeRedis
    await client.connect()
    try {
      const callbacks = smileIdCallbacks({ ...testOptions, store: redisStore(client, { prefix: `${kind}:` }), storeTimeout: 500 })
      const handler = vi.fn()
      let open = () => undefined as unknown
      callbacks.onJob('done', handler)
      callbacks.onJob('slow', () => new Promise((resolve) => (open = () => resolve(undefined))))
      callbacks.onJob('new', handler)
      expect((await callbacks.receive(delivery('done'))).code).toBe('accepted')
      const slow = callbacks.receive(delivery('slow'))
      await vi.waitFor(async () => expect((await callbacks.receive(delivery('slow'))).code).toBe('in_progress'))

      await kill()
      expect(await callbacks.receive(delivery('new'))).toMatchObject({ code: 'store_unavailable', status: 503 })
      expect(handler).toHaveBeenCalledTimes(1)

      await start()
      await vi.waitFor(async () => expect((await callbacks.receive(delivery('done'))).code).toBe('duplicate'), { timeout: 10_000 })
      expect((await callbacks.receive(delivery('slow'))).code).toBe('in_progress')
      open()
      expect(await slow).toMatchObject({ code: 'accepted', claim: { end: 'completed' } })
      expect((await callbacks.receive(delivery('slow'))).code).toBe('duplicate')
      await vi.waitFor(async () => expect((await callbacks.receive(delivery('new'))).status).toBe(200), { timeout: 10_000 })
      expect(handler).toHaveBeenCalledTimes(2)
    } finally {
      nodeRedis.destroy()
      ioredis.disconnect()
    }
  }, 30_000)
})
