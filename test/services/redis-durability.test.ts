import type { Queue } from 'bullmq'
import { Redis } from 'ioredis'
import { createClient } from 'redis'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { smileIdCallbacks } from '../../src/index.ts'
import { bullmqInbox } from '../../src/engines/bullmq/inbox.ts'
import { durabilityWarnings, redisDurability } from '../../src/engines/redis/client.ts'
import { redisStore } from '../../src/engines/redis/store.ts'
import { senderIp, testOptions, v1Delivery, v1Payload } from '../support/deliveries.ts'
import { bullmqs } from '../support/engines.ts'
import { hasRedisServer, ownRedis, type OwnServer } from '../support/own-servers.mjs'

const delivery = (job: string) => ({
  ...v1Delivery({ payload: { ...v1Payload, PartnerParams: { ...v1Payload.PartnerParams, job_id: job } } }),
  clientIp: senderIp,
})

describe.skipIf(!hasRedisServer)('how durable a Redis is', () => {
  let server: OwnServer
  let admin: Redis
  beforeAll(async () => {
    server = await ownRedis(['--save', '', '--appendonly', 'no'])
    admin = new Redis(server.port, '127.0.0.1', { socketTimeout: 3_000 })
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
    [
      { appendonly: 'no', save: '', 'maxmemory-policy': 'noeviction', maxmemory: '100mb' },
      { evicts: false, keeps: 'none' },
    ],
    [
      { appendonly: 'no', save: '60 1000', 'maxmemory-policy': 'allkeys-lru', maxmemory: '0' },
      { evicts: false, keeps: 'snapshots' },
    ],
    [
      { appendonly: 'yes', save: '', 'maxmemory-policy': 'volatile-ttl', maxmemory: '100mb' },
      { evicts: true, keeps: 'aof' },
    ],
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
        expect(await redisDurability((...args) => client.sendCommand(args))).toEqual({
          evicts: true,
          keeps: 'snapshots',
        })
      } finally {
        client.destroy()
      }
    }
    expect(
      await redisDurability(async (...args) => Buffer.from(String(await admin.call(...(args as [string]))))),
    ).toMatchObject({ evicts: true })
  })

  it('stays open where the server will not say', async () => {
    await admin.call('ACL', 'SETUSER', 'app', 'on', 'nopass', '~*', '+@all', '-config', '-info')
    await admin.call('ACL', 'SETUSER', 'half', 'on', 'nopass', '~*', '+@all', '-config')
    for (const [username, expected] of [
      ['app', { evicts: undefined, keeps: undefined }],
      ['half', { evicts: true, keeps: undefined }],
    ] as const) {
      const client = new Redis({ port: server.port, host: '127.0.0.1', username, password: 'any' })
      try {
        expect(await redisDurability((...args) => client.call(...(args as [string])))).toEqual(expected)
        expect(await redisStore(client).reserve(`by ${username}`, { owner: 'a', leaseMs: 1_000 })).toBe('reserved')
      } finally {
        client.disconnect()
      }
    }
    expect(await redisDurability(() => Promise.reject(new Error('no')))).toEqual({
      evicts: undefined,
      keeps: undefined,
    })
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
      await vi.waitFor(() => expect(warn).toHaveBeenCalledTimes(2), { timeout: 30_000 })
      const said = warn.mock.calls.map(([, message]) => message).join('\n')
      expect(said).toContain('Set maxmemory-policy noeviction')
      expect(said).toContain('Set appendonly yes')
    }
  })

  it('is worth no warning where all is kept, or nothing known', () => {
    expect(durabilityWarnings({ evicts: false, keeps: 'aof' }, 'x')).toEqual([])
    expect(durabilityWarnings({ evicts: undefined, keeps: undefined }, 'x')).toEqual([])
    expect(
      durabilityWarnings({ evicts: false, keeps: 'snapshots' }, 'stored events are lost').map(({ message }) => message),
    ).toEqual([
      'This Redis writes to disk only from time to time: after a crash stored events are lost. Set appendonly yes, and appendfsync always to keep the last second as well.',
    ])
  })
})

describe.skipIf(!hasRedisServer)('a Redis that forgets is named by', () => {
  const servers: OwnServer[] = []
  const open: { disconnect(): unknown }[] = []
  afterAll(async () => {
    await Promise.all(open.map((one) => one.disconnect()))
    await Promise.all(servers.map((one) => one.remove()))
  })
  /**
   * Two events to each of two receivers that share what `use` makes; what each receiver was told, and how often the
   * server was asked.
   */
  const warnings = async (
    settings: readonly string[],
    use: (connection: {
      host: string
      port: number
      socketTimeout: number
      username?: string
      password?: string
    }) => object,
    { username }: { username?: string | undefined } = {},
  ) => {
    const server = await ownRedis(settings)
    servers.push(server)
    const admin = new Redis(server.port, '127.0.0.1')
    open.push(admin)
    const isThere = !settings.includes('--rename-command')
    await admin.call('ACL', 'SETUSER', 'app', 'on', 'nopass', '~*', '&*', '+@all', ...(isThere ? ['-config'] : []))
    const shared = use({
      host: '127.0.0.1',
      port: server.port,
      socketTimeout: 3_000,
      ...(username && { username, password: 'any' }),
    })
    const loggers = [1, 2].map(() => ({ warn: vi.fn<(facts: object, message: string) => void>(), error: vi.fn() }))
    const receivers = loggers.map((logger) => smileIdCallbacks({ ...testOptions, ...shared, logger }))
    for (const callbacks of receivers) {
      callbacks.onAny(() => undefined)
      // The second event comes after the answer to what the first one made it ask.
      for (const job of ['1', '2']) {
        expect(await callbacks.receive(delivery(job))).toMatchObject({ status: 200 })
        if (isThere)
          await vi.waitFor(async () => expect(await admin.info('commandstats')).toContain('cmdstat_config|get:'), {
            timeout: 30_000,
          })
      }
    }
    await new Promise((resolve) => setTimeout(resolve, 100))
    const [, asked] = /cmdstat_config\|get:calls=(\d+)/.exec(await admin.info('commandstats')) ?? []
    return {
      asked: Number(asked),
      said: loggers.map(({ warn }) => warn.mock.calls.map(([, message]) => message.replace('express-smile-id: ', ''))),
    }
  }

  const users = [
    ...bullmqs.map(({ name, Queue: Made }) => ({
      name: `bullmqInbox, ${name}`,
      loss: 'events that were answered 200 are lost',
      use: (connection: object) => {
        const queue: Queue = new Made('durability', { connection, skipVersionCheck: true })
        queue.on('error', () => undefined)
        open.push({ disconnect: () => queue.close() })
        return { inbox: bullmqInbox(queue) }
      },
    })),
    {
      name: 'redisStore',
      loss: 'events that were handled are forgotten, and repeats of them are handled again',
      use: (connection: object) => {
        const client = new Redis(connection)
        open.push(client)
        return { store: redisStore(client) }
      },
    },
  ]
  describe.each(users)('$name', ({ loss, use }) => {
    const forgetful = `This Redis keeps nothing on disk: after a restart ${loss}. Set appendonly yes, and appendfsync always to keep the last second as well.`
    const crashing = `This Redis writes to disk only from time to time: after a crash ${loss}. Set appendonly yes, and appendfsync always to keep the last second as well.`
    const evicting = `This Redis drops keys when its memory is full: ${loss}. Set maxmemory-policy noeviction.`
    it.each([
      ['has no persistence', ['--save', '', '--appendonly', 'no'], [forgetful]],
      ['keeps snapshots alone', ['--save', '3600 1', '--appendonly', 'no'], [crashing]],
      [
        'evicts',
        ['--save', '', '--appendonly', 'yes', '--maxmemory-policy', 'allkeys-lru', '--maxmemory', '100mb'],
        [evicting],
      ],
      [
        'does both',
        ['--save', '', '--appendonly', 'no', '--maxmemory-policy', 'allkeys-lru', '--maxmemory', '100mb'],
        [evicting, forgetful],
      ],
      ['keeps all', ['--save', '', '--appendonly', 'yes', '--maxmemory-policy', 'noeviction'], []],
    ])('where it %s', async (_, settings, expected) => {
      expect(await warnings(settings, use)).toEqual({ asked: 1, said: [expected, expected] })
    })

    it.each([
      ['refused to its user', [], 'app'],
      ['not there', ['--rename-command', 'CONFIG', ''], undefined],
    ])('and taken as it is where CONFIG is %s', async (_, settings, username) => {
      expect(await warnings(['--save', '', '--appendonly', 'no', ...settings], use, { username })).toMatchObject({
        said: [[], []],
      })
    })
  })
})
