import type { SmileIdEvent } from '../../src/index.ts'
import type { Done } from './postgres.ts'
import type { HandlerRun, Scenario } from './scenario.ts'
import { type Callback, type Delivered, isVerdict, type SmileId } from './smile-id.ts'
import { start } from './virtual.ts'
import { Broken, type Fault, minute, type Process } from './world.ts'

/** Why an event may be handled twice, and by which words SECURITY.md says so. */
export const excuses = {
  'outlives handlerTimeout': /outlives `handlerTimeout`/,
  dies: /process dies/,
  'stands still': /stands still|paused/,
  'cannot tell the store': /cannot (?:tell|reach) the store/,
  'the store forgets': /store forgets/,
  workers: /hands it to workers/,
} as const

export type Excuse = keyof typeof excuses

/** What was seen while checking: the excuses that an event needed, where one was enough. */
export class Seen {
  readonly excuses = new Set<Excuse>()
}

/** Events and verdicts are kept for a week; a claim lives for the handlers' 30 s and 15 s more. */
const ttlMs = 7 * 86_400_000
const leaseMs = 45_000

/** Holds what happened in a world against what the pages promise; the first promise that did not hold is thrown. */
export function check(scenario: Scenario, seen: Seen): void {
  const { plan, smileId } = scenario
  for (const callback of smileId.callbacks) {
    const runs = scenario.runs.filter(({ event }) => event.id === callback.id)
    if (callback.kind === 'forged') refusedChangesNothing(callback)
    else if (plan.confirms && isDenied(callback, scenario)) deniedIsNotHandled(callback, scenario)
    else {
      nothingIsLost(callback, runs, scenario)
      comesThrough(callback, scenario)
      if (plan.effect === 'mail') handledOnce(callback, runs, scenario, seen)
      if (plan.inbox === 'none' && !plan.reconciles) inProgressMeansWork(callback, scenario)
    }
    everyDeliveryIsAnswered(callback)
  }
  handlersTakeTurns(scenario)
  if (plan.effect === 'transaction') effectsAreInOrder(scenario)
  reconcilingSettles(scenario)
  storeIsBounded(scenario)
}

/**
 * SECURITY.md: lose nothing. src/once/README.md: no handler that failed is answered 200, and a verdict for one account
 * has had no effect for another.
 */
function nothingIsLost({ name, id, deliveries }: Callback, runs: readonly HandlerRun[], scenario: Scenario): void {
  const { plan, queue, postgres, events } = scenario
  const isDead = [...queue.jobs.values()].some((job) => job.state === 'failed' && job.id.replaceAll('-', '') === id)
  const event = events.find((one) => one.id === id)
  const isOurs = (done: Done) =>
    done.verdict === event?.verdictId
    && events.some((one) => one.id === done.event && one.recipientId === event.recipientId)
  for (const { status, to = 0 } of deliveries) {
    // Handled by then, or with an inbox by the end.
    const by = plan.inbox === 'none' ? to : Infinity
    const isHandled =
      plan.effect === 'mail'
        ? runs.some((run) => run.hasSucceeded && (run.to ?? Infinity) <= by)
        : postgres.effects.some((effect) => isOurs(effect) && effect.step <= by)
    if (status === 200 && !isHandled && !isDead) throw new Broken('what is answered 200 is handled', `${name} was not`)
  }
}

/** How long after it a fault may spoil a try, ms: what a lost claim, a lock or a process that stands still takes. */
const reach: Partial<Record<Fault, number>> = {
  // Its process may have ended by then, and its claim lasts a minute more.
  late: 2 * minute,
  pauses: minute,
  silence: minute,
  'dies before': minute,
  'dies after': minute,
  'is lost': 2 * minute,
  'reply lost': 2 * minute,
}

/** 503 says "come again": no try is refused unless a fault, a deployment or the verdict of another account meets it. */
function comesThrough(callback: Callback, { plan, smileId, world }: Scenario): void {
  const { name, taken, tries, kind } = callback
  // Asked about as well where its signature came before, as it does for all that is signed in one millisecond.
  const isOutdated = plan.confirms === true && isVerdict(callback) && !smileId.isCurrent(callback)
  if (taken || isOutdated || (plan.effect === 'transaction' && smileId.callbacks.some((one) => one.kind !== kind)))
    return
  const at = start + (plan.deploysAt ?? -Infinity)
  const spoilt = [...world.faults.map((one) => [one.at, reach[one.fault] ?? 0] as const), [at, minute] as const]
  for (const [i, { from, to }] of tries.entries())
    if (!spoilt.some(([begun, forMs]) => begun <= to && from <= begun + forMs))
      throw new Broken('what comes again is handled', `${name} was refused at try ${i + 1}, without a fault`)
}

/** src/once/README.md: handlers of one event do not run twice at the same time, nor again once they have succeeded. */
function handledOnce({ name }: Callback, runs: readonly HandlerRun[], scenario: Scenario, seen: Seen): void {
  const again = runs.find((run, i) =>
    runs.slice(0, i).some((earlier) => earlier.hasSucceeded || (earlier.to ?? Infinity) > run.from),
  )
  if (!again) return
  const needed = excusesOf(runs, scenario)
  if (needed.length === 0) throw new Broken('an event is handled once', `${name} was handled twice`)
  if (needed.length === 1) seen.excuses.add(needed[0]!)
}

function excusesOf(runs: readonly HandlerRun[], { plan, world, cutOff }: Scenario): Excuse[] {
  if (plan.inbox !== 'none') return world.faults.length > 0 || plan.deploysAt !== undefined ? ['workers'] : []
  if (plan.store === 'memory' && world.processes.length > 1) return ['the store forgets']
  const had = (process: Process, fault: Fault, to?: string) =>
    world.faults.some((one) => one.fault === fault && one.call.task.process === process && (!to || one.call.to === to))
  const needed = new Set<Excuse>()
  for (const { process, isLate } of runs) {
    if (isLate()) needed.add('outlives handlerTimeout')
    if (had(process, 'dies before') || had(process, 'dies after') || cutOff.has(process)) needed.add('dies')
    if (had(process, 'pauses')) needed.add('stands still')
    if (had(process, 'silence', plan.store)) needed.add('cannot tell the store')
  }
  return [...needed]
}

const isMeanwhile = (run: HandlerRun, other: HandlerRun): boolean =>
  other !== run && other.from < (run.to ?? Infinity) && run.from < (other.to ?? Infinity)

/** src/events/README.md: handlers of one job run one after the other in a process, unless one ignores its end. */
function handlersTakeTurns({ runs }: Scenario): void {
  const meet = (run: HandlerRun, other: HandlerRun) =>
    run.event.jobId === other.event.jobId && run.process === other.process && isMeanwhile(run, other)
  if (runs.some((run) => runs.some((other) => meet(run, other) && !run.isLate() && !other.isLate())))
    throw new Broken('handlers of one job run one after the other', '')
}

/**
 * src/once/README.md: one effect per verdict, whatever crashes wherever, and again once another verdict had taken its
 * place; effects of one job one after the other; `earlier` is what was said of the job before.
 */
function effectsAreInOrder({ postgres, runs, events }: Scenario): void {
  for (const job of new Set(events.map(({ jobId }) => jobId))) {
    const ofJob = events.filter(({ jobId }) => jobId === job)
    const effects = postgres.effects.filter(({ event }) => ofJob.some(({ id }) => id === event))
    const signedAt = (id: string) =>
      ofJob.filter((event) => event.id === id).map(({ delivery }) => Number(delivery.signedAt))
    for (const [i, effect] of effects.entries()) {
      const former = effects[i - 1]
      // By the times in their signatures: two may be of one moment, and come in another order.
      const hasGone = ({ verdictId, delivery }: SmileIdEvent) =>
        verdictId !== effect.verdict
        && Number(delivery.signedAt) >= Math.min(...signedAt(former?.event ?? ''))
        && Number(delivery.signedAt) <= Math.max(...signedAt(effect.event))
      if (former?.verdict === effect.verdict && !ofJob.some(hasGone))
        throw new Broken('one effect per verdict', `two for ${job}`)
      const isResult = ({ event }: Done) =>
        event !== effect.event && ofJob.some(({ id, kind }) => id === event && kind === 'result')
      const before = effects.slice(0, i).filter(isResult)
      const lacking = before.find(({ event }) => !effect.earlier.includes(event))
      if (lacking) throw new Broken('a handler is told what was said before', `${effect.event} not of ${lacking.event}`)
    }
    const done = runs.filter((run) => run.hasSucceeded && run.event.jobId === job)
    if (done.some((run) => done.some((other) => isMeanwhile(run, other))))
      throw new Broken('effects of one job happen one after the other', job)
  }
}

/** src/once/README.md: a failed event is as if new, its claim was given back; a claim ends with its lease. */
function inProgressMeansWork({ name, deliveries }: Callback, { world, redis }: Scenario): void {
  const isTrouble = world.faults.some(
    ({ fault, call: { to, what } }) =>
      fault.startsWith('dies')
      || fault === 'pauses'
      || (to === 'redis' && (fault === 'silence' || (fault === 'late' && what.startsWith('reserve')))),
  )
  for (const { code, from, to = 0 } of deliveries) {
    if (code !== 'in_progress' || isTrouble) continue
    const isWork = deliveries.some(
      (other: Delivered) => other.from <= to && (other.to ?? Infinity) >= from && other.code !== code,
    )
    if (!isWork) throw new Broken('a claim is given back', `${name} was in progress while nobody worked on it`)
  }
  if (redis.most.claimMs > leaseMs) throw new Broken('a claim ends with its lease', `${redis.most.claimMs} ms`)
}

/** SECURITY.md: let nobody in. */
function refusedChangesNothing({ name, deliveries }: Callback): void {
  for (const { status, code } of deliveries)
    if (code !== 'shutting_down' && (status !== 401 || code !== 'signature_mismatch'))
      throw new Broken('a refused delivery changes nothing', name)
}

const isDenied = (callback: Callback, { smileId }: Scenario): boolean =>
  callback.payload['ResultCode'] === '0810' && !smileId.isCurrent(callback)

/** src/confirm/README.md: what Smile ID does not confirm is refused, and reaches no handler. */
function deniedIsNotHandled({ name, id, deliveries }: Callback, { events }: Scenario): void {
  if (deliveries.some(({ status }) => status === 200) || (id !== undefined && events.some((event) => event.id === id)))
    throw new Broken('what is not confirmed is not handled', name)
}

function everyDeliveryIsAnswered({ name, deliveries }: Callback): void {
  for (const { status, task } of deliveries)
    if (status === undefined && task.process.alive) throw new Broken('every delivery is answered', name)
}

/** src/reconcile/README.md: a callback that was handled makes its verdict known, whatever words Smile ID has for it. */
function reconcilingSettles({ plan, reconciled, world, smileId }: Scenario): void {
  // A deployment turns callbacks away: then it is first. One that returned is known by its own words alone.
  if (!plan.reconciles || world.faults.length > 0 || plan.deploysAt !== undefined || hasReturned(smileId)) return
  const handled = reconciled.reduce((sum, run) => sum + run.handled, 0)
  if (handled > 0) throw new Broken('what was handled is known', `reconcile handled ${handled} of it`)
}

/** Whether a verdict came back after another one had taken its place. Reviews take the place of none. */
const hasReturned = ({ callbacks }: SmileId): boolean => {
  const said = callbacks.filter((one) => isVerdict(one) && one.payload['ResultCode'] !== '0812')
  const of = ({ ids, payload }: Callback) => `${ids.jobId} ${String(payload['ResultCode'])}`
  const isOther = (one: Callback, first: Callback) => one.ids.jobId === first.ids.jobId && of(one) !== of(first)
  return said.some((first, i) => {
    const other = said.findIndex((one, at) => at > i && isOther(one, first))
    return other >= 0 && said.slice(other).some((one) => of(one) === of(first))
  })
}

/** src/once/README.md: one key for each event and for each verdict, kept for a week. */
function storeIsBounded({ plan, redis, postgres, smileId }: Scenario): void {
  // Told when asked, it is an event of its own.
  const most = (plan.reconciles ? 3 : 2) * smileId.callbacks.length
  const keys = Math.max(redis.most.keys, postgres.mostEvents)
  if (keys > most) throw new Broken('a store keeps events and verdicts', `${keys} keys for ${most}`)
  if (redis.most.doneMs > ttlMs) throw new Broken('a store keeps events and verdicts', 'for longer than a week')
}
