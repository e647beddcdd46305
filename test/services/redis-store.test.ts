import { Redis } from 'ioredis'
import { createClient } from 'redis'
import { afterAll, describe, expect, it } from 'vitest'
import { storeConformance } from '../../src/testing/store-conformance.ts'
import { redisStore } from '../../src/engines/redis/store.ts'
import { deleteKeys, redisAnswers, redisUrl, runId } from '../support/services.ts'

describe.skipIf(!(await redisAnswers()))('Redis store', () => {
  const prefix = `${runId}:`
  const closers: (() => unknown)[] = []
  const admin = new Redis(redisUrl, { lazyConnect: true })
  afterAll(async () => {
    for (const close of closers) await close()
    await deleteKeys(admin, prefix)
    await admin.quit()
  })

  // Four connections each, reused in turn.
  const inTurn = <T>(make: () => T): (() => T) => {
    const made: T[] = []
    let next = 0
    return () => ((made[next % 4] ??= make()), made[next++ % 4] as T)
  }
  const ioredis = inTurn(() => {
    const client = new Redis(redisUrl)
    closers.push(() => client.quit())
    return redisStore(client, { prefix })
  })
  const nodeRedis = inTurn(async () => {
    const client = createClient({ url: redisUrl })
    await client.connect()
    closers.push(() => client.close())
    return redisStore(client, { prefix })
  })

  describe('on ioredis', () => {
    for (const { name, run } of storeConformance({ open: ioredis })) it(name, run)
  })
  describe('on node-redis', () => {
    for (const { name, run } of storeConformance({ open: nodeRedis })) it(name, run)
  })

  it('works on when Redis has lost its scripts', async () => {
    for (const store of [ioredis(), await nodeRedis()]) {
      await admin.script('FLUSH')
      expect(await store.reserve(`lost-${Math.random()}`, { owner: 'a', leaseMs: 1000 })).toBe('reserved')
    }
  })

  it('survives that all connections are cut in the middle', async () => {
    const store = ioredis()
    const id = 'cut'
    await store.reserve(id, { owner: 'a', leaseMs: 60_000 })
    // CLIENT KILL of this client alone: what a restart of the server looks like from here.
    const other = new Redis(redisUrl)
    closers.push(() => other.quit())
    const own = redisStore(other, { prefix })
    await own.reserve('warm', { owner: 'a', leaseMs: 1000 })
    await admin.call('CLIENT', 'KILL', 'ID', String(await other.client('ID')))
    expect(await own.reserve(id, { owner: 'b', leaseMs: 1000 })).toBe('in_progress')
    expect(await store.complete(id, { owner: 'a', ttlMs: 60_000 })).toBe(true)
    expect(await own.reserve(id, { owner: 'b', leaseMs: 1000 })).toBe('done')
  })

  it('leaves nothing in Redis that does not expire', async () => {
    const keys = await admin.keys(`${prefix}*`)
    expect(keys.length).toBeGreaterThan(10)
    // -2: it has ended since. -1: it never ends.
    for (const key of keys) expect(await admin.pttl(key)).not.toBe(-1)
  })

  it('refuses what is no client', () => {
    expect(() => redisStore({} as never)).toThrow(
      expect.objectContaining({ name: 'SmileIdConfigError', code: 'store_invalid' }),
    )
    expect(() => redisStore(undefined as never)).toThrow('package redis or ioredis')
  })
})
