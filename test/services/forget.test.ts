import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { captureRefused } from '../../src/capture/capture-refused.ts'
import { memoryStore, smileIdCallbacks, type Inbox, type InboxMessage } from '../../src/index.ts'
import { bullmqInbox, bullmqProcessor } from '../../src/engines/bullmq/inbox.ts'
import { pgBossInbox, pgBossWorker } from '../../src/engines/pg-boss/inbox.ts'
import { postgresStore } from '../../src/engines/postgres/store.ts'
import { redisStore } from '../../src/engines/redis/store.ts'
import { credential, senderIp, testOptions, v1Delivery, v1Payload, v3Delivery } from '../support/deliveries.ts'
import { bosses, bullmqs, redisConnection as connection, type TestBoss } from '../support/engines.ts'
import { databaseUrl, deleteKeys, postgresAnswers, redisAnswers, redisUrl, runId } from '../support/services.ts'
import { run } from '../cli/support.ts'

const [postgres, redis] = await Promise.all([postgresAnswers(), redisAnswers()])
const patient = { timeout: 30_000, interval: 50 }

const delivery = (job: string, user = 'user-1', ResultCode = '0810') => ({
  ...v1Delivery({
    payload: {
      ...v1Payload,
      ResultCode,
      FullName: `Canary of ${job}`,
      PartnerParams: { ...v1Payload.PartnerParams, job_id: job, user_id: user },
    },
  }),
  clientIp: senderIp,
})

const nothing = { events: [], waiting: 0, dead: 0, kept: 0, claims: 0, captures: 0, underWay: 0, unread: 0 }

interface Bench {
  inbox(options?: { serialize?: (message: InboxMessage) => unknown }): Inbox
  /** Runs until it is closed; jobs are tried once. */
  work(handler: (event: { jobId: string }) => unknown): Promise<{ close(): Promise<unknown> }>
  /** Every byte that the engine holds of this queue. */
  everything(): Promise<string>
  dead(): Promise<number>
}

function contract(make: () => Promise<Bench>): void {
  it('finds a job wherever it is, removes it, says so, and leaves the others', async () => {
    const bench = await make()
    const front = smileIdCallbacks({ ...testOptions, store: memoryStore(), inbox: bench.inbox() })
    const failing = await front.receive(delivery('gone'))
    const worker = await bench.work(() => {
      throw new Error('no')
    })
    await vi.waitFor(async () => expect(await bench.dead()).toBe(1), patient)
    await worker.close()
    const waiting = await front.receive(delivery('gone', 'user-1', '0811'))
    await front.receive(delivery('stays', 'user-2'))
    expect(await front.forget({ jobId: 'nobody' })).toEqual(nothing)

    const forgotten = await front.forget({ jobId: 'gone' })
    expect(forgotten).toMatchObject({ waiting: 1, dead: 1, claims: 2, underWay: 0, unread: 0, captures: 0 })
    expect([...forgotten.events].sort()).toEqual([failing.event!.id, waiting.event!.id].sort())
    expect(JSON.stringify(forgotten)).not.toMatch(/gone|Canary/)
    expect(await bench.everything()).not.toContain('Canary of gone')
    expect(await bench.everything()).toContain('Canary of stays')
    expect(await front.forget({ jobId: 'gone' })).toEqual(nothing)
    // Forgotten: the next delivery of it is new.
    expect(await front.receive(delivery('gone'))).toMatchObject({ code: 'accepted', inbox: 'stored' })

    expect(await front.forget({ userId: 'user-2' })).toMatchObject({ waiting: 1, claims: 1 })
    expect(await front.forget({ userId: 'user-1' })).toMatchObject({ waiting: 1, claims: 1 })
    expect(await bench.everything()).not.toContain('Canary')
  }, 60_000)

  it('leaves what a worker is handling, says so, and takes it the next time', async () => {
    const bench = await make()
    const front = smileIdCallbacks({ ...testOptions, store: memoryStore(), inbox: bench.inbox() })
    let end: (() => void) | undefined
    const worker = await bench.work(() => new Promise<void>((resolve) => (end = resolve)))
    await front.receive(delivery('under way'))
    await vi.waitFor(() => expect(end).toBeDefined(), patient)
    expect(await front.forget({ jobId: 'under way' })).toEqual({ ...nothing, underWay: 1 })
    expect(await front.receive(delivery('under way'))).toMatchObject({ code: 'duplicate' })
    end!()
    await worker.close()
    await vi.waitFor(async () => expect((await front.forget({ jobId: 'under way' })).underWay).toBe(0), patient)
    expect(await bench.everything()).not.toContain('Canary')
  }, 60_000)

  it('reads what serialize wrote with deserialize, and counts what it cannot read', async () => {
    const bench = await make()
    const serialize = (message: InboxMessage) => Buffer.from(JSON.stringify(message)).toString('base64')
    const deserialize = (stored: unknown): unknown => JSON.parse(Buffer.from(String(stored), 'base64').toString())
    const front = smileIdCallbacks({ ...testOptions, store: memoryStore(), inbox: bench.inbox({ serialize }) })
    await front.receive(delivery('sealed'))
    expect(await front.forget({ jobId: 'sealed' })).toEqual({ ...nothing, unread: 1 })
    const broken = () => {
      throw new Error('another key')
    }
    expect(await front.forget({ jobId: 'sealed' }, { deserialize: broken })).toEqual({ ...nothing, unread: 1 })
    expect(await front.forget({ jobId: 'sealed' }, { deserialize })).toMatchObject({ waiting: 1, claims: 1, unread: 0 })
  }, 60_000)
}

describe.skipIf(!postgres).each(bosses)('forget, with $name', ({ name, packageName, make }) => {
  const schema = `${runId}_forget${/\d+/.exec(name)![0]}`
  let boss: TestBoss
  let count = 0
  const sql = async (text: string) => (await boss.getDb().executeSql(text)).rows
  beforeAll(async () => {
    boss = make({ schema })
    boss.on('error', () => undefined)
    await boss.start()
  })
  afterAll(async () => {
    await sql(`DROP SCHEMA ${schema} CASCADE`)
    await boss.stop({ graceful: false })
  })
  const everything = async (queue: string) => {
    const tables = (await sql(`SELECT table_name FROM information_schema.tables WHERE table_schema = '${schema}'`)) as {
      table_name: string
    }[]
    const rows: unknown[] = []
    for (const { table_name: table } of tables)
      rows.push(...(await sql(`SELECT t::text FROM ${schema}."${table}" t WHERE t::text LIKE '%${queue}%'`)))
    return JSON.stringify(rows)
  }

  contract(() => {
    const queue = `q${++count}`
    const createQueue = { retryLimit: 0 }
    const inbox = (options = {}) => pgBossInbox(boss, { queue, createQueue, ...options })
    return Promise.resolve({
      inbox,
      work: async (handler: (event: { jobId: string }) => unknown) => {
        const back = smileIdCallbacks(testOptions)
        back.onAny(handler)
        const running = await pgBossWorker(back, boss, { queue, createQueue, pollingInterval: 500 })
        return { close: () => running.stop() }
      },
      everything: () => everything(queue),
      dead: async () => (await inbox().backlog!())!.dead,
    })
  })

  // The command takes the pg-boss that is installed.
  it.runIf(packageName === 'pg-boss')(
    'by the command, with the store',
    async () => {
      const table = `${runId}_forget`
      const executeSql = (text: string, values?: unknown[]) => boss.getDb().executeSql(text, values)
      const pool = { query: executeSql as never }
      const front = smileIdCallbacks({
        ...testOptions,
        store: postgresStore(pool, { table }),
        inbox: pgBossInbox(boss),
      })
      await front.receive(delivery('cli'))
      await front.receive(delivery('other', 'user-9'))
      const where = `--postgres ${databaseUrl} --schema ${schema} --table ${table}`
      try {
        expect(await run(`forget --job cli ${where}`)).toEqual({
          code: 0,
          out: expect.stringMatching(/^1 event: 1 waiting, 0 dead, 0 kept; 1 claim, 0 captures removed\.\n/) as string,
          err: '',
        })
        expect(await run(`forget --job cli ${where}`)).toMatchObject({ code: 1, err: '' })
        const { code, out } = await run(`forget --user user-9 ${where} --json`)
        expect(code).toBe(0)
        expect(JSON.parse(out)).toMatchObject({ waiting: 1, claims: 1, dead: 0, captures: 0 })
        expect(out).not.toMatch(/user-9|other|Canary/)
        expect(await everything('smile-id')).not.toContain('Canary')
      } finally {
        await sql(`DROP TABLE ${table}`)
      }
    },
    60_000,
  )
})

describe.skipIf(!redis).each(bullmqs)('forget, with $name', ({ name, Queue, Worker }) => {
  const prefix = `${runId}:forget${/\d/.exec(name)![0]}`
  const open: { close(): Promise<unknown> }[] = []
  const client = new Redis(redisUrl)
  let count = 0
  const queueOf = (queueName: string) => {
    const queue = new Queue(queueName, { connection, prefix })
    queue.on('error', () => undefined)
    open.push(queue)
    return queue
  }
  const everything = async (queue: string) => {
    const keys = await client.keys(`${prefix}:${queue}:*`)
    const values = await Promise.all(
      keys.map(async (key) =>
        (await client.type(key)) === 'hash'
          ? JSON.stringify(await client.hgetall(key))
          : (((await client.dumpBuffer(key)) as Buffer | null)?.toString('latin1') ?? ''),
      ),
    )
    return values.join('\n')
  }
  afterAll(async () => {
    await Promise.all(open.map((one) => one.close()))
    await deleteKeys(client, prefix)
    await client.quit()
  })

  contract(async () => {
    const queue = queueOf(`q${++count}`)
    await queue.waitUntilReady()
    return {
      inbox: (options = {}) => bullmqInbox(queue, { job: { attempts: 1 }, ...options }),
      work: async (handler) => {
        const back = smileIdCallbacks(testOptions)
        back.onAny(handler)
        const running = new Worker(queue.name, bullmqProcessor(back), { connection, prefix })
        running.on('error', () => undefined)
        await running.waitUntilReady()
        return running
      },
      everything: () => everything(queue.name),
      dead: () => queue.getFailedCount(),
    }
  })

  it('finds events that are delayed, prioritized, or in a queue that is paused, a page after the other', async () => {
    const queue = queueOf(`q${++count}`)
    const at = (job: object) => smileIdCallbacks({ ...testOptions, inbox: bullmqInbox(queue, { job }) })
    await queue.pause()
    for (let n = 0; n < 25; n += 1) await at({}).receive(delivery(`paused ${n}`))
    await at({ delay: 60_000 }).receive(delivery('delayed'))
    await at({ priority: 3 }).receive(delivery('prioritized'))
    expect(await at({}).health()).toMatchObject({ backlog: { waiting: 27 } })
    expect(await at({}).forget({ userId: 'user-1' })).toMatchObject({ waiting: 27 })
    expect(await everything(queue.name)).not.toContain('Canary')
  }, 60_000)

  it.runIf(postgres)(
    'by the command, with the store in Postgres',
    async () => {
      const queue = queueOf('beside-postgres')
      const table = `${runId}_beside${name.at(-1)}`
      const pool = new pg.Pool({ connectionString: databaseUrl, max: 2 })
      const inbox = bullmqInbox(queue)
      const front = smileIdCallbacks({ ...testOptions, store: postgresStore(pool, { table }), inbox })
      const where = `--redis ${redisUrl} --prefix ${prefix} --queue ${queue.name} --postgres ${databaseUrl} --table ${table}`
      try {
        await front.receive(delivery('mixed'))
        expect(await run(`forget --job mixed ${where}`)).toMatchObject({
          code: 0,
          out: '1 event: 1 waiting, 0 dead, 0 kept; 1 claim, 0 captures removed.\n',
        })
        await front.receive(delivery('mixed'))
        const misspelt = await run(`forget --job mixed ${where}x`)
        expect(misspelt).toMatchObject({ code: 2, out: '' })
        expect(misspelt.err).toContain(`There is no table ${table}x.`)
        expect(await everything(queue.name)).toContain('Canary of mixed')
      } finally {
        await pool.query(`DROP TABLE ${table}`)
        await pool.end()
      }
    },
    60_000,
  )

  it('by the command, with the store', async () => {
    const queue = queueOf('smile-id')
    const store = redisStore(client, { prefix: `${prefix}:store:` })
    const front = smileIdCallbacks({ ...testOptions, store, inbox: bullmqInbox(queue) })
    await front.receive(delivery('cli'))
    const where = `--redis ${redisUrl} --prefix ${prefix} --store-prefix ${prefix}:store:`
    expect(await run(`forget --job cli ${where}`)).toEqual({
      code: 0,
      out: expect.stringMatching(/^1 event: 1 waiting, 0 dead, 0 kept; 1 claim, 0 captures removed\.\n/) as string,
      err: '',
    })
    expect(await everything(queue.name)).not.toContain('Canary')
    const misspelt = await run(`forget --job cli ${where} --queue smile-di`)
    expect(misspelt).toMatchObject({ code: 1, out: '' })
    expect(misspelt.err).toMatch(/no BullMQ queue "smile-di"/)
  }, 60_000)
})

describe('forget, of captures', () => {
  it('removes the files that name the job or the user, by function and by command', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'forget-'))
    try {
      const onDelivery = captureRefused({ dir, redact: false })
      const callbacks = smileIdCallbacks({ ...testOptions, onDelivery })
      callbacks.onAny(() => undefined)
      const forged = { ...credential, apiKey: 'another' }
      const of = (job_id: string, user_id: string) =>
        callbacks.receive({
          ...v1Delivery({
            credential: forged,
            payload: { ...v1Payload, PartnerParams: { ...v1Payload.PartnerParams, job_id, user_id } },
          }),
          clientIp: senderIp,
        })
      await of('job-1', 'user-1')
      await of('job-11', 'user-2')
      await callbacks.receive({ ...v3Delivery({ credential: forged, jobId: 'job-1' }), clientIp: senderIp })
      await vi.waitFor(async () => expect(await readdir(dir)).toHaveLength(3), patient)
      expect(await callbacks.forget({ jobId: 'job-1' })).toEqual({ ...nothing, captures: 2 })
      expect(await readdir(dir)).toHaveLength(1)
      expect(await run(`forget --user user-2 --captures ${dir}`)).toMatchObject({ code: 0, err: '' })
      expect(await readdir(dir)).toEqual([])
    } finally {
      await rm(dir, { recursive: true })
    }
  })

  it('is nothing where the folder was never made', async () => {
    const dir = join(tmpdir(), `never-${runId}`)
    const callbacks = smileIdCallbacks({ ...testOptions, onDelivery: captureRefused({ dir }) })
    expect(await callbacks.forget({ jobId: 'job-1' })).toEqual(nothing)
  })
})

describe('forget, used wrongly', () => {
  const callbacks = smileIdCallbacks(testOptions)
  it.each([[{}], [{ jobId: '' }], [{ jobId: 'a', userId: 'b' }], [{ jobid: 'a' }], [undefined], [7]])(
    '%j',
    async (whose) => {
      await expect(callbacks.forget(whose as never)).rejects.toMatchObject({ name: 'SmileIdConfigError' })
    },
  )

  it('says that an inbox of your own cannot be searched', async () => {
    const inbox = { add: () => Promise.resolve('stored') }
    await expect(smileIdCallbacks({ ...testOptions, inbox }).forget({ jobId: 'a' })).rejects.toThrow(/forgetAll/)
  })

  it.each([
    ['', 'forget needs --job or --user, and not both.'],
    ['--job a --user b', 'forget needs --job or --user, and not both.'],
    ['--job a', 'Say where to look'],
  ])('the command: forget %s', async (args, says) => {
    const { code, err } = await run(`forget ${args}`, { env: {} })
    expect(code).toBe(2)
    expect(err).toContain(says)
  })
})
