import { describe, expect, it, vi } from 'vitest'
import { forget } from '../../src/inbox/forget.ts'
import { memoryStore, type OnceStore } from '../../src/index.ts'
import { SmileIdError } from '../../src/errors.ts'
import { repeatUntil, untilDone, withTimeout } from '../../src/lib/promises.ts'
import { claimAndRun } from '../../src/once/claim.ts'
import type { OnceConfig } from '../../src/once/store.ts'
import { endOfClaim, isFinished } from '../../src/receive/handle.ts'
import type { Facts } from '../../src/receive/trace.ts'
import { refuse } from '../../src/report/refusal.ts'
import type { ReportCode } from '../../src/report/report.ts'

const later = <T>(value: T, ms: number) => new Promise<T>((resolve) => setTimeout(() => resolve(value), ms))
const never = () => new Promise<never>(() => undefined)

type Call = 'reserve' | 'complete' | 'release' | 'forget'

function claiming(
  change: Partial<Record<Call, (...args: never[]) => unknown>> = {},
  options: Partial<OnceConfig> = {},
) {
  const store = {
    reserve: vi.fn(() => Promise.resolve('reserved')),
    complete: vi.fn(() => Promise.resolve(true)),
    release: vi.fn(() => Promise.resolve(true)),
    forget: vi.fn(),
  }
  for (const [name, act] of Object.entries(change)) store[name as Call].mockImplementation(act as never)
  const trace: Facts = {}
  const config = {
    store: store as unknown as OnceStore,
    leaseMs: 40_001,
    ttlMs: 7,
    timeoutMs: 20,
    onStoreError: 'refuse',
    ...options,
  } as const
  const run = async (work: () => Promise<ReportCode | ReturnType<typeof refuse>>) => {
    const claimed = await claimAndRun('id', config, isFinished, work)
    const { end, ...facts } = endOfClaim(claimed, config.leaseMs)
    Object.assign(trace, facts, { claim: claimed.claim })
    if (claimed.trouble) trace.hint = claimed.trouble.hint
    if (claimed.pending) pending.push(claimed.pending)
    return end
  }
  const pending: Promise<void>[] = []
  return { store, trace, run, pending }
}

describe('a claim', () => {
  it('is reserved, completed for the ttl, and not released', async () => {
    const { store, trace, run } = claiming()
    expect(await run(() => Promise.resolve('accepted'))).toBe('accepted')
    const [[, claim]] = store.reserve.mock.calls as unknown as [[string, { owner: string }]]
    expect(store.reserve.mock.calls).toEqual([['id', { owner: claim.owner, leaseMs: 40_001 }]])
    expect(store.complete.mock.calls).toEqual([['id', { owner: claim.owner, ttlMs: 7 }]])
    expect(store.release).not.toHaveBeenCalled()
    expect(trace).toEqual({ claim: { reservation: 'reserved', end: 'completed' } })
  })

  it('says why its store gave no answer, where the connection knows, and not what an answer was', async () => {
    const hintOf = async (reserve: () => unknown, connectionError?: () => unknown) => {
      const { run, trace, store } = claiming({ reserve })
      if (connectionError) Object.assign(store, { connectionError })
      await run(() => Promise.resolve('accepted'))
      return trace.hint
    }
    const refused = () => Object.assign(new Error('secret'), { code: 'ECONNREFUSED' })
    const silent = await hintOf(never)
    expect(silent).toBe('The store failed: no answer in time.')
    expect(await hintOf(never, () => undefined)).toBe(silent)
    expect(await hintOf(never, refused)).toMatch(
      /^The store failed: no answer in time, and its connection failed with Error code=ECONNREFUSED /,
    )
    expect(await hintOf(() => Promise.reject(new RangeError('secret')), refused)).not.toContain('its connection')
    expect(await hintOf(() => Promise.resolve('perhaps'), refused)).toBe(
      'The store failed: reserve gave an unknown answer.',
    )
  })

  it('has an owner of its own each time', async () => {
    const { store, run } = claiming()
    for (let i = 0; i < 2; i += 1) await run(() => Promise.resolve('accepted'))
    const owners = (store.reserve.mock.calls as unknown as [string, { owner: string }][]).map(([, { owner }]) => owner)
    expect(new Set(owners).size).toBe(2)
    expect(owners[0]).toMatch(/^[\w-]{36}$/)
  })

  it.each<[ReportCode | ReturnType<typeof refuse>, boolean]>([
    ['accepted', true],
    ['handler_rejected', true],
    ['unhandled', false],
    ['handler_failed', false],
    ['handler_timeout', false],
    [refuse('no_handlers'), false],
    [refuse('handler_failed'), false],
    [refuse('handler_rejected'), true],
  ])('ends %o finished: %s', async (end, isFinished) => {
    const { store, trace, run } = claiming()
    expect(await run(() => Promise.resolve(end))).toBe(end)
    expect([store.complete.mock.calls.length, store.release.mock.calls.length]).toEqual(isFinished ? [1, 0] : [0, 1])
    expect(trace.claim).toEqual({ reservation: 'reserved', end: isFinished ? 'completed' : 'released' })
  })

  it('is released by its owner if the work throws', async () => {
    const { store, run } = claiming()
    await expect(run(() => Promise.reject(new Error('out')))).rejects.toThrow('out')
    const [[, { owner }]] = store.reserve.mock.calls as unknown as [[string, { owner: string }]]
    expect(store.release.mock.calls).toEqual([['id', { owner }]])
    expect(store.complete).not.toHaveBeenCalled()
  })

  it.each<[string, Parameters<typeof claiming>[0], ReportCode, string, string | undefined]>([
    [
      'complete says no',
      { complete: () => Promise.resolve(false) },
      'accepted',
      'lost',
      'The event was handled, but the store did not record it: the lease had ended. Another delivery of it may be handled again.',
    ],
    [
      'complete hangs',
      { complete: never },
      'accepted',
      'unavailable',
      'The event was handled, but the store has not recorded it yet: no answer in time. This is retried until the lease ends; if no attempt succeeds, another delivery of the event is handled again.',
    ],
    ['release says no', { release: () => Promise.resolve(false) }, 'handler_failed', 'lost', undefined],
    [
      'release fails',
      { release: never },
      'handler_failed',
      'unavailable',
      'The store could not take the claim back: no answer in time. It ends with its lease.',
    ],
  ])('changes no answer if %s', async (_, change, end, word, hint) => {
    const { trace, run } = claiming(change)
    expect(await run(() => Promise.resolve(end))).toBe(end)
    expect(trace.claim?.end).toBe(word)
    expect(trace.hint).toBe(hint)
  })

  it('that is done or in progress runs nothing and ends nothing', async () => {
    const work = vi.fn()
    const done = claiming({ reserve: () => Promise.resolve('done') })
    expect(await done.run(work)).toBe('duplicate')
    const going = claiming({ reserve: () => Promise.resolve('in_progress') })
    expect(await going.run(work)).toMatchObject({ code: 'in_progress' })
    expect(going.trace).toMatchObject({ retryAfter: 41, claim: { reservation: 'in_progress' } })
    expect(work).not.toHaveBeenCalled()
    for (const { store, trace } of [done, going]) {
      expect([store.complete.mock.calls.length, store.release.mock.calls.length]).toEqual([0, 0])
      expect(trace.claim).not.toHaveProperty('end')
    }
  })

  it.each([
    ['fails', () => Promise.reject(new TypeError('x')), 'TypeError at .*claim\\.test\\.ts.*'],
    ['gives no answer that is one', () => Promise.resolve(undefined), 'reserve gave an unknown answer'],
  ])('that %s runs unclaimed if told so, and says it', async (_, reserve, why) => {
    const { store, trace, run, pending } = claiming({ reserve }, { onStoreError: 'proceed' })
    expect(await run(() => Promise.resolve('accepted'))).toBe('accepted')
    expect(trace).toMatchObject({
      claim: { reservation: 'unavailable' },
      hint: expect.stringMatching(
        new RegExp(`^The store failed: ${why}. The event is handled without a claim, as once.onStoreError says.$`),
      ) as string,
    })
    // The claim may be there all the same.
    await Promise.all(pending)
    expect([store.complete.mock.calls.length, store.release.mock.calls.length]).toEqual([1, 0])
    expect(await claiming({ reserve }).run(vi.fn())).toMatchObject({
      code: 'store_unavailable',
      hint: expect.stringMatching(new RegExp(`^The store failed: ${why}\\.$`)) as string,
    })
  })

  it('is made again at once by the same owner when the reply to it is lost', async () => {
    const store = memoryStore()
    const owners: string[] = []
    const { run, trace } = claiming({
      async reserve(id: string, claim: { owner: string; leaseMs: number }) {
        owners.push(claim.owner)
        const answer = await store.reserve(id, claim)
        if (owners.length === 1) throw new Error('the reply was lost')
        return answer
      },
    })
    expect(await run(() => Promise.resolve('accepted'))).toBe('accepted')
    expect(owners).toEqual([owners[0], owners[0]])
    expect(trace.claim).toEqual({ reservation: 'reserved', end: 'completed' })
  })

  it('that failed is given back by its owner until the store takes it', async () => {
    let tries = 0
    const { store, run, pending } = claiming({
      reserve: () => Promise.reject(new Error('x')),
      release: () => ((tries += 1) < 4 ? Promise.reject(new Error('x')) : Promise.resolve(true)),
    })
    expect(await run(vi.fn())).toMatchObject({ code: 'store_unavailable' })
    await Promise.all(pending)
    const [[, { owner }]] = store.reserve.mock.calls as unknown as [[string, { owner: string }]]
    expect(store.release.mock.calls).toEqual(Array(4).fill(['id', { owner }]))
  })

  it.each([
    ['true', true],
    ['false', false],
  ])('that failed is not given back again once the store has said %s', async (_, answer) => {
    const { store, run, pending } = claiming({
      reserve: () => Promise.reject(new Error('x')),
      release: () => Promise.resolve(answer),
    })
    await run(vi.fn())
    await Promise.all(pending)
    expect(store.release).toHaveBeenCalledTimes(1)
  })

  it('that is granted after its time was up is given back, though it was released before', async () => {
    const memory = memoryStore()
    const { run, pending } = claiming({
      // Overtaken by the release, as over another connection.
      reserve: (...args: Parameters<OnceStore['reserve']>) => later(0, 100).then(() => memory.reserve(...args)),
      release: (...args: Parameters<OnceStore['release']>) => Promise.resolve(memory.release(...args)),
    })
    expect(await run(vi.fn())).toMatchObject({ code: 'store_unavailable' })
    await Promise.all(pending)
    expect(await memory.reserve('id', { owner: 'next', leaseMs: 1_000 })).toBe('reserved')
  })

  it('that is granted after its process stood still for longer than its lease is given back', async () => {
    const memory = memoryStore()
    const now = performance.now.bind(performance)
    let stoodMs = 0
    let granted: Promise<unknown> | undefined
    const clock = vi.spyOn(performance, 'now').mockImplementation(() => now() + stoodMs)
    const { run, pending } = claiming({
      reserve(...args: Parameters<OnceStore['reserve']>) {
        stoodMs = 60_000
        granted = later(0, 100).then(() => memory.reserve(...args))
        return granted
      },
      release: (...args: Parameters<OnceStore['release']>) => Promise.resolve(memory.release(...args)),
    })
    try {
      expect(await run(vi.fn())).toMatchObject({ code: 'store_unavailable' })
      await Promise.all([...pending, granted])
      expect(await memory.reserve('id', { owner: 'next', leaseMs: 1_000 })).toBe('reserved')
    } finally {
      clock.mockRestore()
    }
  })

  it('that is in trouble costs no more than its lease', async () => {
    const { store, run, pending } = claiming({ reserve: never, release: never }, { leaseMs: 150 })
    await run(vi.fn())
    await Promise.all(pending)
    const calls = store.release.mock.calls.length
    expect(calls).toBeGreaterThan(1)
    await later(0, 100)
    expect(store.release).toHaveBeenCalledTimes(calls)
  })

  it.each<[string, ReportCode, 'complete' | 'release', string]>([
    ['completed', 'accepted', 'complete', 'completed'],
    ['released', 'handler_failed', 'release', 'released'],
  ])('is %s though a connection is cut at it', async (_, end, call, word) => {
    const { store, run, trace, pending } = claiming()
    store[call].mockRejectedValueOnce(Object.assign(new Error('x'), { code: 'ECONNRESET' }))
    expect(await run(() => Promise.resolve(end))).toBe(end)
    expect(trace).toEqual({ claim: { reservation: 'reserved', end: word } })
    expect(pending).toEqual([])
    expect(store[call]).toHaveBeenCalledTimes(2)
  })

  it('is completed though the reply to that is lost', async () => {
    const memory = memoryStore()
    let tries = 0
    const { run, trace } = claiming(
      {
        reserve: (...args: Parameters<OnceStore['reserve']>) => memory.reserve(...args),
        async complete(...args: Parameters<OnceStore['complete']>) {
          const isCompleted = await memory.complete(...args)
          if ((tries += 1) === 1) throw new Error('the reply was lost')
          return isCompleted
        },
      },
      { ttlMs: 60_000 },
    )
    expect(await run(() => Promise.resolve('accepted'))).toBe('accepted')
    expect(trace).toEqual({ claim: { reservation: 'reserved', end: 'completed' } })
    expect(await memory.reserve('id', { owner: 'next', leaseMs: 1_000 })).toBe('done')
  })

  it.each<[string, ReportCode, 'complete' | 'release']>([
    ['completed', 'accepted', 'complete'],
    ['released', 'handler_failed', 'release'],
  ])('is %s after the answer where the store is down for longer', async (_, end, call) => {
    let isDown = true
    const { store, run, trace, pending } = claiming({
      [call]: () => (isDown ? Promise.reject(new Error('x')) : Promise.resolve(true)),
    })
    expect(await run(() => Promise.resolve(end))).toBe(end)
    expect(trace.claim?.end).toBe('unavailable')
    const tries = store[call].mock.calls.length
    await vi.waitFor(() => expect(store[call].mock.calls.length).toBeGreaterThan(tries + 2), { timeout: 30_000 })
    isDown = false
    await Promise.all(pending)
    const last = store[call].mock.calls.length
    await later(0, 100)
    expect(store[call]).toHaveBeenCalledTimes(last)
  })

  it('is ended no more once its lease is over', async () => {
    const { store, run, pending } = claiming({ complete: () => Promise.reject(new Error('x')) }, { leaseMs: 150 })
    await run(() => Promise.resolve('accepted'))
    await Promise.all(pending)
    const calls = store.complete.mock.calls.length
    expect(calls).toBeGreaterThan(2)
    await later(0, 100)
    expect(store.complete).toHaveBeenCalledTimes(calls)
  })

  it('is held in a store that answers at once, or throws at once', async () => {
    const memory = memoryStore()
    const { run, trace } = claiming({
      reserve: (...args: Parameters<OnceStore['reserve']>) => memory.reserve(...args),
      complete: (...args: Parameters<OnceStore['complete']>) => memory.complete(...args),
    })
    expect(await run(() => Promise.resolve('accepted'))).toBe('accepted')
    expect(await run(vi.fn())).toBe('duplicate')
    expect(trace.claim).toEqual({ reservation: 'done' })
    const full = claiming({
      reserve: () => {
        throw new RangeError('full')
      },
    })
    expect(await full.run(vi.fn())).toMatchObject({
      code: 'store_unavailable',
      hint: expect.stringMatching(/^The store failed: RangeError at /) as string,
    })
  })
})

describe('a time box', () => {
  it('gives the value, or how it failed, at once if it can, and leaves no timer', async () => {
    const clear = vi.spyOn(globalThis, 'clearTimeout')
    const error = new Error('x')
    expect(withTimeout(() => 7, 1_000)).toEqual({ value: 7 })
    expect(
      withTimeout(() => {
        throw error
      }, 1_000),
    ).toEqual({ failed: 'error', error })
    expect(clear).not.toHaveBeenCalled()
    expect(await withTimeout(() => Promise.resolve(7), 1_000)).toEqual({ value: 7 })
    expect(await withTimeout(() => Promise.reject(error), 1_000)).toEqual({ failed: 'error', error })
    expect(clear).toHaveBeenCalledTimes(2)
    clear.mockRestore()
  })

  it.each<[string, (end: { resolve(value: number): void; reject(error: Error): void }) => void]>([
    ['ends well', (end) => end.resolve(7)],
    ['fails', (end) => end.reject(new Error('late'))],
  ])('tells when what was too slow %s', async (_, finish) => {
    let end!: Parameters<typeof finish>[0]
    const act = new Promise<number>((resolve, reject) => (end = { resolve, reject }))
    const boxed = await withTimeout<number>(() => act, 5)
    if (!('settled' in boxed)) throw new Error('it was in time')
    expect(boxed).toEqual({
      failed: 'timeout',
      error: new SmileIdError('no answer in time'),
      settled: expect.any(Promise) as Promise<void>,
    })
    const settled = vi.fn()
    const waiting = boxed.settled.then(settled)
    await later(0, 5)
    expect(settled).not.toHaveBeenCalled()
    finish(end)
    await waiting
  })

  it('holds up no answer by a promise of strange making', async () => {
    expect(
      await withTimeout(
        () =>
          ({
            then: () => {
              throw new TypeError('odd')
            },
          }) as never,
        1_000,
      ),
    ).toMatchObject({ failed: 'error' })
    expect(
      await withTimeout(
        () =>
          ({
            get then() {
              throw new TypeError('odd')
            },
          }) as never,
        1_000,
      ),
    ).toMatchObject({ failed: 'error' })
  })
})

describe('repeated until it has worked', () => {
  it('waits longer each time, from some ms on', async () => {
    const times: number[] = []
    expect(
      await repeatUntil(performance.now() + 60_000, () => Promise.resolve(times.push(performance.now()) === 4)),
    ).toBe(true)
    expect(times[3]! - times[0]!).toBeGreaterThan(150)
  })

  it('is tried once more when the time is up, and then never', async () => {
    const act = vi.fn(() => Promise.resolve(false))
    expect(await repeatUntil(performance.now() - 1, act)).toBe(false)
    expect(act).toHaveBeenCalledTimes(1)
    expect(await repeatUntil(performance.now() + 30, act)).toBe(false)
  })

  it('works where timers are numbers, as in a browser', async () => {
    const { setTimeout: real } = globalThis
    vi.stubGlobal('setTimeout', (act: () => void, ms: number) => real(act, ms)[Symbol.toPrimitive]())
    try {
      const act = vi.fn().mockResolvedValueOnce(false).mockResolvedValue(true)
      expect(await repeatUntil(performance.now() + 5_000, act)).toBe(true)
    } finally {
      vi.unstubAllGlobals()
    }
  })
})

describe('until it is done', () => {
  it('tries once at a time, again after a failure, and never after success', async () => {
    const act = vi.fn<() => Promise<void>>().mockRejectedValueOnce(new Error('not yet')).mockResolvedValue()
    const run = untilDone(act)
    expect(await Promise.allSettled([run(), run()])).toEqual([
      { status: 'rejected', reason: new Error('not yet') },
      { status: 'rejected', reason: new Error('not yet') },
    ])
    expect(act).toHaveBeenCalledTimes(1)
    await Promise.all([run(), run()])
    await run()
    expect(act).toHaveBeenCalledTimes(2)
  })
})

describe('forgetting', () => {
  const calls: string[] = []
  const told = (name: string) => (id: string) => Promise.resolve(calls.push(`${name} ${id}`) > 0)
  const config = (act: OnceStore['forget']) => ({ store: { forget: act }, timeoutMs: 20 }) as OnceConfig
  const inbox = (act?: (id: string) => Promise<unknown>) =>
    ({ inbox: { add: vi.fn(), ...(act && { forget: act }) }, timeoutMs: 20 }) as never

  it('asks the inbox first, if it can, and then the store', async () => {
    expect(await forget('a', config(told('store')), inbox(told('inbox')))).toBe(true)
    expect(await forget('b', config(told('store')), inbox())).toBe(true)
    expect(await forget('c', config(told('store')), undefined)).toBe(true)
    expect(calls).toEqual([
      'inbox a',
      'store a',
      'store verdict:a',
      'store dispatch:a',
      'store b',
      'store verdict:b',
      'store dispatch:b',
      'store c',
      'store verdict:c',
      'store dispatch:c',
    ])
  })

  it('says which of them could not, and leaves the store as it is if the inbox has not forgotten', async () => {
    const store = vi.fn(() => Promise.resolve(true))
    await expect(forget('a', config(store), inbox(never))).rejects.toThrow(
      'express-smile-id: the inbox could not forget the event: no answer in time.',
    )
    expect(store).not.toHaveBeenCalled()
    await expect(
      forget(
        'a',
        config(() => Promise.reject(new RangeError('secret'))),
        undefined,
      ),
    ).rejects.toThrow('express-smile-id: the store could not forget the event: RangeError at ')
  })
})
