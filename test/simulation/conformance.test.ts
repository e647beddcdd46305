import { describe, it } from 'vitest'
import { bullmqInbox } from '../../src/engines/bullmq/inbox.ts'
import { pgBossInbox } from '../../src/engines/pg-boss/inbox.ts'
import { postgresStore } from '../../src/engines/postgres/store.ts'
import { redisStore } from '../../src/engines/redis/store.ts'
import { inboxConformance } from '../../src/testing/inbox-conformance.ts'
import { storeConformance } from '../../src/testing/store-conformance.ts'
import { PostgresServer, pgPool } from './postgres.ts'
import { bullmqQueue, pgBoss, QueueServer } from './queue.ts'
import { learnScripts, redisClient, RedisServer } from './redis.ts'
import { newProcess, type World } from './world.ts'

/** A world without faults: every call arrives at once. */
const calm = {
  now: 0,
  after: () => () => undefined,
  call: async ({ act }: { act: (again: () => void) => unknown }) => Promise.resolve(act(() => undefined)),
}
const world = calm as unknown as World
const pass = (ms: number) => void (calm.now += ms)

describe('the simulated Redis, with what redisStore sends, keeps what stores promise', () => {
  const server = new RedisServer(() => calm.now)
  const open = async () => {
    await learnScripts(redisStore)
    return redisStore(
      redisClient(
        () => world,
        () => server,
      ),
    )
  }
  for (const { name, run } of storeConformance({ open, pass })) it(name, run)
})

describe('the simulated Postgres, with what postgresStore sends, keeps what stores promise', () => {
  const server = new PostgresServer(() => world)
  const process = newProcess('A')
  const open = () =>
    postgresStore(
      pgPool(() => ({ world, server, process })),
      { createTable: false },
    )
  for (const { name, run } of storeConformance({ open, pass })) it(name, run)
})

// test/services/inbox-conformance.test.ts runs the suite on real ones.
describe('the simulated BullMQ, with what bullmqInbox sends, keeps what inboxes promise', () => {
  const open = () => {
    const queue = new QueueServer(() => world)
    const take = () => {
      const job = queue.take(1)
      if (job) queue.end(job, true)
      return Promise.resolve(job && (JSON.parse(job.data) as unknown))
    }
    return { inbox: bullmqInbox(bullmqQueue(() => ({ world, queue }))), take }
  }
  for (const { name, run } of inboxConformance({ open })) it(name, run)
})

describe('the simulated pg-boss, with what pgBossInbox sends, keeps what inboxes promise', () => {
  const open = () => {
    const queue = new QueueServer(() => world)
    const boss = pgBoss(() => ({ world, queue }))
    const take = async () => {
      const [job] = (await boss.fetch('smile-id', { batchSize: 1, includeMetadata: true })) as {
        id: string
        data: unknown
      }[]
      if (job) await boss.complete('smile-id', [job.id], {})
      return job?.data
    }
    return { inbox: pgBossInbox(boss, { createQueue: false }), take }
  }
  for (const { name, run } of inboxConformance({ open })) it(name, run)
})
