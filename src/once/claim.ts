import { randomUUID } from 'node:crypto'
import { type Boxed, type Failed, failureName, isThenable, repeatUntil, withTimeout } from '../lib/promises.ts'
import type { OnceConfig, Reservation } from './store.ts'

export type { OnceConfig }

/** What became of the claim on an event; on the report. */
export interface ClaimSummary {
  /** What the store said when asked for the event; `unavailable` if it failed or was too slow. */
  reservation: Reservation | 'unavailable'
  /**
   * `lost`: the lease had ended before the work did. `unavailable`: the store had not taken the end when the answer was
   * due;
   * it is tried again until the lease ends.
   */
  end?: ClaimEnd
}

/** How a claim ended: the event is finished, given back, or the store no longer knew the claim or was out of reach. */
export type ClaimEnd = 'completed' | 'released' | 'lost' | 'unavailable'

const answers: ReadonlySet<unknown> = new Set<Reservation>(['reserved', 'in_progress', 'done'])

/** What came of claiming an event, and of the work where it ran. */
export interface Claimed<T> {
  claim: ClaimSummary
  /** What the work came to; absent where it did not run, and `claim.reservation` says why. */
  end?: T
  /** What the store did wrong. */
  trouble?: string
  /** The store is still being told how the claim ended; resolves when it knows or the lease is over, never rejects. */
  pending?: Promise<void>
}

/**
 * Claim, work, then mark done. Once the work has run, no trouble with the store changes its end:
 * "come again" would run it a second time. `isFinished` says whether another delivery is a duplicate.
 */
export async function claimAndRun<T>(
  id: string,
  config: OnceConfig,
  isFinished: (end: T) => boolean,
  work: () => Promise<T>,
): Promise<Claimed<T>> {
  const { store, leaseMs, timeoutMs } = config
  const owner = randomUUID()
  const holding: Holding = { id, owner, until: performance.now() + leaseMs }
  const boxed = await withTimeout(() => withSecondTry(() => store.reserve(id, { owner, leaseMs })), timeoutMs)
  const reservation = 'value' in boxed && answers.has(boxed.value) ? boxed.value : 'unavailable'
  if (reservation === 'done' || reservation === 'in_progress') return { claim: { reservation } }
  if (reservation === 'unavailable') return unclaimed(boxed, holding, config, isFinished, work)
  let ended: T
  try {
    ended = await work()
  } catch (error) {
    await settle(false, holding, config)
    throw error
  }
  return { end: ended, ...(await settle(isFinished(ended), holding, config)) }
}

/**
 * The claim may have been made all the same, with its reply lost: left alone, it would refuse the event until its lease
 * ends.
 */
async function unclaimed<T>(
  boxed: Boxed<Reservation>,
  holding: Holding,
  config: OnceConfig,
  isFinished: (end: T) => boolean,
  work: () => Promise<T>,
): Promise<Claimed<T>> {
  const claim = { reservation: 'unavailable' } as const
  const why = `The store failed: ${'value' in boxed ? 'it gave no answer that is known' : whyOf(boxed, config)}.`
  if (config.onStoreError === 'refuse') return { claim, trouble: why, pending: giveBack(boxed, holding, config) }
  const end = await work()
  return {
    claim,
    end,
    trouble: `${why} The event is handled unclaimed, as once.onStoreError says.`,
    pending: endAfterwards(isFinished(end), holding, config),
  }
}

/** A client that waits for its connection answers nothing: what its connection met says why. */
function whyOf(failure: Failed, { store }: OnceConfig): string {
  const name = failureName(failure)
  if (failure.failed === 'error') return name
  const met = withTimeout(() => store.connectionError?.(), 0)
  return 'value' in met && met.value !== undefined
    ? `${name}, and its connection met ${failureName({ failed: 'error', error: met.value })}`
    : name
}

async function settle(isDone: boolean, holding: Holding, config: OnceConfig): Promise<Claimed<never>> {
  const boxed = await end(isDone, holding, config)
  const claim = (end: ClaimEnd): ClaimSummary => ({ reservation: 'reserved', end })
  if (!('value' in boxed)) {
    const trouble = `The event was handled, but the store has not noted it down yet: ${whyOf(boxed, config)}. That is tried again until the lease ends; unless it succeeds, another delivery of the event is handled again.`
    return { claim: claim('unavailable'), ...(isDone && { trouble }), pending: endAfterwards(isDone, holding, config) }
  }
  if (boxed.value) return { claim: claim(isDone ? 'completed' : 'released') }
  const trouble =
    'The event was handled, but the store did not note it down: the lease had ended. Another delivery of it may be handled again.'
  return { claim: claim('lost'), ...(isDone && { trouble }) }
}

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
  await repeatUntil(
    holding.until,
    async () => 'value' in (await withTimeout(() => endAtStore(isDone, holding, config), config.timeoutMs)),
  )
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

const endAtStore = (
  isDone: boolean,
  { id, owner }: Holding,
  { store, ttlMs }: OnceConfig,
): boolean | Promise<boolean> => (isDone ? store.complete(id, { owner, ttlMs }) : store.release(id, { owner }))
