import type { Job } from 'bullmq'
import { Redis } from 'ioredis'
import pg from 'pg'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { smileIdCallbacks, type Inbox, type OnceStore } from '../../src/index.ts'
import { bullmqInbox, bullmqProcessor, bullmqWorker } from '../../src/engines/bullmq/inbox.ts'
import { completedElsewhere, pruneFailed } from '../../src/engines/bullmq/failed.ts'
import { deadLetters, pgBossInbox, pgBossWorker } from '../../src/engines/pg-boss/inbox.ts'
import { postgresStore } from '../../src/engines/postgres/store.ts'
import { redisStore } from '../../src/engines/redis/store.ts'
import { senderIp, testOptions, v1Delivery, v1Payload } from '../support/deliveries.ts'
import { bosses, bullmqs, redisConnection as connection } from '../support/engines.ts'
import { receiver } from '../support/receiver.ts'
import { hasPostgresServer, hasRedisServer, ownPostgres, ownRedis, type OwnServer } from '../support/own-servers.mjs'
import { databaseUrl, postgresAnswers, redisAnswers, redisUrl, runId } from '../support/services.ts'

const [postgres, redis] = await Promise.all([postgresAnswers(), redisAnswers()])
afterEach(() => vi.restoreAllMocks())
const patient = { timeout: 20_000, interval: 50 }
const delivery = (job: string) => ({
  ...v1Delivery({ payload: { ...v1Payload, PartnerParams: { ...v1Payload.PartnerParams, job_id: job } } }),
  clientIp: senderIp,
})
/** What is said of queues, as warnings of the process. */
const heard = () => {
  const emit = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined)
  return { said: () => emit.mock.calls.map(([text]) => String(text)).filter((text) => /queue/.test(text)) }
}

describe.skipIf(!postgres).each(bosses)('set up wrongly, $name', ({ name, make }) => {
  const schema = `${runId}_wrong${/\d+/.exec(name)![0]}`
  const boss = make({ schema })
  boss.on('error', () => undefined)
  let count = 0
  const ask = async (text: string) => (await boss.getDb().executeSql(text)).rows as Record<string, unknown>[]
  /** A queue with an event whose handlers failed every time. */
  const dead = async () => {
    const queue = `wrong-${++count}`
    const front = smileIdCallbacks({
      ...testOptions,
      inbox: pgBossInbox(boss, { queue, createQueue: { retryLimit: 0 } }),
    })
    const id = (await front.receive(delivery(queue))).event!.id
    const [{ id: job }] = (await boss.fetch(queue, { batchSize: 1, includeMetadata: true })) as [{ id: string }]
    await boss.fail(queue, [job], { error: 'DispatchError', code: 'handler_failed', attempts: 1 })
    expect(await deadLetters(boss, { queue }).count()).toBe(1)
    return { queue, id, letters: deadLetters(boss, { queue }) }
  }
  beforeAll(() => boss.start())
  afterAll(async () => {
    await boss.stop({ graceful: false })
    const client = new pg.Client({ connectionString: databaseUrl })
    await client.connect()
    await client.query(`DROP SCHEMA IF EXISTS ${schema} CASCADE`)
    await client.end()
  })

  it('names the queues that there are, and keeps the letters of one that is misspelt or deleted', async () => {
    const { queue, id, letters } = await dead()
    const misspelt = deadLetters(boss, { queue: 'wrnog', deadLetter: `${queue}-dead` })
    for (const act of [
      () => misspelt.list(),
      () => misspelt.count(),
      () => misspelt.redrive('all'),
      () => misspelt.drop(id),
    ])
      await expect(act()).rejects.toMatchObject({
        code: 'inbox_invalid',
        message: expect.stringMatching(new RegExp(`no pg-boss queue "wrnog"; there is .*"${queue}"`)) as string,
      })
    expect(await letters.count()).toBe(1)
    await expect(deadLetters(boss, { queue, schema: 'nope' }).list()).rejects.toMatchObject({
      message: expect.stringMatching(
        new RegExp(`no pg-boss in the schema "nope"; there is in .*"${schema}"`),
      ) as string,
      cause: expect.objectContaining({ code: '42P01' }) as Error,
    })
  })

  it('keeps the letter of an event that could not be put back', async () => {
    const { queue, letters } = await dead()
    await ask(`DELETE FROM ${schema}.job WHERE name = '${queue}' AND state = 'failed'`)
    const send = vi.spyOn(boss, 'send').mockRejectedValueOnce(new Error('cut'))
    await expect(letters.redrive('all')).rejects.toThrow('cut')
    expect(await letters.count()).toBe(1)
    send.mockRestore()
    expect(await letters.redrive('all')).toBe(1)
    expect(await letters.count()).toBe(0)
  })

  it('says so when it is not started', async () => {
    const idle = make({ schema })
    idle.on('error', () => undefined)
    const says = { message: expect.stringMatching(/not started: await boss\.start\(\) first/) as string }
    await expect(deadLetters(idle).list()).rejects.toMatchObject({ ...says, code: 'inbox_invalid' })
    await expect(pgBossWorker(smileIdCallbacks(testOptions), idle)).rejects.toMatchObject({
      ...says,
      code: 'worker_invalid',
    })
    const logger = { warn: vi.fn(), error: vi.fn() }
    const front = smileIdCallbacks({ ...testOptions, logger, inbox: pgBossInbox(idle) })
    expect(await front.receive(delivery('idle'))).toMatchObject({ code: 'inbox_unavailable', status: 503 })
    expect(JSON.stringify(logger.error.mock.calls.concat(logger.warn.mock.calls))).toMatch(/not started/)
  })

  it('compares what it was given with the queue that is there, whoever comes second', async () => {
    const queue = `wrong-${++count}`
    const { said } = heard()
    const first = pgBossInbox(boss, { queue, createQueue: { retryLimit: 1 } })
    await smileIdCallbacks({ ...testOptions, inbox: first }).receive(delivery('first'))
    const work = async (options: object) =>
      (await pgBossWorker(smileIdCallbacks(testOptions), boss, { queue, ...options })).stop()
    await work({})
    await work({ createQueue: { retryLimit: 1 } })
    expect(said()).toEqual([])
    await work({ createQueue: { retryLimit: 5 } })
    expect(said()).toEqual([expect.stringMatching(/retryLimit 1 instead of 5/)])
  })

  it('moves what nobody took to the dead letters before pg-boss drops it, and says so', async () => {
    const queue = `wrong-${++count}`
    const logger = { warn: vi.fn(), error: vi.fn() }
    const receiver = () =>
      smileIdCallbacks({ ...testOptions, logger, inbox: pgBossInbox(boss, { queue, createQueue: {} }) })
    const id = (await receiver().receive(delivery('old'))).event!.id
    await ask(
      `UPDATE ${schema}.job SET created_on = now() - interval '14 days', keep_until = now() + interval '1 hour' WHERE name = '${queue}'`,
    )
    const letters = deadLetters(boss, { queue })
    expect(await letters.list()).toEqual([])
    await receiver().receive(delivery('new'))
    await vi.waitFor(
      async () => expect(await letters.list()).toMatchObject([{ id, code: 'expired', attempts: 0 }]),
      patient,
    )
    expect(JSON.stringify(logger.warn.mock.calls)).toMatch(/1 event of the pg-boss queue .* dead letters now/)
    expect(await letters.redrive(id)).toBe(1)
    const [job] = await ask(
      `SELECT retry_limit, state FROM ${schema}.job WHERE replace(id::text, '-', '') = '${id}' AND name = '${queue}'`,
    )
    expect(job).toEqual({ retry_limit: 12, state: 'created' })
  })
})

/** What a worker has to leave in its queue: a job of somebody else's, and a message of a version to come. */
const notOurs = [
  ['a job of somebody else', { report: 'weekly' }, /a job that no inbox of this library stored/],
  ['a newer message', { version: 99, id: '0'.repeat(32), text: 'as of later' }, /a message of version 99/],
] as const

describe.skipIf(!postgres).each(bosses)('other workers and versions on one queue, $name', ({ name, make }) => {
  const schema = `${runId}_other${/\d+/.exec(name)![0]}`
  const boss = make({ schema })
  boss.on('error', () => undefined)
  beforeAll(() => boss.start())
  afterAll(async () => {
    await boss.stop({ graceful: false })
    const client = new pg.Client({ connectionString: databaseUrl })
    await client.connect()
    await client.query(`DROP SCHEMA IF EXISTS ${schema} CASCADE`)
    await client.end()
  })

  it.each(notOurs)('leaves %s in the queue with all its attempts, and says so', async (what, data, says) => {
    const queue = `q-${what.replaceAll(' ', '-')}`
    const { said } = heard()
    const handler = vi.fn()
    const back = smileIdCallbacks(testOptions)
    back.onAny(handler)
    const worker = await pgBossWorker(back, boss, { queue, pollingInterval: 500 })
    const id = '11111111-1111-4111-8111-111111111111'
    await boss.send(queue, data, { id })
    await vi.waitFor(() => expect(said()).toEqual([expect.stringMatching(says)]), patient)
    const job = async () =>
      (await boss.getJobById(queue, id)) as { state: string; retryCount: number; startAfter: Date }
    await vi.waitFor(async () => expect(await job()).toMatchObject({ state: 'created', retryCount: 0 }), patient)
    expect((await job()).startAfter.getTime()).toBeGreaterThan(Date.now() + 10_000)
    expect(handler).not.toHaveBeenCalled()
    await worker.stop()
  })

  it('puts back what a worker of another kind completed', async () => {
    const queue = 'shared'
    const logger = { warn: vi.fn(), error: vi.fn() }
    const front = smileIdCallbacks({ ...testOptions, logger, inbox: pgBossInbox(boss, { queue }) })
    const ids = [await front.receive(delivery('taken')), await front.receive(delivery('also'))].map(
      ({ event }) => event!.id,
    )
    const taken = (await boss.fetch(queue, { batchSize: 2, includeMetadata: true })) as { id: string }[]
    for (const { id } of taken) await boss.complete(queue, [id], { done: true })
    expect(await front.receive(delivery('taken'))).toMatchObject({ inbox: 'redriven' })
    expect(JSON.stringify(logger.warn.mock.calls)).toMatch(/handlers never ran/)
    const { said } = heard()
    const handled: string[] = []
    const back = smileIdCallbacks(testOptions)
    back.onAny(({ id }) => void handled.push(id))
    const worker = await pgBossWorker(back, boss, { queue, pollingInterval: 500 })
    await vi.waitFor(() => expect([...handled].sort()).toEqual([...ids].sort()), patient)
    expect(said()).toEqual([expect.stringMatching(/handlers never ran/)])
    await vi.waitFor(
      async () => expect(await front.receive(delivery('taken'))).toMatchObject({ inbox: 'known' }),
      patient,
    )
    await worker.stop()
  })
})

describe.skipIf(!redis).each(bullmqs)('other workers and versions on one queue, $name', ({ name, ...bullmq }) => {
  const prefix = `${runId}:other${/\d/.exec(name)![0]}`

  it.each(notOurs)(
    'leaves %s in the queue with all its attempts, and says so',
    async (what, data, says) => {
      const queue = new bullmq.Queue(what, { connection, prefix })
      queue.on('error', () => undefined)
      const { said } = heard()
      const worker = new bullmq.Worker(what, bullmqProcessor(smileIdCallbacks(testOptions)), { connection, prefix })
      worker.on('error', () => undefined)
      const job = await queue.add('other', data, { attempts: 1 })
      await vi.waitFor(async () => expect(await job.getState()).toBe('delayed'), patient)
      expect(said()).toEqual([expect.stringMatching(says)])
      expect((await queue.getJob(job.id!))?.attemptsMade).toBe(0)
      await worker.close()
      await queue.obliterate({ force: true })
      await queue.close()
    },
    30_000,
  )

  it('finds what a worker of another kind completed', async () => {
    const queue = new bullmq.Queue('shared', { connection, prefix })
    queue.on('error', () => undefined)
    const back = smileIdCallbacks(testOptions)
    back.onAny(() => undefined)
    const ids: string[] = []
    for (const n of [0, 1]) {
      const front = smileIdCallbacks({ ...testOptions, inbox: bullmqInbox(queue) })
      ids.push((await front.receive(delivery(`shared-${n}`))).event!.id)
      await queue.add('other', { report: 'weekly' })
      const ours = bullmqProcessor(back)
      const work = (job: Job, token?: string): Promise<unknown> =>
        n === 0 && job.name !== 'other' ? ours(job, token) : Promise.resolve({ weekly: true })
      const worker = new bullmq.Worker('shared', work, { connection, prefix })
      worker.on('error', () => undefined)
      await vi.waitFor(async () => expect(await queue.getJobCountByTypes('waiting', 'active')).toBe(0), patient)
      await worker.close()
    }
    const client = new Redis(redisUrl)
    const position = { last: '0' }
    expect(await completedElsewhere(queue, client, position)).toEqual([ids[1]])
    expect(await completedElsewhere(queue, client, position)).toEqual([])
    await client.quit()
    await queue.obliterate({ force: true })
    await queue.close()
  }, 60_000)
})

describe.skipIf(!hasPostgresServer)('out of reach, and back: a worker says each once', () => {
  it.each(bosses)(
    '$name',
    async ({ make }) => {
      const server = await ownPostgres()
      const boss = make({ schema: 'boss', connectionString: `postgres://postgres@127.0.0.1:${server.port}/postgres` })
      boss.on('error', () => undefined)
      await boss.start()
      const { said } = heard()
      const onError = vi.fn()
      const worker = await pgBossWorker(smileIdCallbacks({ ...testOptions, onError }), boss, { pollingInterval: 500 })
      await server.kill()
      await vi.waitFor(
        () => expect(said()).toEqual([expect.stringMatching(/queue smile-id has lost its server: /)]),
        patient,
      )
      await server.start()
      await vi.waitFor(() => expect(said().slice(1)).toEqual([expect.stringMatching(/has its server back/)]), patient)
      expect(onError).toHaveBeenCalledWith(expect.any(Error), { where: 'worker' })
      await worker.stop()
      await boss.stop({ graceful: false })
      await server.remove()
    },
    120_000,
  )
})

describe.skipIf(!hasRedisServer)('out of reach, and back: a worker says each once', () => {
  it('BullMQ 6', async () => {
    const server = await ownRedis()
    const { said } = heard()
    const options = { host: '127.0.0.1', port: server.port, maxRetriesPerRequest: null }
    const onError = vi.fn()
    const worker = bullmqWorker(smileIdCallbacks({ ...testOptions, onError }), { connection: options })
    await worker.waitUntilReady()
    await server.kill()
    await vi.waitFor(
      () => expect(said()).toEqual([expect.stringMatching(/queue smile-id has lost its server: /)]),
      patient,
    )
    await server.start()
    await vi.waitFor(() => expect(said().slice(1)).toEqual([expect.stringMatching(/has its server back/)]), patient)
    expect(onError).toHaveBeenCalledWith(expect.any(Error), { where: 'worker' })
    await worker.close()
    await server.remove()
  }, 60_000)
})

/** The line of the first delivery names what is gone; one line says that it is back, however many came meanwhile. */
async function saysOnce(who: string, options: { store?: OnceStore; inbox?: Inbox }, server: OwnServer): Promise<void> {
  const [warn, error] = [
    vi.fn<(facts: object, message: string) => void>(),
    vi.fn<(facts: object, line: string) => void>(),
  ]
  const { callbacks, post } = receiver({ ...options, logger: { warn, error } })
  const said = () => warn.mock.calls.map(([, message]) => message).filter((text) => /its server/.test(text))
  let n = 0
  const next = async () => (await post(delivery(`said ${(n += 1)}`))).status
  await vi.waitFor(async () => expect(await next()).toBe(200), patient)
  error.mockClear()
  await server.kill()
  for (let times = 0; times < 3; times += 1) expect(await next()).toBe(503)
  const lines = error.mock.calls.map(([, line]) => line)
  expect(lines).toContainEqual(expect.stringMatching(new RegExp(`: ${who}_unavailable .* The ${who} failed: `)))
  expect(said()).toEqual([])
  await server.start()
  await vi.waitFor(async () => expect(await next()).toBe(200), patient)
  expect(await next()).toBe(200)
  expect(said()).toEqual([expect.stringMatching(new RegExp(`: The ${who} has its server back`))])
  await callbacks.close()
}

describe.skipIf(!hasRedisServer)('out of reach, and back: a receiver says each once, with Redis', () => {
  let server: OwnServer
  beforeAll(async () => {
    server = await ownRedis()
  })
  afterAll(() => server.remove())
  const options = () => ({ host: '127.0.0.1', port: server.port, maxRetriesPerRequest: 1, enableOfflineQueue: false })
  it('of the store', async () => {
    const client = new Redis(options())
    client.on('error', () => undefined)
    await vi.waitFor(() => expect(client.status).toBe('ready'), patient)
    await saysOnce('store', { store: redisStore(client) }, server)
    client.disconnect()
  }, 60_000)
  it.each(bullmqs)(
    'of the inbox, $name',
    async ({ Queue }) => {
      const queue = new Queue('smile-id', { connection: options() })
      queue.on('error', () => undefined)
      await saysOnce('inbox', { inbox: bullmqInbox(queue, { timeout: 2_000 }) }, server)
      await queue.close()
    },
    60_000,
  )
})

describe.skipIf(!hasPostgresServer)('out of reach, and back: a receiver says each once, with Postgres', () => {
  let server: OwnServer
  beforeAll(async () => {
    server = await ownPostgres()
  }, 60_000)
  afterAll(() => server.remove())
  const url = () => `postgres://postgres@127.0.0.1:${server.port}/postgres`
  it('of the store', async () => {
    const pool = new pg.Pool({ connectionString: url() })
    pool.on('error', () => undefined)
    await saysOnce('store', { store: postgresStore(pool) }, server)
    await pool.end()
  }, 60_000)
  it.each(bosses)(
    'of the inbox, $name',
    async ({ name, make }) => {
      const boss = make({ schema: `said${/\d+/.exec(name)![0]}`, connectionString: url() })
      boss.on('error', () => undefined)
      await boss.start()
      await saysOnce('inbox', { inbox: pgBossInbox(boss, { timeout: 2_000 }) }, server)
      await boss.stop({ graceful: false })
    },
    60_000,
  )
})

describe.skipIf(!redis).each(bullmqs)('failed jobs of $name', ({ name, ...bullmq }) => {
  it('go when their time is over, though no other fails', async () => {
    const prefix = `${runId}:prune${/\d/.exec(name)![0]}`
    const queue = new bullmq.Queue('smile-id', { connection, prefix })
    queue.on('error', () => undefined)
    const job = (age: number) => ({ job: { attempts: 1, removeOnFail: { age } } })
    const back = smileIdCallbacks(testOptions)
    back.onAny(() => Promise.reject(new Error('no')))
    for (const [id, age] of [
      ['gone', 1],
      ['kept', 3_600],
    ] as const)
      await smileIdCallbacks({ ...testOptions, inbox: bullmqInbox(queue, job(age)) }).receive(delivery(id))
    const worker = new bullmq.Worker('smile-id', bullmqProcessor(back), { connection, prefix })
    worker.on('error', () => undefined)
    await vi.waitFor(async () => expect(await queue.getFailedCount()).toBe(2), patient)
    await worker.close()
    const now = vi.spyOn(Date, 'now').mockReturnValue(Date.now() + 60_000)
    expect(await pruneFailed(queue)).toBe(1)
    now.mockRestore()
    expect(await queue.getFailedCount()).toBe(1)
    await queue.obliterate({ force: true })
    await queue.close()
  }, 60_000)
})
