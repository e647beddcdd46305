import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { smileIdCallbacks, type Inbox } from '../../src/index.ts'
import { bullmqInbox, bullmqProcessor, bullmqWorker } from '../../src/engines/bullmq/inbox.ts'
import { pgBossInbox, pgBossWorker } from '../../src/engines/pg-boss/inbox.ts'
import { senderIp, testOptions, v1Delivery, v1Payload } from '../support/deliveries.ts'
import { bosses, bullmqs } from '../support/engines.ts'
import { hasPostgresServer, hasRedisServer, ownPostgres, ownRedis, type OwnServer } from '../support/own-servers.mjs'

const delivery = (job: string, photo?: string) => ({
  ...v1Delivery({
    payload: {
      ...v1Payload,
      ...(photo && { Photo: photo }),
      PartnerParams: { ...v1Payload.PartnerParams, job_id: job },
    },
  }),
  clientIp: senderIp,
})
const patient = { timeout: 30_000, interval: 100 }

/**
 * Deliveries before, while and after the engine is away: 503 meanwhile, every accepted event handled, and the process
 * lives.
 */
async function survives(
  inbox: Inbox,
  work: (callbacks: ReturnType<typeof smileIdCallbacks>) => Promise<unknown>,
  server: OwnServer,
): Promise<void> {
  const front = smileIdCallbacks({ ...testOptions, inbox })
  const back = smileIdCallbacks(testOptions)
  const handled: string[] = []
  back.onAny(({ jobId }) => void handled.push(jobId))
  await work(back)
  expect(await front.receive(delivery('before'))).toMatchObject({ status: 200 })
  await vi.waitFor(() => expect(handled).toContain('before'), patient)

  await server.kill()
  expect(await front.receive(delivery('meanwhile'))).toMatchObject({ code: 'inbox_unavailable', status: 503 })
  await server.start()

  await vi.waitFor(
    async () => expect(await front.receive(delivery('meanwhile'))).toMatchObject({ status: 200 }),
    patient,
  )
  await vi.waitFor(() => expect([...handled].sort()).toEqual(['before', 'meanwhile']), patient)
}

describe.skipIf(!hasPostgresServer)('Postgres killed and started again, under an inbox and its worker', () => {
  let server: OwnServer
  beforeAll(async () => {
    server = await ownPostgres()
  }, 60_000)
  afterAll(() => server.remove())

  it.each(bosses)(
    '$name',
    async ({ name, make }) => {
      const boss = make({
        schema: `boss${/\d+/.exec(name)![0]}`,
        connectionString: `postgres://postgres@127.0.0.1:${server.port}/postgres`,
      })
      boss.on('error', () => undefined)
      await boss.start()
      const stops: (() => Promise<unknown>)[] = []
      await survives(
        pgBossInbox(boss, { timeout: 2_000 }),
        async (back) => {
          const worker = await pgBossWorker(back, boss, { pollingInterval: 500 })
          stops.push(() => worker.stop())
        },
        server,
      )
      for (const stop of stops) await stop()
      await boss.stop({ graceful: false })
    },
    120_000,
  )
})

describe.skipIf(!hasRedisServer)('Redis killed and started again, under an inbox and its worker', () => {
  let server: OwnServer
  beforeAll(async () => {
    server = await ownRedis()
  })
  afterAll(() => server.remove())

  it.each(bullmqs)(
    '$name',
    async ({ name, Queue, Worker }) => {
      const connection = { host: '127.0.0.1', port: server.port, maxRetriesPerRequest: null, retryStrategy: () => 100 }
      const queue = new Queue('smile-id', { connection, prefix: name.replace(' ', '') })
      queue.on('error', () => undefined)
      const workers: { close(force?: boolean): Promise<unknown> }[] = []
      await survives(
        bullmqInbox(queue, { timeout: 2_000 }),
        async (back) => {
          const options = { connection, prefix: name.replace(' ', '') }
          // No listener of ours on the first: `bullmqWorker` brings the one that keeps the process alive.
          const worker =
            name === 'BullMQ 6'
              ? bullmqWorker(back, options)
              : new Worker('smile-id', bullmqProcessor(back), options).on('error', () => undefined)
          workers.push(worker)
          await worker.waitUntilReady()
        },
        server,
      )
      for (const worker of workers) await worker.close(true)
      await queue.close()
    },
    120_000,
  )
})

describe.skipIf(!hasRedisServer)('what BullMQ holds while its Redis is away', () => {
  const photo = 'A'.repeat(1_000_000)
  let server: OwnServer
  beforeAll(async () => {
    server = await ownRedis()
  })
  afterAll(() => server.remove())

  it.each(bullmqs)(
    'is bounded in bytes and in number, and taken again afterwards: $name',
    async ({ name, Queue }) => {
      const connection = { host: '127.0.0.1', port: server.port, maxRetriesPerRequest: null, retryStrategy: () => 100 }
      const queue = new Queue('smile-id', { connection, prefix: name.replace(' ', '') })
      queue.on('error', () => undefined)
      await queue.waitUntilReady()
      await server.kill()
      const inbox = bullmqInbox(queue, { maxPendingBytes: 4_200_000, maxPending: 10, timeout: 300 })
      const add = vi.spyOn(inbox, 'add')
      const front = smileIdCallbacks({ ...testOptions, inbox })
      const refused = await Promise.all(
        Array.from({ length: 30 }, (_, i) => front.receive(delivery(`large-${i}`, photo))),
      )
      expect(refused.every(({ code, status }) => code === 'inbox_unavailable' && status === 503)).toBe(true)
      expect(add).toHaveBeenCalledTimes(4)
      expect(refused.filter(({ hint }) => hint?.includes('too much is pending'))).toHaveLength(26)
      // Nobody waits for them any more, but the client still holds them.
      expect(await front.receive(delivery('one-more', photo))).toMatchObject({
        code: 'inbox_unavailable',
        hint: 'The inbox failed: too much is pending in it.',
      })
      const small = await Promise.all(Array.from({ length: 30 }, (_, i) => front.receive(delivery(`small-${i}`))))
      expect(small.every(({ code }) => code === 'inbox_unavailable')).toBe(true)
      expect(add).toHaveBeenCalledTimes(10)

      await server.start()
      await vi.waitFor(
        async () => expect(await front.receive(delivery('after', photo))).toMatchObject({ code: 'accepted' }),
        patient,
      )
      // What had timed out was withdrawn: none of it was sent when Redis came back.
      expect(await queue.getWaitingCount()).toBe(1)
      await queue.close()
    },
    60_000,
  )
})
