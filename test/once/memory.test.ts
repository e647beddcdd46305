import { describe, expect, it } from 'vitest'
import { memoryStore } from '../../src/index.ts'
import { storeConformance } from '../../src/once/conformance.ts'

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
    const claim = (id: string) => store.reserve(id, { owner: 'a', leaseMs: 1000 })
    await claim('1')
    await claim('2')
    await expect(claim('3')).rejects.toThrow('full of claims')
    await store.release('1', { owner: 'a' })
    expect(await claim('3')).toBe('reserved')
    expect(await claim('2')).toBe('in_progress')
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
    const claim = (id: string) => store.reserve(id, { owner: 'a', leaseMs: 1000 })
    for (const id of ['1', '2']) await claim(id)
    await store.complete('2', { owner: 'a', ttlMs: 1000 })
    expect(await claim('3')).toBe('reserved')
    expect(await claim('1')).toBe('in_progress')
    await expect(claim('2')).rejects.toThrow('The memory store is full of claims in progress.')
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

  it.each([0, -1, 1.5, Number.NaN])('refuses room for %s entries', (maxEntries) => {
    expect(() => memoryStore({ maxEntries })).toThrow(new RangeError('maxEntries has to be a whole number above 0.'))
  })
})
