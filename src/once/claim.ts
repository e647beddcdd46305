import { randomUUID } from 'node:crypto'
import { SmileIdError } from '../errors.ts'
import { after, type Boxed, isThenable, repeatUntil, withTimeout } from '../lib/promises.ts'
import { shownError } from '../lib/words.ts'
import type { OnceConfig, Reservation } from './store.ts'

/** Result of claiming an event; on the report. */
export interface ClaimSummary {
  /** The store's answer to the claim; `unavailable` if it failed or was too slow. */
  reservation: Reservation | 'unavailable'
  /**
   * `lost`: the lease ended before the work did. `unavailable`: the store had not recorded the end when the answer was
   * due; it is retried until the lease ends.
   */
  end?: ClaimEnd
}

/**
 * How a claim ended: the event is finished, the claim was released, the store no longer had the claim, or the store was
 * unavailable.
 */
export type ClaimEnd = 'completed' | 'released' | 'lost' | 'unavailable'

const answers: ReadonlySet<unknown> = new Set<Reservation>(['reserved', 'in_progress', 'done'])

/** Result of claiming an event and, if it ran, of the work. */
export interface Claimed<T> {
  claim: ClaimSummary
  /** Result of the work; absent if it did not run, and `claim.reservation` says why. */
  end?: T
  /** Description of a store failure, and what the store threw. */
  trouble?: { hint: string; error: unknown }
  /**
   * Set while the store is still being told how the claim ended; resolves when it knows or the lease is over, never
   * rejects.
   */
  pending?: Promise<void>
}

/**
 * Claim, work, then mark done. Once the work has run, a store failure does not change its result: asking for a retry
 * would run it twice. `isFinished` decides if another delivery is a duplicate.
 */
export function claimAndRun<T>(
  id: string,
  config: OnceConfig,
  isFinished: (end: T) => boolean,
  work: () => Promise<T>,
): Promise<Claimed<T>> {
  const { store, leaseMs } = config
  const owner = randomUUID()
  const task: Task<T> = { config, id, owner, until: performance.now() + leaseMs, isFinished, work }
  const asked = ask(config, () => store.reserve(id, { owner, leaseMs }))
  return Promise.resolve(after(asked, (boxed) => runClaimed(boxed, task)))
}

async function runClaimed<T>(boxed: Boxed<Reservation>, task: Task<T>): Promise<Claimed<T>> {
  const reservation = 'value' in boxed && answers.has(boxed.value) ? boxed.value : 'unavailable'
  if (reservation === 'done' || reservation === 'in_progress') return { claim: { reservation } }
  if (reservation === 'unavailable') return unclaimed(boxed, task)
  let ended: T
  try {
    ended = await task.work()
  } catch (error) {
    await settle(false, task)
    throw error
  }
  return after(settle(task.isFinished(ended), task), (settled) => {
    const claimed: Claimed<T> = settled
    claimed.end = ended
    return claimed
  })
}

/**
 * The store may have made the claim although its reply was lost: unreleased, it would block the event until its lease
 * ends.
 */
async function unclaimed<T>(boxed: Boxed<Reservation>, task: Task<T>): Promise<Claimed<T>> {
  const claim = { reservation: 'unavailable' } as const
  const error = 'value' in boxed ? new SmileIdError('reserve gave an unknown answer') : boxed.error
  const why = `The store failed: ${whyOf(error, boxed, task)}.`
  if (task.config.onStoreError === 'refuse')
    return { claim, trouble: { hint: why, error }, pending: giveBack(boxed, task) }
  const end = await task.work()
  return {
    claim,
    end,
    trouble: { hint: `${why} The event is handled without a claim, as once.onStoreError says.`, error },
    pending: endAfterwards(task.isFinished(end), task),
  }
}

/** A client that waits for its connection answers nothing: the connection's own error says why. */
function whyOf(error: unknown, boxed: Boxed<unknown>, { config: { store } }: Holding): string {
  const name = shownError(error)
  if (!('failed' in boxed) || boxed.failed === 'error') return name
  const met = withTimeout(() => store.connectionError?.(), 0)
  return 'value' in met && met.value !== undefined
    ? `${name}, and its connection failed with ${shownError(met.value)}`
    : name
}

function settle(isDone: boolean, holding: Holding) {
  return after(end(isDone, holding), (boxed) => claimedOf(boxed, isDone, holding))
}

function claimedOf(boxed: Boxed<boolean>, isDone: boolean, holding: Holding): Claimed<never> {
  if (!('value' in boxed)) {
    const { error } = boxed
    const hint = isDone
      ? `The event was handled, but the store has not recorded it yet: ${whyOf(error, boxed, holding)}. This is retried until the lease ends; if no attempt succeeds, another delivery of the event is handled again.`
      : `The store could not take the claim back: ${whyOf(error, boxed, holding)}. It ends with its lease.`
    return { claim: claim('unavailable'), trouble: { hint, error }, pending: endAfterwards(isDone, holding) }
  }
  if (boxed.value) return { claim: claim(isDone ? 'completed' : 'released') }
  const hint =
    'The event was handled, but the store did not record it: the lease had ended. Another delivery of it may be handled again.'
  return { claim: claim('lost'), ...(isDone && { trouble: { hint, error: new SmileIdError(hint) } }) }
}

const claim = (end: ClaimEnd): ClaimSummary => ({ reservation: 'reserved', end })

/** A claim that is, or may be, held, and where. */
interface Holding {
  readonly config: OnceConfig
  readonly id: string
  readonly owner: string
  /** End of the lease by `performance.now`; in the store it ends no earlier. */
  readonly until: number
}

/** Asks the store; a second time if the first call rejects, since a cut connection is noticed only when it is used. */
function ask<T>({ timeoutMs }: OnceConfig, act: () => T | PromiseLike<T>, again = act): Boxed<T> | Promise<Boxed<T>> {
  return withTimeout(() => {
    const first = act()
    return isThenable(first) ? Promise.resolve(first).catch(again) : first
  }, timeoutMs)
}

/** Tells the store how a claim ended; false if the claim was no longer held. */
function end(isDone: boolean, holding: Holding) {
  const act = () => endAtStore(isDone, holding)
  // Within the lease no other owner can have ended it: the call whose reply was lost did.
  return ask(holding.config, act, async () => (await act()) || performance.now() < holding.until)
}

/** The same, once, with no second try. */
const endOnce = async (isDone: boolean, holding: Holding) =>
  withTimeout(() => endAtStore(isDone, holding), holding.config.timeoutMs)

const endAtStore = (isDone: boolean, { id, owner, config: { store, ttlMs } }: Holding) =>
  isDone ? store.complete(id, { owner, ttlMs }) : store.release(id, { owner })

/** A claim, and the work under it. */
interface Task<T> extends Holding {
  readonly isFinished: (end: T) => boolean
  readonly work: () => Promise<T>
}

/** Retries with growing waits until the store has answered or the lease is over. */
async function endAfterwards(isDone: boolean, holding: Holding): Promise<void> {
  await repeatUntil(holding.until, async () => 'value' in (await endOnce(isDone, holding)))
}

// While a store is down each refused delivery has one; the bound keeps them from overloading it when it comes back.
const mostGivenBack = 1_000
let givenBack = 0

/** Releases a claim that `reserve` may have made without saying so. */
async function giveBack(reserved: Boxed<Reservation>, holding: Holding): Promise<void> {
  if (givenBack >= mostGivenBack) return
  givenBack += 1
  // A reservation that is still under way may be made after its release.
  let isSettled = true
  if ('failed' in reserved && reserved.failed === 'timeout') {
    isSettled = false
    void reserved.settled.then(() => (isSettled = true))
  }
  // From now: a process that stood still may make it long after it was asked for.
  await repeatUntil(performance.now() + holding.config.leaseMs, async () => {
    const wasSettled = isSettled
    const released = await endOnce(false, holding)
    return 'value' in released && (released.value || wasSettled)
  })
  givenBack -= 1
}

/** Verdicts are kept beside the events, under a key that no event id can have. */
export const verdictKey = (verdictId: string): string => `verdict:${verdictId}`

/** The store's key for a worker's claim: under the event's own id stands that it was stored. */
export const dispatchKey = (eventId: string): string => `dispatch:${eventId}`

/** True for a known outcome or step; of the others, each may say something else. */
export const isNoted = (said: { readonly kind: string; readonly outcome?: string }): boolean =>
  said.kind === 'id_info' || (said.kind === 'result' && said.outcome !== 'unknown')

/**
 * Records that a verdict was acted on, for `reconcile`; synchronously if the store answers so. Never rejects: an
 * unrecorded verdict is asked for once more.
 */
export function noteVerdict(verdictId: string, config: OnceConfig): Boxed<unknown> | Promise<Boxed<unknown>> {
  const { store, ttlMs, timeoutMs } = config
  const key = verdictKey(verdictId)
  return store.note ? withTimeout(() => store.note?.(key, { ttlMs }), timeoutMs) : claimBriefly(key, config, true)
}

/** Tells if a key is done; claims it for a moment if it is free. */
export const wasDone = (key: string, once: OnceConfig): Promise<Boxed<boolean>> => claimBriefly(key, once, false)

/**
 * Time limit for the two calls, ms. A claim left open would need a lease, but stores never drop open claims to make
 * room.
 */
const briefMs = 10_000

/** Claims a key, and marks it done if `marks`; the value is true if it was done before. */
async function claimBriefly(key: string, once: OnceConfig, marks: boolean): Promise<Boxed<boolean>> {
  const { claim, trouble } = await claimAndRun(
    key,
    { ...once, leaseMs: briefMs, onStoreError: 'refuse' },
    () => marks,
    () => Promise.resolve(),
  )
  const { reservation } = claim
  return trouble && (marks || reservation === 'unavailable')
    ? { failed: 'error', error: trouble.error }
    : { value: reservation === 'done' }
}
