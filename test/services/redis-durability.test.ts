import { Redis } from 'ioredis'
import { createClient } from 'redis'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { smileIdCallbacks } from '../../src/index.ts'
import { durabilityWarnings, redisDurability } from '../../src/once/redis-durability.ts'
import { redisStore } from '../../src/once/redis.ts'
import { senderIp, testOptions, v1Delivery, v1Payload } from '../support/deliveries.ts'
import { hasRedisServer, ownRedis, type OwnServer } from '../support/own-servers.mjs'

const delivery = (job: string) => ({ ...v1Delivery({ payload: { ...v1Payload, PartnerParams: { ...v1Payload.PartnerParams, job_id: job } } }), clientIp: senderIp })

describe.skipIf(!hasRedisServer)('how durable a Redis is', () => {
  let server: OwnServer
  let admin: Redis
  beforeAll(async () => {
    server = await ownRedis(['--save', '', '--appendonly', 'no'])
    admin = new Redis(server.port, '127.0.0.1')
  })
  afterAll(async () => {
    admin.disconnect()
    await server.remove()
  })
  const set = async (settings: Record<string, string>) => {
    for (const [name, value] of Object.entries(settings)) await admin.config('SET', name, value)
  }
  const ask = () => redisDurability((...args) => admin.call(...(args as [string])))

  it.each([
    [{ appendonly: 'no', save: '', 'maxmemory-policy': 'noeviction', maxmemory: '100mb' }, { evicts: false, keeps: 'none' }],
    [{ appendonly: 'no', save: '60 1000', 'maxmemory-policy': 'allkeys-lru', maxmemory: '0' }, { evicts: false, keeps: 'snapshots' }],
    [{ appendonly: 'yes', save: '', 'maxmemory-policy': 'volatile-ttl', maxmemory: '100mb' }, { evicts: true, keeps: 'aof' }],
  ])('of %o is read', async (settings, durability) => {
    await set(settings)
    expect(await ask()).toEqual(durability)
  })

  it('is read by every client, in every form of reply', async () => {
    await set({ appendonly: 'no', save: '60 1000', 'maxmemory-policy': 'allkeys-lru', maxmemory: '100mb' })
    for (const RESP of [2, 3] as const) {
      const client = createClient({ url: `redis://127.0.0.1:${server.port}`, RESP })
      client.on('error', () => undefined)
      await client.connect()
      try {
        expect(await redisDurability((...args) => client.sendCommand(args))).toEqual({ evicts: true, keeps: 'snapshots' })
      } finally {
        client.destroy()
      }
    }
    expect(await redisDurability(async (...args) => Buffer.from(String(await admin.call(...(args as [string])))))).toMatchObject({ evicts: true })
  })

  it('stays open where the server will not say', async () => {
    await admin.call('ACL', 'SETUSER', 'app', 'on', 'nopass', '~*', '+@all', '-config', '-info')
    await admin.call('ACL', 'SETUSER', 'half', 'on', 'nopass', '~*', '+@all', '-config')
    for (const [username, expected] of [['app', { evicts: undefined, keeps: undefined }], ['half', { evicts: true, keeps: undefined }]] as const) {
      const client = new Redis({ port: server.port, host: '127.0.0.1', username, password: 'any' })
      try {
        expect(await redisDurability((...args) => client.call(...(args as [string])))).toEqual(expected)
        expect(await redisStore(client).reserve(`by ${username}`, { owner: 'a', leaseMs: 1_000 })).toBe('reserved')
      } finally {
        client.disconnect()
      }
    }
    expect(await redisDurability(() => Promise.reject(new Error('no')))).toEqual({ evicts: undefined, keeps: undefined })
  })

  it('is said once, with the fix, in the log of each receiver', async () => {
    await set({ appendonly: 'no', save: '', 'maxmemory-policy': 'allkeys-lru', maxmemory: '100mb' })
    const store = redisStore(admin)
    const loggers = [1, 2].map(() => ({ warn: vi.fn<(facts: object, message: string) => void>(), error: vi.fn() }))
    const receivers = loggers.map((logger) => smileIdCallbacks({ ...testOptions, store, logger }))
    // Nothing is asked before the first event.
    expect(loggers.map(({ warn }) => warn.mock.calls.length)).toEqual([0, 0])
    for (const callbacks of receivers) callbacks.onAny(() => undefined)
    for (const job of ['1', '2']) for (const callbacks of receivers) await callbacks.receive(delivery(job))
    for (const { warn } of loggers) {
      await vi.waitFor(() => expect(warn).toHaveBeenCalledTimes(2))
      const said = warn.mock.calls.map(([, message]) => message).join('\n')
      expect(said).toContain('Set maxmemory-policy noeviction')
      expect(said).toContain('Set appendonly yes')
    }
  })

  it('is worth no warning where all is kept, or nothing known', () => {
    expect(durabilityWarnings({ evicts: false, keeps: 'aof' }, 'x')).toEqual([])
    expect(durabilityWarnings({ evicts: undefined, keeps: undefined }, 'x')).toEqual([])
    expect(durabilityWarnings({ evicts: false, keeps: 'snapshots' }, 'stored events are lost').map(({ message }) => message)).toEqual([
      'This Redis writes to disk now and then only: after a crash stored events are lost. Set appendonly yes, and appendfsync always to keep the last second, too.',
    ])
  })
})
