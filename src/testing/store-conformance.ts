import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { callback, checkOptions, type ChecksOf, demand, timer } from '../lib/check.ts'
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
  demand(open, 'store_invalid', 'storeConformance needs open, a function that returns the store to test.')
  const short = 2 * slack
  const lapse: Step = () => pass(short + slack)
  const shortly = { leaseMs: short }
  const onAnother =
    (step: Step): Step =>
    async (_, id) =>
      step(await open(), id)
  const reservesOnce =
    (among: number): Step =>
    async (_, id) => {
      const stores = await Promise.all([open(), open(), open(), open()])
      const answers = await Promise.all(
        stores.flatMap((store, s) =>
          Array.from({ length: among / 4 }, async (__, i) => store.reserve(id, claim(`owner-${s}-${i}`))),
        ),
      )
      assert.equal(answers.filter((answer) => answer === 'reserved').length, 1)
      assert.equal(answers.filter((answer) => answer === 'in_progress').length, among - 1)
    }
  const runs: Record<string, readonly Step[]> = {
    'reserves a new event': [reserve('a')],
    'reports a claimed event as in progress': [reserve('a'), reserve('b', 'in_progress')],
    "renews the owner's own claim, as after a lost reply, for a lease from then": [
      reserve('a', 'reserved', shortly),
      reserve('a'),
      lapse,
      reserve('b', 'in_progress'),
      complete('a'),
      reserve('a', 'done'),
    ],
    'reports a completed event as done': [reserve('a'), complete('a'), reserve('b', 'done')],
    'reserves a released event again': [reserve('a'), release('a'), reserve('b')],
    'frees a claim when its lease ends': [
      reserve('a', 'reserved', shortly),
      reserve('b', 'in_progress'),
      lapse,
      reserve('b'),
    ],
    'forgets a completed event when its time to live ends': [
      reserve('a', 'reserved', shortly),
      complete('a', true, short),
      reserve('b', 'done'),
      lapse,
      reserve('b'),
    ],
    'keeps a completed event beyond the lease of its claim': [
      reserve('a', 'reserved', shortly),
      complete('a'),
      lapse,
      reserve('b', 'done'),
    ],
    'lets no owner whose lease has ended complete or release': [
      reserve('a', 'reserved', shortly),
      lapse,
      complete('a', false),
      release('a', false),
      reserve('b'),
    ],
    'lets no stale owner complete or release the claim of the next': [
      reserve('a', 'reserved', shortly),
      lapse,
      reserve('b'),
      complete('a', false),
      release('a', false),
      reserve('c', 'in_progress'),
      complete('b'),
    ],
    'lets no owner undo a completed event': [
      reserve('a'),
      complete('a'),
      release('a', false),
      complete('a', false),
      reserve('b', 'done'),
    ],
    'notes an unclaimed, unknown event as done': [
      note(true, short),
      note(false),
      unlessNoteIsMissing(reserve('a', 'done')),
      lapse,
      reserve('a'),
      note(false),
      release('a'),
    ],
    'completes and releases nothing that was never claimed': [complete('a', false), release('a', false), reserve('b')],
    'forgets on purpose, done or in progress': [
      forget(false),
      reserve('a'),
      forget(true),
      complete('a', false),
      reserve('b'),
      complete('b'),
      forget(true),
      reserve('c'),
    ],
    'keeps events apart': [
      reserve('a'),
      complete('a'),
      async (store, id) => {
        for (const other of [`${id}x`, id.slice(0, -1), id.toUpperCase(), `${id} `, `${id}'"\\`, `${id}é`])
          await reserve('a')(store, other)
      },
    ],
    'takes ids of 255 characters': [
      (store, id) => reserve('a')(store, id.padEnd(255, 'x')),
      (store, id) => reserve('b', 'in_progress')(store, id.padEnd(255, 'x')),
    ],
    'shares claims between connections': [
      reserve('a'),
      onAnother(reserve('b', 'in_progress')),
      complete('a'),
      onAnother(reserve('b', 'done')),
    ],
    'reserves once among 200 claims at once over 4 connections': [reservesOnce(200)],
    'reserves an ended claim once among 200 claims at once': [
      reserve('a', 'reserved', shortly),
      lapse,
      reservesOnce(200),
    ],
  }
  return Object.entries(runs).map(([name, steps]) => ({
    name,
    run: async () => {
      const store = await open()
      const id = `conformance-${randomUUID()}`
      for (const step of steps) await step(store, id)
    },
  }))
}

/** One call of a store, and the answer that it must give. */
type Step = (store: OnceStore, id: string) => Promise<void> | void

const claim = (owner: string, leaseMs = long) => ({ owner, leaseMs })

const reserve =
  (owner: string, answer = 'reserved', { leaseMs }: { leaseMs?: number } = {}): Step =>
  async (store, id) => {
    assert.equal(await store.reserve(id, claim(owner, leaseMs)), answer, `${owner} reserves ${JSON.stringify(id)}`)
  }
const complete =
  (owner: string, answer = true, ttlMs = long): Step =>
  async (store, id) => {
    assert.equal(await store.complete(id, { owner, ttlMs }), answer, `${owner} completes`)
  }
const release =
  (owner: string, answer = true): Step =>
  async (store, id) => {
    assert.equal(await store.release(id, { owner }), answer, `${owner} releases`)
  }
const forget =
  (answer: boolean): Step =>
  async (store, id) => {
    assert.equal(await store.forget(id), answer, 'forgets')
  }
const note =
  (answer: boolean, ttlMs = long): Step =>
  async (store, id) => {
    if (store.note) assert.equal(await store.note(id, { ttlMs }), answer, 'notes')
  }
const unlessNoteIsMissing =
  (step: Step): Step =>
  (store, id) =>
    store.note && step(store, id)

const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))
