import { describe, it } from 'vitest'
import { postgresStore } from '../../src/engines/postgres/store.ts'
import { redisStore } from '../../src/engines/redis/store.ts'
import { storeConformance } from '../../src/testing/store-conformance.ts'
import { PostgresServer, pgPool } from './postgres.ts'
import { learnScripts, redisClient, RedisServer } from './redis.ts'
import { newProcess, type World } from './world.ts'

/** A world without faults: every call arrives at once. */
const calm = {
  now: 0,
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
