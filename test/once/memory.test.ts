import { describe, expect, it } from 'vitest'
import { memoryStore } from '../../src/index.ts'
import { storeConformance } from '../../src/testing/store-conformance.ts'

describe('memory store', () => {
  let time = 0
  const shared = memoryStore({ now: () => time })
  const pass = (ms: number) => void (time += ms)
  for (const { name, run } of storeConformance({ open: () => shared, pass })) it(name, run)

  it('keeps no more entries than it may, and drops the one finished longest ago', async () => {
    const store = memoryStore({ maxEntries: 3 })
    const finish = async (id: string) => {
      await store.reserve(id, { owner: 'a', leaseMs: 1000 })
      await store.complete(id, { owner: 'a', ttlMs: 1000 })
    }
    for (const id of ['1', '2', '3', '4']) await finish(id)
    const probe = (id: string) => store.reserve(id, { owner: 'b', leaseMs: 1000 })
    expect([await probe('2'), await probe('3'), await probe('4')]).toEqual(['done', 'done', 'done'])
    expect(await probe('1')).toBe('reserved')
    expect(await probe('2')).toBe('reserved')
  })

  it('never drops a claim in progress: it says no instead', async () => {
    const store = memoryStore({ maxEntries: 2 })
    const claim = (id: string, owner = 'a') => store.reserve(id, { owner, leaseMs: 1000 })
    await claim('1')
    await claim('2')
    expect(() => claim('3')).toThrow('full of claims')
    expect(await claim('2')).toBe('reserved')
    await store.release('1', { owner: 'a' })
    expect(await claim('3')).toBe('reserved')
    expect(await claim('2', 'b')).toBe('in_progress')
  })

  it('makes room where leases have ended', async () => {
    const clock = { now: 0 }
    const store = memoryStore({ maxEntries: 2, now: () => clock.now })
    const claim = (id: string) => store.reserve(id, { owner: 'a', leaseMs: 10 })
    await claim('1')
    await claim('2')
    clock.now = 10
    expect(await claim('3')).toBe('reserved')
  })

  it('ends a lease and a time to live to the ms', async () => {
    const clock = { now: 0 }
    const store = memoryStore({ now: () => clock.now })
    const claim = (owner: string) => store.reserve('1', { owner, leaseMs: 10 })
    expect(await claim('a')).toBe('reserved')
    clock.now = 9
    expect(await claim('b')).toBe('in_progress')
    clock.now = 10
    expect(await store.release('1', { owner: 'a' })).toBe(false)
    expect(await claim('b')).toBe('reserved')
    expect(await store.complete('1', { owner: 'b', ttlMs: 5 })).toBe(true)
    clock.now = 14
    expect(await claim('c')).toBe('done')
    clock.now = 15
    expect(await store.forget('1')).toBe(false)
    expect(await claim('c')).toBe('reserved')
  })

  it('counts claims and finished events together, and gives room of the finished alone', async () => {
    const store = memoryStore({ maxEntries: 2 })
    const claim = (id: string, owner = 'a') => store.reserve(id, { owner, leaseMs: 1000 })
    for (const id of ['1', '2']) await claim(id)
    await store.complete('2', { owner: 'a', ttlMs: 1000 })
    expect(await claim('3')).toBe('reserved')
    expect(await claim('1', 'b')).toBe('in_progress')
    expect(() => claim('2')).toThrow('the memory store is full of claims in progress')
  })

  it('may be as small as one entry', async () => {
    const store = memoryStore({ maxEntries: 1 })
    for (const id of ['1', '2']) {
      expect(await store.reserve(id, { owner: 'a', leaseMs: 1000 })).toBe('reserved')
      expect(await store.complete(id, { owner: 'a', ttlMs: 1000 })).toBe(true)
    }
  })

  it('tells the ends of two runs of an event apart: the last one counts', async () => {
    const clock = { now: 0 }
    const store = memoryStore({ maxEntries: 2, now: () => clock.now })
    const finish = async (id: string) => {
      expect(await store.reserve(id, { owner: 'a', leaseMs: 10 })).toBe('reserved')
      expect(await store.complete(id, { owner: 'a', ttlMs: 10 })).toBe(true)
    }
    await finish('1')
    clock.now = 5
    await finish('2')
    clock.now = 10
    await finish('1')
    await finish('3')
    expect(await store.reserve('1', { owner: 'b', leaseMs: 10 })).toBe('done')
    expect(await store.reserve('2', { owner: 'b', leaseMs: 10 })).toBe('reserved')
  })

  it.each([0, -1, 1.5, Number.NaN])('refuses room for %s entries or bytes', (size) => {
    expect(() => memoryStore({ maxEntries: size })).toThrow(
      expect.objectContaining({
        code: 'store_invalid',
        message: expect.stringContaining('maxEntries must be a whole number above 0') as string,
      }),
    )
    expect(() => memoryStore({ maxBytes: size })).toThrow(
      expect.objectContaining({
        code: 'store_invalid',
        message: expect.stringContaining('maxBytes must be a whole number above 0') as string,
      }),
    )
  })

  it('keeps no more bytes than it may, long ids counted as what they are', async () => {
    const store = memoryStore({ maxBytes: 3 * (200 + 2 * 10) })
    const id = (n: number, length = 10) => String(n).padEnd(length, 'x')
    const finish = async (id: string) => {
      expect(await store.reserve(id, { owner: 'a', leaseMs: 1000 })).toBe('reserved')
      expect(await store.complete(id, { owner: 'a', ttlMs: 1000 })).toBe(true)
    }
    for (const n of [1, 2, 3]) await finish(id(n))
    const probe = (id: string) => store.reserve(id, { owner: 'b', leaseMs: 1000 })
    expect([await probe(id(1)), await probe(id(2)), await probe(id(3))]).toEqual(['done', 'done', 'done'])
    // As long as two of the others.
    await finish(id(4, 120))
    expect([await probe(id(3)), await probe(id(4, 120))]).toEqual(['done', 'done'])
    expect(await probe(id(1))).toBe('reserved')
  })

  it('gives all of its room back', async () => {
    const clock = { now: 0 }
    const store = memoryStore({ maxBytes: 210, now: () => clock.now })
    const claim = (owner: string) => store.reserve('1', { owner, leaseMs: 10 })
    for (let round = 0; round < 3; round += 1) {
      for (let again = 0; again < 3; again += 1) expect(await claim('a')).toBe('reserved')
      expect(await store.release('1', { owner: 'a' })).toBe(true)
      expect(await claim('b')).toBe('reserved')
      expect(await store.complete('1', { owner: 'b', ttlMs: 10 })).toBe(true)
      expect(await store.forget('1')).toBe(true)
      expect(await claim('c')).toBe('reserved')
      clock.now += 10
    }
  })

  it('warns each receiver when an event goes while a repeat of it is still taken, and not before', async () => {
    const clock = { now: 0 }
    const store = memoryStore({ maxEntries: 1, now: () => clock.now })
    const warnings: string[] = []
    for (const replayMs of [1_000, 10_000])
      store.attach!({ replayMs, timeoutMs: 2_000, warn: (topic, message) => warnings.push(`${topic}: ${message}`) })
    const finish = async (id: string) => {
      await store.reserve(id, { owner: 'a', leaseMs: 1000 })
      await store.complete(id, { owner: 'a', ttlMs: 60_000 })
    }
    await finish('1')
    clock.now = 10_000
    await finish('2')
    expect(warnings).toEqual([])
    clock.now += 2_000
    await finish('3')
    expect(warnings).toEqual([
      'memory_store_full: The memory store had to drop an event 2 s after it was handled, though a replay of it is accepted for 10 s; a replay would be handled again. Use redisStore or postgresStore, or give memoryStore more maxBytes or maxEntries.',
    ])
  })
})
