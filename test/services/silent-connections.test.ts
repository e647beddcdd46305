import { readdirSync, readFileSync } from 'node:fs'
import { Cluster, Redis } from 'ioredis'
import { Redis as Redis5 } from 'ioredis5'
import pg from 'pg'
import { createClient } from 'redis'
import { createClient as createClient4 } from 'redis4'
import { createClient as createClient5 } from 'redis5'
import { afterAll, describe, expect, it, vi } from 'vitest'
import type { Inbox, OnceStore } from '../../src/index.ts'
import { bullmqInbox, bullmqWorker, type BullmqQueueLike } from '../../src/engines/bullmq/inbox.ts'
import { pgBossInbox, pgBossWorker } from '../../src/engines/pg-boss/inbox.ts'
import { postgresStore } from '../../src/engines/postgres/store.ts'
import { redisStore, type NodeRedisLike } from '../../src/engines/redis/store.ts'
import { blocks, own, placeOf } from '../docs/readme.ts'
import { cuttingProxy, type CuttingProxy } from '../support/cutting-proxy.ts'
import { v1Delivery, v1Payload } from '../support/deliveries.ts'
import { bosses, bullmqs } from '../support/engines.ts'
import { receiver } from '../support/receiver.ts'
import { databaseUrl, deleteKeys, postgresAnswers, redisAnswers, redisUrl, runId } from '../support/services.ts'

// A host that is gone sends no reset: its connections stay open, and nothing is answered on them ever again.

const delivery = (job: string) =>
  v1Delivery({ payload: { ...v1Payload, PartnerParams: { ...v1Payload.PartnerParams, job_id: job } } })

const noop = () => undefined

interface Opened {
  store?: OnceStore
  inbox?: Inbox
  /** Opens more connections. */
  others?: () => Promise<unknown>
  close(): unknown
}

const portOf = (url: string) => Number(new URL(url).port || (url.startsWith('redis') ? 6379 : 5432))
const through = (url: string, { port }: CuttingProxy) =>
  Object.assign(new URL(url), { hostname: '127.0.0.1', port: String(port) }).href

/** Takes a delivery, loses its connections in silence, and takes deliveries again within 5 s, one after the other. */
async function recovers(url: string, open: (proxy: CuttingProxy) => Opened | Promise<Opened>): Promise<void> {
  const proxy = await cuttingProxy(portOf(url))
  const opened = await open(proxy)
  const { store, inbox } = opened
  try {
    const { post } = receiver({ ...(store && { store }), ...(inbox && { inbox }) })
    expect(await post(delivery('before'))).toMatchObject({ code: 'accepted' })
    await opened.others?.()
    proxy.swallow()
    const from = performance.now()
    let n = 0
    await vi.waitFor(async () => expect((await post(delivery(`after ${(n += 1)}`))).status).toBe(200), {
      timeout: 30_000,
      interval: 50,
    })
    expect(performance.now() - from).toBeLessThan(5_000)
    expect(n).toBeGreaterThan(inbox ? 0 : 1)
    expect(await post(delivery('before'))).toMatchObject(store ? { code: 'duplicate' } : { inbox: 'known' })
  } finally {
    await opened.close()
    await proxy.stop()
  }
}

const redisOptions = ({ port }: CuttingProxy) => ({
  host: '127.0.0.1',
  port,
  db: Number(new URL(redisUrl).pathname.slice(1)),
})

describe.skipIf(!(await redisAnswers()))(
  'a Redis connection that dies in silence is replaced',
  { concurrent: true },
  () => {
    const prefix = `${runId}:silent:`
    const admin = new Redis(redisUrl, { lazyConnect: true, maxRetriesPerRequest: null })
    afterAll(async () => {
      await deleteKeys(admin, prefix)
      await deleteKeys(admin, `bull:${runId}`)
      await admin.quit()
    })

    it.each<[string, (url: string) => unknown]>([
      ['ioredis 5', (url) => new Redis5(url)],
      ['ioredis 6', (url) => new Redis(url)],
      ['redis 4', (url) => createClient4({ url }).connect()],
      ['redis 5', (url) => createClient5({ url }).connect()],
      ['redis 6', (url) => createClient({ url }).connect()],
    ])('by the store: %s', (name, open) =>
      recovers(redisUrl, async (proxy) => {
        const client = (await open(through(redisUrl, proxy))) as NodeRedisLike & {
          disconnect(): unknown
          destroy(): unknown
        }
        return {
          store: redisStore(client, { prefix: `${prefix}${name}:` }),
          close: () => (/^redis [56]/.test(name) ? client.destroy() : client.disconnect()),
        }
      }),
    )

    it.each(bullmqs)('by the inbox: $name', ({ name, Queue }) =>
      recovers(redisUrl, (proxy) => {
        const queue = new Queue(`${runId}-${name.at(-1)}`, { connection: redisOptions(proxy) })
        queue.on('error', noop)
        return { inbox: bullmqInbox(queue), close: () => queue.disconnect() }
      }),
    )

    it('by the worker, within 30 s', async () => {
      const proxy = await cuttingProxy(portOf(redisUrl))
      const name = `${runId}-worker`
      const { callbacks, events } = receiver()
      const worker = bullmqWorker(callbacks, { queue: name, connection: redisOptions(proxy) })
      const queue = new bullmqs[1]!.Queue(name, { connection: admin })
      const { post } = receiver({ inbox: bullmqInbox(queue) })
      try {
        await post(delivery('before'))
        await vi.waitFor(() => expect(events).toHaveLength(1), 30_000)
        proxy.swallow()
        await post(delivery('after'))
        await vi.waitFor(() => expect(events).toHaveLength(2), { timeout: 30_000, interval: 100 })
      } finally {
        await worker.close(true)
        await queue.close()
        await proxy.stop()
      }
    }, 60_000)
  },
)

describe.skipIf(!(await postgresAnswers()))('Postgres connections that die in silence are replaced', () => {
  const table = `${runId}_silent`
  const admin = new pg.Pool({ connectionString: databaseUrl, max: 1 })
  afterAll(async () => {
    await admin.query(`DROP TABLE IF EXISTS ${table}`)
    await admin.end()
  })

  it('by the store, however many of them its pool had', () =>
    recovers(databaseUrl, (proxy) => {
      const pool = new pg.Pool({ connectionString: through(databaseUrl, proxy) })
      pool.on('error', noop)
      const others = () => Promise.all(Array.from({ length: 10 }, () => pool.query('SELECT pg_sleep(0.05)')))
      return { store: postgresStore(pool, { table }), others, close: () => pool.end() }
    }))
})

describe.skipIf(!(await postgresAnswers()))('pg-boss, made with the time-outs that inbox/README.md gives', () => {
  it.each(bosses)(
    '$name: inbox and worker are at work again within 30 s',
    async ({ name, make }) => {
      const schema = `${runId}_silent${/\d+/.exec(name)![0]}`
      const proxy = await cuttingProxy(portOf(databaseUrl))
      const line = blocks.map(({ code }) => code).join('\n') + readFileSync(own('src/inbox/README.md'), 'utf8')
      const given = /new PgBoss\(\{ connectionString, (query_timeout: [\d_]+), (connectionTimeoutMillis: [\d_]+)/.exec(
        line,
      )!
      const [queryTimeout, connectionTimeoutMillis] = given
        .slice(1)
        .map((one) => Number(one.split(': ')[1]!.replace(/_/g, '')))
      const timeOuts = { query_timeout: queryTimeout!, connectionTimeoutMillis: connectionTimeoutMillis! }
      const boss = make({ schema, connectionString: through(databaseUrl, proxy), ...timeOuts })
      boss.on('error', noop)
      await boss.start()
      const { callbacks, events } = receiver()
      const worker = await pgBossWorker(callbacks, boss, { pollingInterval: 500 })
      const { post } = receiver({ inbox: pgBossInbox(boss, { timeout: 2_000 }) })
      try {
        await post(delivery('before'))
        await vi.waitFor(() => expect(events).toHaveLength(1), 30_000)
        proxy.swallow()
        const from = performance.now()
        await vi.waitFor(async () => expect((await post(delivery('after'))).status).toBe(200), 30_000)
        await vi.waitFor(() => expect(events).toHaveLength(2), { timeout: 30_000, interval: 100 })
        expect(performance.now() - from).toBeLessThan(30_000)
      } finally {
        await worker.stop()
        await boss.getDb().executeSql(`DROP SCHEMA ${schema} CASCADE`)
        await boss.stop({ graceful: false })
        await proxy.stop()
      }
    },
    90_000,
  )
})

describe('a client without time-outs is named at the start, with the line to add', () => {
  const said = (options: { store?: OnceStore; inbox?: Inbox }) => {
    const warn = vi.fn<(facts: object, message: string) => void>()
    receiver({ ...options, logger: { warn, error: noop } })
    return warn.mock.calls.map(([, message]) => /Make it with (.*)\./.exec(message)?.[1] ?? message)
  }
  const lazy = { lazyConnect: true } as const
  const nodes = [{ host: '127.0.0.1', port: 1 }]
  const queueMethods = { add: noop, remove: noop, removeDeduplicationKey: noop, getJobState: noop }
  const queueOf = (connection: object, prefix?: string) =>
    ({ ...queueMethods, name: 'smile-id', opts: { connection, prefix } }) as unknown as BullmqQueueLike
  const boss = (config: object) => bosses[0]!.make({ schema: 'unused', ...config })

  it.each<[string, () => { store?: OnceStore; inbox?: Inbox }, string[]]>([
    ['ioredis', () => ({ store: redisStore(new Redis(lazy)) }), ['socketTimeout: 3000']],
    ['ioredis with one', () => ({ store: redisStore(new Redis({ ...lazy, socketTimeout: 3_000 })) }), []],
    ['a cluster of ioredis', () => ({ store: redisStore(new Cluster(nodes, lazy)) }), ['socketTimeout: 3000']],
    [
      'a cluster of ioredis with one',
      () => ({ store: redisStore(new Cluster(nodes, { ...lazy, redisOptions: { socketTimeout: 3_000 } })) }),
      [],
    ],
    [
      'redis 6',
      () => ({ store: redisStore(createClient()) }),
      ['socket: { socketTimeout: 10_000 }, pingInterval: 3_000'],
    ],
    ['redis 6 with one', () => ({ store: redisStore(createClient({ socket: { socketTimeout: 10_000 } })) }), []],
    ['redis 4, which has no such option', () => ({ store: redisStore(createClient4()) }), []],
    [
      'pg',
      () => ({ store: postgresStore(new pg.Pool()) }),
      ['query_timeout: 10_000, connectionTimeoutMillis: 5_000, and keepAlive: true'],
    ],
    [
      'pg with one',
      () => ({ store: postgresStore(new pg.Pool({ connectionTimeoutMillis: 5_000 })) }),
      ['query_timeout: 10_000, and keepAlive: true'],
    ],
    [
      'pg with both',
      () => ({ store: postgresStore(new pg.Pool({ query_timeout: 10_000, connectionTimeoutMillis: 5_000 })) }),
      [],
    ],
    ['BullMQ', () => ({ inbox: bullmqInbox(queueOf({ host: '127.0.0.1' })) }), ['socketTimeout: 3000']],
    ['BullMQ with one', () => ({ inbox: bullmqInbox(queueOf({ socketTimeout: 3_000 })) }), []],
    [
      'pg-boss',
      () => ({
        inbox: pgBossInbox(boss({ query_timeout: undefined, keepAlive: undefined, connectionTimeoutMillis: 5_000 })),
      }),
      ['query_timeout: 10_000, and keepAlive: true'],
    ],
    [
      'pg-boss with one',
      () => ({ inbox: pgBossInbox(boss({ query_timeout: 10_000, connectionTimeoutMillis: 5_000 })) }),
      [],
    ],
  ])('%s', (_, options, lines) => {
    expect(said(options())).toEqual(lines)
  })

  it.each([
    [undefined, 1],
    ['{smile-id}', 0],
  ])('and BullMQ on a cluster with the prefix %s', (prefix, warnings) => {
    const cluster = new Cluster(nodes, { ...lazy, redisOptions: { socketTimeout: 3_000 } })
    const messages = said({ inbox: bullmqInbox(queueOf(cluster, prefix)) })
    expect(messages).toHaveLength(warnings)
    for (const message of messages) expect(message).toMatch(/CROSSSLOT.*prefix: '\{smile-id\}'/)
  })
})

describe('each example and each snippet sets them', () => {
  const makes = /new (?:Redis|Queue|PgBoss|pg\.Pool|Pool)\(|createClient\(/
  const shared = readFileSync(own('examples/shared/settings.js'), 'utf8')
  const sources = [
    ...blocks.map((block) => ({ place: placeOf(block), code: block.code })),
    ...readdirSync(own('examples'), { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => ({
        place: `examples/${name}`,
        code: readdirSync(own(`examples/${name}`))
          .filter((file) => /\.[jt]s$/.test(file))
          .map((file) => readFileSync(own(`examples/${name}/${file}`), 'utf8'))
          .map((code) => (code.includes('../shared/settings.js') ? code + shared : code))
          .join('\n'),
      })),
  ].filter(({ code }) => makes.test(code))

  it.each(sources)('$place', ({ code }) => {
    if (/new (?:Redis|Queue)\(|createClient\(/.test(code)) expect(code).toMatch(/socketTimeout/)
    if (/new (?:PgBoss|pg\.Pool|Pool)\(/.test(code)) expect(code).toMatch(/query_timeout[^]*connectionTimeoutMillis/)
  })
})
