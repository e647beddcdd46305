import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { SmileIdConfigError } from '../errors.ts'
import { callback, checkOptions, type ChecksOf, timer } from '../lib/check.ts'
import type { OnceStore } from '../once/store.ts'

/** Access to the store under test. */
export interface ConformanceSetup {
  /**
   * Opens a store on the data that all stores of this run share, over a connection of its own if it has any. A store in
   * memory returns the same object each time.
   */
  readonly open: () => OnceStore | Promise<OnceStore>
  /** Lets time pass for the store, ms. Default: waits that long. */
  readonly pass?: ((ms: number) => Promise<void> | void) | undefined
  /** How much longer than its lease a claim may live, ms. Default: 150. */
  readonly slack?: number | undefined
}

const checks = {
  open: callback<ConformanceSetup['open']>('store_invalid'),
  pass: callback<NonNullable<ConformanceSetup['pass']>>('options_invalid'),
  slack: timer(150),
} satisfies ChecksOf<ConformanceSetup>

/** One requirement; `run` rejects with an AssertionError if the store breaks it. */
export interface ConformanceCase {
  /** The requirement, for the test runner. */
  name: string
  /** Tests it on a new event. */
  run: () => Promise<void>
}

const long = 60_000

/**
 * The requirements of every store, as cases for any test runner: `for (const { name, run } of storeConformance({ open
 * })) test(name, run)`.
 * @example
 * import { storeConformance } from 'express-smile-id/store-conformance'
 *
 * for (const { name, run } of storeConformance({ open: myStore })) test(name, run)
 * @throws SmileIdConfigError for a setup that cannot work
 */
export function storeConformance(setup: ConformanceSetup): ConformanceCase[] {
  const { open, pass = wait, slack } = checkOptions(setup, checks)
  if (!open)
    throw new SmileIdConfigError(
      'store_invalid',
      'storeConformance needs open, a function that returns the store to test.',
    )
  const short = 2 * slack
  const claimAtOnce = async (id: string) => {
    const stores = await Promise.all([open(), open(), open(), open()])
    return Promise.all(
      stores.flatMap((store, s) =>
        Array.from({ length: 50 }, async (_, i) => store.reserve(id, claim(`owner-${s}-${i}`))),
      ),
    )
  }
  const runs: Record<string, (store: OnceStore, id: string) => Promise<void>> = {
    'reserves a new event': async (store, id) => {
      assert.equal(await store.reserve(id, claim('a')), 'reserved')
    },
    'reports a claimed event as in progress': async (store, id) => {
      await store.reserve(id, claim('a'))
      assert.equal(await store.reserve(id, claim('b')), 'in_progress')
    },
    "renews the owner's own claim, as after a lost reply, for a lease from then": async (store, id) => {
      assert.equal(await store.reserve(id, claim('a', short)), 'reserved')
      assert.equal(await store.reserve(id, claim('a')), 'reserved')
      await pass(short + slack)
      assert.equal(await store.reserve(id, claim('b')), 'in_progress')
      assert.equal(await store.complete(id, { owner: 'a', ttlMs: long }), true)
      assert.equal(await store.reserve(id, claim('a')), 'done')
    },
    'reports a completed event as done': async (store, id) => {
      await store.reserve(id, claim('a'))
      assert.equal(await store.complete(id, { owner: 'a', ttlMs: long }), true)
      assert.equal(await store.reserve(id, claim('b')), 'done')
    },
    'reserves a released event again': async (store, id) => {
      await store.reserve(id, claim('a'))
      assert.equal(await store.release(id, { owner: 'a' }), true)
      assert.equal(await store.reserve(id, claim('b')), 'reserved')
    },
    'frees a claim when its lease ends': async (store, id) => {
      await store.reserve(id, claim('a', short))
      assert.equal(await store.reserve(id, claim('b')), 'in_progress')
      await pass(short + slack)
      assert.equal(await store.reserve(id, claim('b')), 'reserved')
    },
    'forgets a completed event when its time to live ends': async (store, id) => {
      await store.reserve(id, claim('a', short))
      await store.complete(id, { owner: 'a', ttlMs: short })
      assert.equal(await store.reserve(id, claim('b')), 'done')
      await pass(short + slack)
      assert.equal(await store.reserve(id, claim('b')), 'reserved')
    },
    'keeps a completed event beyond the lease of its claim': async (store, id) => {
      await store.reserve(id, claim('a', short))
      await store.complete(id, { owner: 'a', ttlMs: long })
      await pass(short + slack)
      assert.equal(await store.reserve(id, claim('b')), 'done')
    },
    'lets no owner whose lease has ended complete or release': async (store, id) => {
      await store.reserve(id, claim('a', short))
      await pass(short + slack)
      assert.equal(await store.complete(id, { owner: 'a', ttlMs: long }), false)
      assert.equal(await store.release(id, { owner: 'a' }), false)
      assert.equal(await store.reserve(id, claim('b')), 'reserved')
    },
    'lets no stale owner complete or release the claim of the next': async (store, id) => {
      await store.reserve(id, claim('a', short))
      await pass(short + slack)
      await store.reserve(id, claim('b'))
      assert.equal(await store.complete(id, { owner: 'a', ttlMs: long }), false)
      assert.equal(await store.release(id, { owner: 'a' }), false)
      assert.equal(await store.reserve(id, claim('c')), 'in_progress')
      assert.equal(await store.complete(id, { owner: 'b', ttlMs: long }), true)
    },
    'lets no owner undo a completed event': async (store, id) => {
      await store.reserve(id, claim('a'))
      await store.complete(id, { owner: 'a', ttlMs: long })
      assert.equal(await store.release(id, { owner: 'a' }), false)
      assert.equal(await store.complete(id, { owner: 'a', ttlMs: long }), false)
      assert.equal(await store.reserve(id, claim('b')), 'done')
    },
    'notes an unclaimed, unknown event as done': async (store, id) => {
      if (!store.note) return
      assert.equal(await store.note(id, { ttlMs: short }), true)
      assert.equal(await store.note(id, { ttlMs: long }), false)
      assert.equal(await store.reserve(id, claim('a')), 'done')
      await pass(short + slack)
      await store.reserve(id, claim('a'))
      assert.equal(await store.note(id, { ttlMs: long }), false)
      assert.equal(await store.release(id, { owner: 'a' }), true)
    },
    'completes and releases nothing that was never claimed': async (store, id) => {
      assert.equal(await store.complete(id, { owner: 'a', ttlMs: long }), false)
      assert.equal(await store.release(id, { owner: 'a' }), false)
      assert.equal(await store.reserve(id, claim('b')), 'reserved')
    },
    'forgets on purpose, done or in progress': async (store, id) => {
      assert.equal(await store.forget(id), false)
      await store.reserve(id, claim('a'))
      assert.equal(await store.forget(id), true)
      assert.equal(await store.complete(id, { owner: 'a', ttlMs: long }), false)
      assert.equal(await store.reserve(id, claim('b')), 'reserved')
      await store.complete(id, { owner: 'b', ttlMs: long })
      assert.equal(await store.forget(id), true)
      assert.equal(await store.reserve(id, claim('c')), 'reserved')
    },
    'keeps events apart': async (store, id) => {
      await store.reserve(id, claim('a'))
      await store.complete(id, { owner: 'a', ttlMs: long })
      for (const other of [`${id}x`, id.slice(0, -1), id.toUpperCase(), `${id} `, `${id}'"\\`, `${id}é`]) {
        assert.equal(await store.reserve(other, claim('a')), 'reserved', JSON.stringify(other))
      }
    },
    'takes ids of 255 characters': async (store, id) => {
      const longId = id.padEnd(255, 'x')
      assert.equal(await store.reserve(longId, claim('a')), 'reserved')
      assert.equal(await store.reserve(longId, claim('b')), 'in_progress')
    },
    'shares claims between connections': async (store, id) => {
      const other = await open()
      await store.reserve(id, claim('a'))
      assert.equal(await other.reserve(id, claim('b')), 'in_progress')
      await store.complete(id, { owner: 'a', ttlMs: long })
      assert.equal(await other.reserve(id, claim('b')), 'done')
    },
    'reserves once among 200 claims at once over 4 connections': async (_, id) => {
      const answers = await claimAtOnce(id)
      assert.equal(answers.filter((answer) => answer === 'reserved').length, 1)
      assert.equal(answers.filter((answer) => answer === 'in_progress').length, 199)
    },
    'reserves an ended claim once among 200 claims at once': async (store, id) => {
      await store.reserve(id, claim('a', short))
      await pass(short + slack)
      const answers = await claimAtOnce(id)
      assert.equal(answers.filter((answer) => answer === 'reserved').length, 1)
    },
  }
  return Object.entries(runs).map(([name, run]) => ({
    name,
    run: async () => run(await open(), `conformance-${randomUUID()}`),
  }))
}

const claim = (owner: string, leaseMs = long) => ({ owner, leaseMs })

const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))
