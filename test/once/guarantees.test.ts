import fc from 'fast-check'
import { expect, it } from 'vitest'
import { memoryStore, PermanentError, smileIdCallbacks, type OnceStore } from '../../src/index.ts'
import { senderIp, testOptions, v1Delivery } from '../support/deliveries.ts'
import { inVirtualTime } from '../support/virtual-time.ts'

const never = () => new Promise<never>(() => undefined)
const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

type Trouble = 'none' | 'rejects' | 'throws' | 'hangs' | 'slow' | 'rejects after'
const anyTrouble = fc.constantFrom<Trouble>(
  'none',
  'none',
  'none',
  'rejects',
  'throws',
  'hangs',
  'slow',
  'rejects after',
)
type HandlerEnd = 'succeeds' | 'fails' | 'throws' | 'gives up' | 'hangs' | 'late'
const anyEnd = fc.constantFrom<HandlerEnd>('succeeds', 'succeeds', 'fails', 'throws', 'gives up', 'hangs', 'late')

const storeTimeout = 15
const workTimeout = 25

/** An action with a trouble of its own: before it is done, after it was done, or too late. */
async function through<T>(trouble: Trouble, act: () => Promise<T>): Promise<T> {
  if (trouble === 'rejects') throw new Error('store down')
  if (trouble === 'hangs') return never()
  if (trouble === 'slow') await wait(storeTimeout * 2)
  const value = await act()
  if (trouble === 'rejects after') throw new Error('the answer was lost')
  return value
}

function troubled(store: OnceStore, next: () => Trouble): OnceStore {
  const wrap =
    <Args extends unknown[], T>(method: (...args: Args) => T | Promise<T>) =>
    (...args: Args): Promise<T> => {
      const trouble = next()
      if (trouble === 'throws') throw new Error('store down')
      return through(trouble, async () => method(...args))
    }
  return {
    reserve: wrap((...args) => store.reserve(...args)),
    complete: wrap((...args) => store.complete(...args)),
    release: wrap((...args) => store.release(...args)),
    forget: (id) => store.forget(id),
  }
}

async function perform(end: HandlerEnd): Promise<void> {
  await wait(1)
  if (end === 'fails' || end === 'throws') throw new Error('no')
  if (end === 'gives up') throw new PermanentError('never')
  if (end === 'hangs') await never()
  if (end === 'late') await wait(workTimeout * 2)
}

const delivery = () => ({ ...v1Delivery(), clientIp: senderIp })
const inTurn = <T>(list: readonly T[], fallback: T): (() => T) => {
  let i = 0
  return () => list[i++] ?? fallback
}
const isStoreTrouble = (code: string) => code === 'store_unavailable' || code === 'in_progress' || code === 'duplicate'

it('handlers run for no delivery that the store refuses, and 200 is sent for no handler that failed', async () => {
  await inVirtualTime(() =>
    fc.assert(
      fc.asyncProperty(
        fc.array(anyTrouble, { maxLength: 20 }),
        fc.array(fc.tuple(anyEnd, anyEnd), { minLength: 1, maxLength: 6 }),
        fc.integer({ min: 1, max: 3 }),
        fc.constantFrom('refuse' as const, 'proceed' as const),
        async (troubles, ends, atOnce, onStoreError) => {
          const store = memoryStore()
          const callbacks = smileIdCallbacks({
            ...testOptions,
            store: troubled(store, inTurn(troubles, 'none')),
            once: { onStoreError, timeout: storeTimeout },
            handlerTimeout: workTimeout,
          })
          const end = inTurn(ends, ['succeeds', 'succeeds'] as const)
          // Both handlers of one run see the same event object, and each delivery makes its own.
          const runs = new Map<object, { ends: readonly [HandlerEnd, HandlerEnd]; done: number }>()
          let running = 0
          let mostRunning = 0
          callbacks.onAny(async (event) => {
            const run = { ends: end(), done: 0 }
            runs.set(event, run)
            running += 1
            mostRunning = Math.max(mostRunning, running)
            let counted = true
            const stop = () => {
              if (counted) running -= 1
              counted = false
            }
            // What goes on after its time is up is no longer held by the claim, as documented.
            setTimeout(stop, workTimeout - 5)
            try {
              await perform(run.ends[0])
              run.done += 1
            } finally {
              stop()
            }
          })
          callbacks.onAny((event) => {
            const run = runs.get(event)!
            if (run.ends[1] === 'throws') throw new Error('at once')
            return perform(run.ends[1]).then(() => (run.done += 1))
          })
          const one = async () => {
            const before = new Set(runs.keys())
            const report = await callbacks.receive(delivery())
            return { report, before }
          }
          const expectSound = ({ report, before }: Awaited<ReturnType<typeof one>>, alone: boolean) => {
            const own = [...runs].filter(([event]) => !before.has(event)).map(([, ran]) => ran)
            if (alone && isStoreTrouble(report.code)) expect(own).toEqual([])
            if (!alone) return
            const ends = own.flatMap((run) => run.ends)
            // One that is late may still be in time on a machine that stands still.
            if (report.code === 'accepted') expect(own.map(({ done }) => done)).toEqual([2])
            if (report.code === 'handler_rejected')
              expect(own[0]!.done + ends.filter((how) => how === 'gives up').length).toBe(2)
            if (ends.some((how) => how === 'fails' || how === 'throws' || how === 'hangs'))
              expect(report.status).toBe(503)
            if (report.status === 200) expect(['accepted', 'duplicate', 'handler_rejected']).toContain(report.code)
          }
          for (let i = 0; i < ends.length; i += 1) expectSound(await one(), true)
          const together = await Promise.all(Array.from({ length: atOnce }, one))
          for (const each of together) expectSound(each, atOnce === 1)
          const accepted = together.filter(({ report }) => report.code === 'accepted').length
          const ran = [...runs.keys()].filter((event) => !together[0]!.before.has(event)).length
          if (onStoreError === 'refuse') {
            expect(accepted).toBeLessThanOrEqual(1)
            expect(mostRunning).toBeLessThanOrEqual(1)
          }
          // A delivery refused because of the store made no handler run; one in a queue may be out of time.
          const others = together.filter(({ report }) => !isStoreTrouble(report.code))
          const outOfTime = others.filter(({ report }) => report.code === 'handler_timeout')
          expect(ran).toBeLessThanOrEqual(others.length)
          expect(ran).toBeGreaterThanOrEqual(others.length - Math.min(outOfTime.length, atOnce - 1))
        },
      ),
      { numRuns: 150 },
    ),
  )
})

it('200 is sent for no event that the inbox did not confirm', async () => {
  await inVirtualTime(() =>
    fc.assert(
      fc.asyncProperty(
        fc.array(anyTrouble, { maxLength: 20 }),
        fc.array(anyTrouble, { minLength: 1, maxLength: 6 }),
        async (storeTroubles, inboxTroubles) => {
          const confirmed = new Set<string>()
          let asked = 0
          const next = inTurn(inboxTroubles, 'none')
          const callbacks = smileIdCallbacks({
            ...testOptions,
            store: troubled(memoryStore(), inTurn(storeTroubles, 'none')),
            once: { timeout: storeTimeout },
            inbox: {
              timeout: workTimeout,
              add({ id }) {
                asked += 1
                const trouble = next()
                if (trouble === 'throws') throw new Error('inbox down')
                return through(trouble === 'slow' ? 'hangs' : trouble, () => Promise.resolve()).then(() =>
                  confirmed.add(id),
                )
              },
            },
          })
          for (let i = 0; i < inboxTroubles.length + 2; i += 1) {
            const before = asked
            const { code, status, event } = await callbacks.receive(delivery())
            if (status === 200) expect(confirmed.has(event!.id)).toBe(true)
            if (isStoreTrouble(code)) expect(asked).toBe(before)
            if (code === 'inbox_unavailable') expect(status).toBe(503)
          }
        },
      ),
      { numRuns: 150 },
    ),
  )
})
