import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { createClient } from 'redis'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { redisStore } from '../../src/once/redis.ts'
import { freePort, survivesRestart } from '../support/restart.ts'

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
    port = await freePort()
    await start()
  })
  afterAll(async () => {
    await kill()
    rmSync(folder, { recursive: true, force: true })
  })

  it.each(['ioredis', 'node-redis'])('is answered 503 meanwhile, and forgets nothing: %s', async (kind) => {
    const nodeRedis = createClient({ url: `redis://127.0.0.1:${port}`, socket: { reconnectStrategy: 50 } })
    const ioredis = new Redis(port, '127.0.0.1', { lazyConnect: true, retryStrategy: () => 50 })
    for (const client of [nodeRedis, ioredis]) client.on('error', () => undefined)
    const client = kind === 'ioredis' ? ioredis : nodeRedis
    await client.connect()
    try {
      await survivesRestart(redisStore(client, { prefix: `${kind}:` }), { kill, start })
    } finally {
      nodeRedis.destroy()
      ioredis.disconnect()
    }
  }, 30_000)
})
