import { Queue } from 'bullmq'
import { Redis } from 'ioredis'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { smileIdCallbacks, type Inbox, type OnceStore, type SmileIdCallbacks } from '../../src/index.ts'
import {
  bullmqInbox,
  bullmqWorker,
  deadLetters as bullmqDeadLetters,
  type DeadLetters,
  type WorkerHealth,
} from '../../src/engines/bullmq/inbox.ts'
import { deadLetters as pgBossDeadLetters, pgBossInbox, pgBossWorker } from '../../src/engines/pg-boss/inbox.ts'
import { effectsTable, forgetEffects, inTransaction, postgresStore } from '../../src/engines/postgres/store.ts'
import { postgresStoreTable } from '../../src/engines/postgres/table.ts'
import { redisStore } from '../../src/engines/redis/store.ts'
import { codesIn, rowsUnder } from '../docs/readme.ts'
import { senderIp, testOptions, v1Delivery, v1Payload } from '../support/deliveries.ts'
import { bosses } from '../support/engines.ts'
import { hasRedisServer, ownRedis, type OwnServer } from '../support/own-servers.mjs'
import { databaseUrl, postgresAnswers, runId } from '../support/services.ts'

// The page's table is what is granted here: all of it is enough, and nothing of it can be left out.

const rightsOf = (server: string): string => {
  const [, cell = ''] = rowsUnder('src/once/README.md', '### Rights').find(([name]) => name === server) ?? []
  return codesIn(cell)[0] ?? ''
}
const patient = { timeout: 20_000, interval: 50 }
const without = (all: readonly string[]) => all.map((left) => ({ left, rights: all.filter((one) => one !== left) }))

const delivery = (job: string) => ({
  ...v1Delivery({ payload: { ...v1Payload, PartnerParams: { ...v1Payload.PartnerParams, job_id: job } } }),
  clientIp: senderIp,
})

/** An inbox, its worker and its dead letters, from the first delivery to `forget`. Rejects with the first refusal. */
async function useQueue(
  { inbox, letters }: { inbox: Inbox; letters: DeadLetters },
  start: (callbacks: SmileIdCallbacks) => Promise<{ health(): Promise<WorkerHealth>; stop(): Promise<unknown> }>,
  refusals: Promise<never>,
): Promise<void> {
  const errors: unknown[] = []
  const front = smileIdCallbacks({ ...testOptions, inbox, onError: (error) => errors.push(error) })
  const back = smileIdCallbacks(testOptions)
  let fails = true
  back.onAny(() => {
    if (fails) throw new Error('no')
  })
  const use = async () => {
    const ids = []
    for (const job of ['one', 'two']) {
      const { event, code } = await front.receive(delivery(job))
      if (code !== 'accepted') throw errors[0]
      ids.push(event!.id)
    }
    const worker = await start(back)
    try {
      await vi.waitFor(async () => expect(await letters.count()).toBe(2), patient)
      fails = false
      expect(await letters.list()).toHaveLength(2)
      expect(await letters.redrive(ids[0]!)).toBe(1)
      expect(await letters.drop(ids[1]!)).toBe(true)
      await vi.waitFor(async () => expect((await worker.health()).handledAt).toBeDefined(), patient)
      expect((await worker.health()).ok).toBe(true)
    } finally {
      await worker.stop()
    }
    await front.receive(delivery('three'))
    expect(await front.forget({ jobId: 'three' })).toMatchObject({ waiting: 1 })
    await front.forget(ids[0]!)
  }
  await Promise.race([use(), refusals])
}

/** Rejects with the first error for lack of a right. */
function refusal(isOne: (error: unknown) => boolean) {
  let hear: (error: Error) => void = () => undefined
  const refusals = new Promise<never>((_, reject) => {
    hear = (error) => {
      if (isOne(error)) reject(error)
    }
  })
  refusals.catch(() => undefined)
  return { refusals, hear: (error: Error) => hear(error) }
}

/** Every call of a store, with a purge. */
async function useAll(store: OnceStore): Promise<void> {
  for (const id of ['one', 'two']) {
    await store.reserve(id, { owner: 'a', leaseMs: 60_000 })
    await store.release(id, { owner: 'a' })
    await store.reserve(id, { owner: 'a', leaseMs: 60_000 })
    await store.reserve(id, { owner: 'b', leaseMs: 60_000 })
    await store.complete(id, { owner: 'a', ttlMs: 60_000 })
  }
  await store.note!('noted', { ttlMs: 60_000 })
  for (const id of ['one', 'two', 'noted']) await store.forget(id)
}

/** A Redis of its own for the tests of a `describe`. */
function redisWithAcl() {
  let server: OwnServer
  let admin: Redis
  beforeAll(async () => {
    server = await ownRedis()
    admin = new Redis(server.port, '127.0.0.1')
  })
  afterAll(async () => {
    admin.disconnect()
    await server.remove()
  })
  return {
    /** Lets the user `app` do this and nothing else; the port to connect to. */
    grant: async (...rights: readonly string[]): Promise<number> => {
      await admin.script('FLUSH')
      await admin.flushall()
      await admin.call('ACL', 'SETUSER', 'app', 'reset', 'on', 'nopass', ...rights)
      return server.port
    },
  }
}

describe.skipIf(!hasRedisServer)('the rights of redisStore', () => {
  const rights = rightsOf('Redis').split(' ')
  const redis = redisWithAcl()
  const use = async (granted: readonly string[]) => {
    const client = new Redis({
      port: await redis.grant(...granted),
      host: '127.0.0.1',
      username: 'app',
      password: 'any',
    })
    client.on('error', () => undefined)
    await useAll(redisStore(client)).finally(() => client.disconnect())
  }

  it('are enough', () => use(rights))
  it.each(without(rights))('are needed: $left', async ({ rights: granted }) => {
    await expect(use(granted)).rejects.toThrow(/NOPERM|permission|The user executing the script can't/i)
  })
})

describe.skipIf(!(await postgresAnswers()))('the rights of postgresStore', () => {
  const rights = rightsOf('Postgres').split(', ')
  const table = `${runId}.events`
  const role = `${runId}_app`
  const admin = new pg.Pool({ connectionString: databaseUrl, max: 1 })
  beforeAll(async () => {
    await admin.query(`CREATE SCHEMA ${runId}; CREATE ROLE ${role}; GRANT USAGE ON SCHEMA ${runId} TO ${role}`)
    await admin.query(postgresStoreTable(table))
  })
  afterAll(async () => {
    await admin.query(`DROP SCHEMA ${runId} CASCADE; DROP OWNED BY ${role}; DROP ROLE ${role}`)
    await admin.end()
  })
  const use = async (granted: readonly string[]) => {
    await admin.query(`REVOKE ALL ON ${table} FROM ${role}; GRANT ${granted.join(', ')} ON ${table} TO ${role}`)
    const pool = new pg.Pool({ connectionString: databaseUrl, max: 1, options: `-c role=${role}` })
    await useAll(postgresStore(pool, { table, createTable: false })).finally(() => pool.end())
  }

  it('are enough', () => use(rights))
  it.each(without(rights))('are needed: $left', async ({ rights: granted }) => {
    await expect(use(granted)).rejects.toMatchObject({ code: '42501' })
  })
})

describe.skipIf(!hasRedisServer)('the rights of bullmqInbox and bullmqWorker', () => {
  const rights = rightsOf('Redis, BullMQ').split(' ')
  const redis = redisWithAcl()
  const isNoPermission = (error: unknown) => /NOPERM|permission/i.test(String(error))
  const use = async (granted: readonly string[]) => {
    const connection = {
      port: await redis.grant('&*', ...granted),
      host: '127.0.0.1',
      username: 'app',
      password: 'any',
      maxRetriesPerRequest: null,
    }
    const { refusals, hear } = refusal(isNoPermission)
    const queue = new Queue('smile-id', { connection })
    queue.on('error', hear)
    try {
      const inbox = bullmqInbox(queue, { job: { attempts: 1 } })
      await useQueue(
        { inbox, letters: bullmqDeadLetters(queue) },
        (callbacks) => {
          const worker = bullmqWorker(callbacks, { connection, drainDelay: 1 })
          worker.on('error', hear)
          return Promise.resolve({ health: () => worker.health(), stop: () => worker.close(true) })
        },
        refusals,
      )
    } finally {
      await queue.disconnect()
    }
  }

  it('are enough', () => use(rights), 30_000)
  // What is taken away again is not needed to work.
  it.each(without(rights).filter(({ left }) => !left.startsWith('-')))(
    'are needed: $left',
    async ({ rights: granted }) => {
      await expect(use(granted)).rejects.toThrow(/NOPERM|permission|The user executing the script can't/i)
    },
    30_000,
  )
})

describe.skipIf(!(await postgresAnswers())).each(bosses)(
  'the rights of pgBossInbox and pgBossWorker, $name',
  (engine) => {
    const rights = rightsOf('Postgres, pg-boss').split(', ')
    const schema = `${runId}_rights${/\d+/.exec(engine.name)![0]}`
    const role = `${schema}_app`
    const admin = new pg.Pool({ connectionString: databaseUrl, max: 1 })
    const createQueue = { retryLimit: 0 }
    beforeAll(async () => {
      // As a migration does: the tables and the queue are the owner's.
      const owner = engine.make({ schema })
      owner.on('error', () => undefined)
      await owner.start()
      await smileIdCallbacks({ ...testOptions, inbox: pgBossInbox(owner, { createQueue }) }).receive(delivery('first'))
      await owner.stop({ graceful: false })
      await admin.query(`CREATE ROLE ${role}; GRANT USAGE ON SCHEMA ${schema} TO ${role}`)
    })
    afterAll(async () => {
      await admin.query(`DROP SCHEMA ${schema} CASCADE; DROP OWNED BY ${role}; DROP ROLE ${role}`)
      await admin.end()
    })
    const isDenied = (error: unknown) => (error as { code?: unknown }).code === '42501'
    const use = async (granted: readonly string[]) => {
      const tables = `ALL TABLES IN SCHEMA ${schema}`
      await admin.query(`REVOKE ALL ON ${tables} FROM ${role}; GRANT ${granted.join(', ')} ON ${tables} TO ${role};
      DELETE FROM ${schema}.job`)
      const setUp = { migrate: false, supervise: false, schedule: false }
      const boss = engine.make({ schema, options: `-c role=${role}`, ...setUp })
      const { refusals, hear } = refusal(isDenied)
      boss.on('error', hear)
      try {
        await boss.start()
        const inbox = pgBossInbox(boss, { createQueue: false })
        await useQueue(
          { inbox, letters: pgBossDeadLetters(boss) },
          (callbacks) => pgBossWorker(callbacks, boss, { createQueue: false, pollingInterval: 500 }),
          refusals,
        )
      } finally {
        await boss.stop({ graceful: false })
      }
    }

    it('are enough', () => use(rights), 30_000)
    it.each(without(rights))(
      'are needed: $left',
      async ({ rights: granted }) => {
        await expect(use(granted)).rejects.toThrow(/permission denied|42501/)
      },
      30_000,
    )
  },
)

describe.skipIf(!(await postgresAnswers()))('the rights of inTransaction', () => {
  const rights = rightsOf('Postgres, `inTransaction`').split(', ')
  const table = `${runId}_fx.effects`
  const role = `${runId}_fx_app`
  const admin = new pg.Pool({ connectionString: databaseUrl, max: 1 })
  beforeAll(async () => {
    await admin.query(`CREATE SCHEMA ${runId}_fx; CREATE ROLE ${role}; GRANT USAGE ON SCHEMA ${runId}_fx TO ${role}`)
    await admin.query(effectsTable(table))
  })
  afterAll(async () => {
    await admin.query(`DROP SCHEMA ${runId}_fx CASCADE; DROP OWNED BY ${role}; DROP ROLE ${role}`)
    await admin.end()
  })
  const use = async (granted: readonly string[]) => {
    await admin.query(`REVOKE ALL ON ${table} FROM ${role}; GRANT ${granted.join(', ')} ON ${table} TO ${role}`)
    const pool = new pg.Pool({ connectionString: databaseUrl, max: 2, options: `-c role=${role}` })
    const errors: unknown[] = []
    const callbacks = smileIdCallbacks({ ...testOptions, onError: (error) => errors.push(error) })
    callbacks.onAny(inTransaction(pool, 'effect', () => undefined, { table, createTable: false }))
    try {
      const { code, event } = await callbacks.receive(delivery('one'))
      if (code !== 'accepted') throw errors[0]
      expect(await forgetEffects(pool, event!.id, { table })).toBe(1)
    } finally {
      await pool.end()
    }
  }

  it('are enough', () => use(rights))
  it.each(without(rights))('are needed: $left', async ({ rights: granted }) => {
    await expect(use(granted)).rejects.toThrow(/permission denied|table .* lacks a column/)
  })
})
