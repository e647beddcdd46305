import { repeatUntil } from '../lib/repeat-until.ts'
import { isThenable, withTimeout, type Boxed } from '../lib/with-timeout.ts'
import type { OnceConfig } from './config.ts'
import type { Reservation } from './store.ts'

/** A claim, or what may be one. */
export interface Holding {
  readonly id: string
  readonly owner: string
  /** When its lease ends, by `performance.now`; at the store it ends no sooner. */
  readonly until: number
}

/** A second try at once: that a connection was cut shows only when it is used. */
export function withSecondTry<T>(act: () => T | PromiseLike<T>, again = act): T | PromiseLike<T> {
  const first = act()
  return isThenable(first) ? Promise.resolve(first).catch(again) : first
}

/** Tells the store how a claim ended; false if the claim was not held any more. */
export function end(isDone: boolean, holding: Holding, config: OnceConfig): Boxed<boolean> | Promise<Boxed<boolean>> {
  const act = () => endAtStore(isDone, holding, config)
  // Within the lease nobody else can have ended it: then the try whose reply was lost had done so.
  const again = async () => (await act()) || performance.now() < holding.until
  return withTimeout(() => withSecondTry(act, again), config.timeoutMs)
}

/** The same again, ever more slowly, until the store has answered or the lease is over. */
export async function endAfterwards(isDone: boolean, holding: Holding, config: OnceConfig): Promise<void> {
  await repeatUntil(holding.until, async () => 'value' in (await withTimeout(() => endAtStore(isDone, holding, config), config.timeoutMs)))
}

// While a store is down each refused delivery has one: they must not become a load of their own when it comes back.
const mostGivenBack = 1_000
let givenBack = 0

/** Gives back what `reserve` may have claimed, though it did not say so. */
export async function giveBack(reserved: Boxed<Reservation>, holding: Holding, config: OnceConfig): Promise<void> {
  if (givenBack >= mostGivenBack) return
  givenBack += 1
  // A reservation that is still under way may be made after its release.
  let isSettled = true
  if ('failed' in reserved && reserved.failed === 'timeout') {
    isSettled = false
    void reserved.settled.then(() => (isSettled = true))
  }
  await repeatUntil(holding.until, async () => {
    const wasSettled = isSettled
    const released = await withTimeout(() => endAtStore(false, holding, config), config.timeoutMs)
    return 'value' in released && (released.value || wasSettled)
  })
  givenBack -= 1
}

const endAtStore = (isDone: boolean, { id, owner }: Holding, { store, ttlMs }: OnceConfig): boolean | Promise<boolean> =>
  isDone ? store.complete(id, { owner, ttlMs }) : store.release(id, { owner })
