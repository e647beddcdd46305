import { describe, expect, it, vi } from 'vitest'
import type { OnceStore } from '../../src/index.ts'
import { claimAndRun, type OnceConfig } from '../../src/once/claim.ts'
import { endOfClaim, isFinished } from '../../src/receive/claim-end.ts'
import { forget } from '../../src/inbox/forget.ts'
import { withTimeout, failureName } from '../../src/lib/with-timeout.ts'
import { untilDone } from '../../src/lib/until-done.ts'
import { refuse } from '../../src/report/refusal.ts'
import type { ReportCode, Trace } from '../../src/report/report.ts'

const later = <T>(value: T, ms: number) => new Promise<T>((resolve) => setTimeout(() => resolve(value), ms))
const never = () => new Promise<never>(() => undefined)

function claiming(change: Partial<Record<keyof OnceStore, (...args: never[]) => unknown>> = {}, options: Partial<OnceConfig> = {}) {
  const store = { reserve: vi.fn(() => Promise.resolve('reserved')), complete: vi.fn(() => Promise.resolve(true)), release: vi.fn(() => Promise.resolve(true)), forget: vi.fn() }
  for (const [name, act] of Object.entries(change)) store[name as keyof OnceStore].mockImplementation(act as never)
  const trace: Partial<Trace> = {}
  const config = { store: store as unknown as OnceStore, leaseMs: 40_001, ttlMs: 7, timeoutMs: 20, onStoreError: 'refuse', ...options } as const
  const run = async (work: () => Promise<ReportCode | ReturnType<typeof refuse>>) => {
    const claimed = await claimAndRun('id', config, isFinished, work)
    const { end, ...facts } = endOfClaim(claimed, config.leaseMs)
    Object.assign(trace, facts, { claim: claimed.claim })
    return end
  }
  return { store, trace, run }
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

  it('has an owner of its own each time', async () => {
    const { store, run } = claiming()
    for (let i = 0; i < 2; i += 1) await run(() => Promise.resolve('accepted'))
    const owners = (store.reserve.mock.calls as unknown as [string, { owner: string }][]).map(([, { owner }]) => owner)
    expect(new Set(owners).size).toBe(2)
    expect(owners[0]).toMatch(/^[\w-]{36}$/)
  })

  it.each<[ReportCode | ReturnType<typeof refuse>, boolean]>([
    ['accepted', true], ['handler_rejected', true], ['unhandled', false], ['handler_failed', false], ['handler_timeout', false], [refuse('no_handlers'), false], [refuse('accepted'), false],
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
    ['complete says no', { complete: () => Promise.resolve(false) }, 'accepted', 'lost', 'The event was handled, but the store did not note it down: the lease had ended. Another delivery of it may be handled again.'],
    ['complete hangs', { complete: never }, 'accepted', 'unavailable', 'The event was handled, but the store did not note it down: no answer in time. Another delivery of it may be handled again.'],
    ['release says no', { release: () => Promise.resolve(false) }, 'handler_failed', 'lost', undefined],
    ['release fails', { release: () => Promise.reject(new Error('x')) }, 'handler_failed', 'unavailable', undefined],
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

  it.each([['fails', () => Promise.reject(new TypeError('x')), 'TypeError'], ['gives no answer that is one', () => Promise.resolve(undefined), 'its answer is none']])('that %s runs unclaimed if told so, and says it', async (_, reserve, why) => {
    const { store, trace, run } = claiming({ reserve }, { onStoreError: 'proceed' })
    expect(await run(() => Promise.resolve('accepted'))).toBe('accepted')
    expect(trace).toMatchObject({ claim: { reservation: 'unavailable' }, hint: `The store failed: ${why}. The event is handled unclaimed, as onStoreError says.` })
    expect(store.complete).not.toHaveBeenCalled()
    expect(await claiming({ reserve }).run(vi.fn())).toMatchObject({ code: 'store_unavailable', hint: `The store failed: ${why}.` })
  })

  it.each([['reserved', 1], ['in_progress', 0], ['done', 0]])('that comes too late and is %s is given back %i times', async (answer, times) => {
    const { store, run } = claiming({ reserve: () => later(answer, 30) })
    expect(await run(vi.fn())).toMatchObject({ code: 'store_unavailable' })
    expect(store.release).not.toHaveBeenCalled()
    await later(0, 30)
    expect(store.release).toHaveBeenCalledTimes(times)
  })
})

describe('a time box', () => {
  it('gives the value, or how it failed, and leaves no timer', async () => {
    const clear = vi.spyOn(globalThis, 'clearTimeout')
    const late = vi.fn()
    expect(await withTimeout(() => Promise.resolve(7), 1_000, late)).toEqual({ value: 7 })
    const error = new Error('x')
    expect(await withTimeout(() => Promise.reject(error), 1_000)).toEqual({ failed: 'error', error })
    expect(await withTimeout(() => { throw error }, 1_000)).toEqual({ failed: 'error', error })
    expect(clear).toHaveBeenCalledTimes(3)
    clear.mockRestore()
    expect(late).not.toHaveBeenCalled()
  })

  it('tells of a value that comes after it', async () => {
    const late = vi.fn()
    expect(await withTimeout(() => later(7, 20), 5, late)).toEqual({ failed: 'timeout' })
    expect(await withTimeout(() => later(8, 20), 5)).toEqual({ failed: 'timeout' })
    await later(0, 30)
    expect(late.mock.calls).toEqual([[7]])
  })
})

it('why there is no value is a code or a class, of one short word', () => {
  const why = (error: unknown) => failureName({ failed: 'error', error })
  const instance = (name: string) => ({ constructor: { name } })
  expect(failureName({ failed: 'timeout' })).toBe('no answer in time')
  expect(why(Object.assign(new RangeError('secret'), { code: 'a'.repeat(40) }))).toBe('a'.repeat(40))
  for (const code of [7, '', 'a'.repeat(41), 'a b', 'a\n', '-a', 'a-']) expect(why(Object.assign(new RangeError('secret'), { code }))).toBe('RangeError')
  expect(why(instance('N'.repeat(60)))).toBe('N'.repeat(60))
  for (const name of ['', 'N'.repeat(61), 'a secret', '-N', 'N-']) expect(why(instance(name))).toBe('an error')
  expect([why(undefined), why(null), why(Object.create(null)), why({ constructor: {} })]).toEqual(['Object', 'Object', 'an error', 'an error'])
})

describe('until it is done', () => {
  it('tries once at a time, again after a failure, and never after success', async () => {
    const act = vi.fn<() => Promise<void>>().mockRejectedValueOnce(new Error('not yet')).mockResolvedValue()
    const run = untilDone(act)
    expect(await Promise.allSettled([run(), run()])).toEqual([{ status: 'rejected', reason: new Error('not yet') }, { status: 'rejected', reason: new Error('not yet') }])
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
  const inbox = (act?: (id: string) => Promise<unknown>) => ({ inbox: { add: vi.fn(), ...(act && { forget: act }) }, timeoutMs: 20 }) as never

  it('asks the inbox first, if it can, and then the store', async () => {
    expect(await forget('a', config(told('store')), inbox(told('inbox')))).toBe(true)
    expect(await forget('b', config(told('store')), inbox())).toBe(true)
    expect(await forget('c', config(told('store')), undefined)).toBe(true)
    expect(calls).toEqual(['inbox a', 'store a', 'store b', 'store c'])
  })

  it('says which of them could not, and leaves the store as it is if the inbox has not forgotten', async () => {
    const store = vi.fn(() => Promise.resolve(true))
    await expect(forget('a', config(store), inbox(never))).rejects.toThrow('express-smile-id: the inbox could not forget the event: no answer in time.')
    expect(store).not.toHaveBeenCalled()
    await expect(forget('a', config(() => Promise.reject(new RangeError('secret'))), undefined)).rejects.toThrow('express-smile-id: the store could not forget the event: RangeError.')
  })
})
