import type { Callback, Delivered } from './smile-id.ts'
import type { HandlerRun, Scenario } from './scenario.ts'
import { Broken, type Fault, type Process } from './world.ts'

/** Why an event may be handled twice, and by which words SECURITY.md says so. */
export const excuses = {
  'outlives handlerTimeout': /outlives `handlerTimeout`/,
  dies: /process dies/,
  'stands still': /stands still|paused/,
  'cannot tell the store': /cannot (?:tell|reach) the store/,
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
    const runs = scenario.runs.filter(({ id }) => id === callback.id)
    if (!callback.isGenuine) refusedChangesNothing(callback)
    else {
      nothingIsLost(callback, runs, scenario)
      comesThrough(callback, scenario)
      if (plan.effect === 'mail') handledOnce(callback, runs, scenario, seen)
      if (plan.inbox === 'none' && !plan.reconciles) inProgressMeansWork(callback, scenario)
    }
    everyDeliveryIsAnswered(callback)
  }
  if (plan.effect === 'transaction') oneEffectPerVerdict(scenario)
  reconcilingSettles(scenario)
  storeIsBounded(scenario)
}

/** SECURITY.md: lose nothing. src/once/README.md: no handler that failed is answered 200. */
function nothingIsLost({ name, id, deliveries }: Callback, runs: readonly HandlerRun[], scenario: Scenario): void {
  const { plan, queue, postgres } = scenario
  const isDead = [...queue.jobs.values()].some((job) => job.state === 'failed' && job.id.replaceAll('-', '') === id)
  const verdict = runs[0]?.verdictId ?? scenario.runs.find((run) => run.id === id)?.verdictId
  for (const { status, to = 0 } of deliveries) {
    // Handled by then, or with an inbox by the end.
    const by = plan.inbox === 'none' ? to : Infinity
    const isHandled =
      plan.effect === 'mail'
        ? runs.some((run) => run.hasSucceeded && (run.to ?? Infinity) <= by)
        : verdict === undefined
          ? postgres.effects.length > 0
          : postgres.effects.some((effect) => effect.verdict === verdict && effect.step <= by)
    if (status === 200 && !isHandled && !isDead) throw new Broken('what is answered 200 is handled', `${name} was not`)
  }
}

/** 503 says "come again": within Smile ID's four tries it is handled, unless a fault of a minute took three of them. */
function comesThrough({ name, taken }: Callback, { world: { faults } }: Scenario): void {
  const mayGiveUp =
    faults.length > 2
    || (faults.length > 1
      && faults.some(({ fault }) => ['silence', 'pauses', 'late', 'is lost', 'reply lost'].includes(fault)))
  if (!taken && !mayGiveUp) throw new Broken('what comes again is handled', `${name} was refused four times`)
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

function excusesOf(runs: readonly HandlerRun[], { plan, world }: Scenario): Excuse[] {
  if (plan.inbox !== 'none') return world.faults.length > 0 ? ['workers'] : []
  const had = (process: Process, fault: Fault, to?: string) =>
    world.faults.some((one) => one.fault === fault && one.call.task.process === process && (!to || one.call.to === to))
  const needed = new Set<Excuse>()
  for (const { process, isLate } of runs) {
    if (isLate()) needed.add('outlives handlerTimeout')
    if (had(process, 'dies before') || had(process, 'dies after')) needed.add('dies')
    if (had(process, 'pauses')) needed.add('stands still')
    if (had(process, 'silence', 'store')) needed.add('cannot tell the store')
  }
  return [...needed]
}

/** src/once/README.md: one effect per verdict, whatever crashes wherever; effects of one job one after the other. */
function oneEffectPerVerdict({ postgres, smileId, runs }: Scenario): void {
  for (const { name, id } of smileId.callbacks) {
    const verdict = runs.find((run) => run.id === id)?.verdictId
    const effects = postgres.effects.filter((effect) => effect.verdict === verdict)
    if (effects.length > 1) throw new Broken('one effect per verdict', `${effects.length} for ${name}`)
  }
  const done = runs.filter(({ hasSucceeded }) => hasSucceeded)
  for (const run of done)
    if (
      done.some((other) => other !== run && other.jobId === run.jobId && other.from < run.to! && run.from < other.to!)
    )
      throw new Broken('effects of one job happen one after the other', run.jobId)
}

/** src/once/README.md: a failed event is as if new, its claim was given back; a claim ends with its lease. */
function inProgressMeansWork({ name, deliveries }: Callback, { world, store }: Scenario): void {
  const isTrouble = world.faults.some(
    ({ fault, call: { to, what } }) =>
      fault.startsWith('dies')
      || fault === 'pauses'
      || (to === 'store' && (fault === 'silence' || (fault === 'late' && what.startsWith('reserve')))),
  )
  for (const { code, from, to = 0 } of deliveries) {
    if (code !== 'in_progress' || isTrouble) continue
    const isWork = deliveries.some(
      (other: Delivered) => other.from <= to && (other.to ?? Infinity) >= from && other.code !== code,
    )
    if (!isWork) throw new Broken('a claim is given back', `${name} was in progress while nobody worked on it`)
  }
  if (store.longest.leaseMs > leaseMs) throw new Broken('a claim ends with its lease', `${store.longest.leaseMs} ms`)
}

/** SECURITY.md: let nobody in. */
function refusedChangesNothing({ name, deliveries }: Callback): void {
  for (const { status, code } of deliveries)
    if (status !== 401 || code !== 'signature_mismatch') throw new Broken('a refused delivery changes nothing', name)
}

function everyDeliveryIsAnswered({ name, deliveries }: Callback): void {
  for (const { status, task } of deliveries)
    if (status === undefined && task.process.alive) throw new Broken('every delivery is answered', name)
}

/** src/reconcile/README.md: a callback that was handled makes its verdict known, whatever words Smile ID has for it. */
function reconcilingSettles({ plan, reconciled, world }: Scenario): void {
  if (!plan.reconciles || world.faults.length > 0) return
  const handled = reconciled.reduce((sum, run) => sum + run.handled, 0)
  if (handled > 0) throw new Broken('what was handled is known', `reconcile handled ${handled} of it`)
}

/** src/once/README.md, Room: one key for each event and for each verdict, kept for a week. */
function storeIsBounded({ plan, store, smileId }: Scenario): void {
  // Told when asked, it is an event of its own.
  const most = (plan.reconciles ? 3 : 2) * smileId.callbacks.length
  if (store.peak > most) throw new Broken('a store keeps events and verdicts', `${store.peak} keys for ${most}`)
  if (store.longest.ttlMs > ttlMs) throw new Broken('a store keeps events and verdicts', 'for longer than a week')
}
