import { definedOnly } from '../lib/json.ts'
import type { SmileIdEvent, Suspect } from '../types/event.ts'
import type { Kind, Outcome, Product } from '../types/names.ts'
import type { LoosePayload } from '../types/payload/fields.ts'

/** One event of a job, without identity data. */
export interface JobStep {
  /** `event.id`. */
  readonly id: string
  /** As on the event. */
  readonly kind: Kind
  /** As on the event. */
  readonly product: Product
  /** ISO; the earliest, if the fact was delivered more than once. */
  readonly signedAt: string
  /** v1 `ResultCode`. */
  readonly code?: string
  /** v3 `status`. */
  readonly status?: string
  /** v3 `reason`. */
  readonly reason?: string
  /** Set for a `result`. */
  readonly outcome?: Outcome
  /** Set for a `result`. */
  readonly final?: boolean
  /** Set for an `id_info`. */
  readonly idStep?: 'passed' | 'failed' | 'error'
}

/** The current verdict. */
export interface JobVerdict {
  /** `id` of the event that brought it. */
  readonly eventId: string
  /** As on that event. */
  readonly outcome: Outcome
  /** False until a final result has come. */
  readonly final: boolean
  /** ISO. */
  readonly signedAt: string
}

/** An ID look-up of a biometric job: a step, not the verdict. */
export interface JobIdInfo {
  /** `event.id`. */
  readonly id: string
  /** `passed`: the ID was found. */
  readonly idStep: 'passed' | 'failed' | 'error'
  /** ISO. */
  readonly signedAt: string
  /** As sent. Identity data. */
  readonly payload: LoosePayload
}

/** State of a job, merged from its events. Plain data: it may be stored as JSON and given to `mergeJob` again. */
export interface JobState {
  /** `event.jobId`. */
  readonly jobId: string
  /** Absent before the first `result`. */
  readonly verdict?: JobVerdict
  /** The latest ID look-up. */
  readonly idInfo?: JobIdInfo
  /** Every ID look-up once, oldest first; most jobs have one. */
  readonly idInfos: readonly JobIdInfo[]
  /** Everyone suspected by any event, by user id. */
  readonly suspects: readonly Suspect[]
  /** Every event once, oldest first. */
  readonly history: readonly JobStep[]
}

/**
 * Folds one event into the state of its job; `previous` is undefined for the first.
 * Events may come in any order and more than once: the state is the same. A final verdict never falls back to a
 * provisional or unknown one; only a later final one replaces it, and one after human review outranks the machine's.
 * contract/v1.md §4.
 * @example
 * import { mergeJob } from 'express-smile-id'
 *
 * callbacks.onAny(async (event) => {
 *   await save(event.jobId, mergeJob(await load(event.jobId), event))
 * })
 * @throws TypeError if the event is of another job
 */
export function mergeJob<Params>(previous: JobState | undefined, event: SmileIdEvent<Params>): JobState {
  if (previous && previous.jobId !== event.jobId) throw new TypeError('mergeJob was given an event of another job.')
  const step = stepOf(event)
  const history = withFact(previous?.history ?? [], step)
  const idInfos = withIdInfo(previous?.idInfos ?? [], event, step.signedAt)
  return definedOnly({
    jobId: event.jobId,
    verdict: verdictOf(history),
    idInfo: idInfos.at(-1),
    idInfos,
    suspects: union(previous?.suspects ?? [], 'suspects' in event ? event.suspects : []),
    history,
  })
}

function stepOf<Params>(event: SmileIdEvent<Params>): JobStep {
  const { id, kind, product, result, delivery, outcome, final } = event
  return definedOnly({
    id,
    kind,
    product,
    signedAt: new Date(delivery.signedAt).toISOString(),
    code: result.code,
    status: result.status,
    reason: result.reason,
    outcome,
    final,
    idStep: event.kind === 'id_info' ? event.idStep : undefined,
  })
}

type Dated = Pick<JobStep, 'id' | 'signedAt'>

function withFact<T extends Dated>(known: readonly T[], fact: T): T[] {
  const same = known.find(({ id }) => id === fact.id)
  // A replay is signed anew: the fact is as old as its first delivery.
  const kept = same && !isOlder(fact, same) ? same : fact
  return [...known.filter(({ id }) => id !== fact.id), kept].sort((a, b) => (isOlder(a, b) ? -1 : 1))
}

const isOlder = (a: Dated, b: Dated): boolean => a.signedAt < b.signedAt || (a.signedAt === b.signedAt && a.id < b.id)

// A machine's verdict that is signed again may look younger than its review. contract/v1.md §3.1.
const afterReview: ReadonlySet<string> = new Set(['1210', '1211', '1212', '1220'])

/** The current verdict of a job: the latest of the highest rank. */
export function rank({ final, outcome, code }: Pick<JobStep, 'final' | 'outcome' | 'code'>): number {
  if (final !== true) return outcome === 'provisional' ? 1 : 0
  return code !== undefined && afterReview.has(code) ? 3 : 2
}

function verdictOf(history: readonly JobStep[]): JobVerdict | undefined {
  let best: JobStep | undefined
  // The oldest come first, so that the latest of one rank is kept.
  for (const step of history) if (step.kind === 'result' && (!best || rank(step) >= rank(best))) best = step
  if (best?.outcome === undefined) return undefined
  const { id: eventId, outcome, final = false, signedAt } = best
  return { eventId, outcome, final, signedAt }
}

function withIdInfo<Params>(known: readonly JobIdInfo[], event: SmileIdEvent<Params>, signedAt: string): JobIdInfo[] {
  if (event.kind !== 'id_info') return [...known]
  const { id, idStep, payload } = event
  return withFact(known, { id, idStep, signedAt, payload })
}

function union(known: readonly Suspect[], more: readonly Suspect[]): Suspect[] {
  const reasonsOf = new Map<string, Set<string>>()
  for (const { userId, reasons } of [...known, ...more])
    reasonsOf.set(userId, new Set([...(reasonsOf.get(userId) ?? []), ...reasons]))
  return [...reasonsOf]
    .map(([userId, reasons]) => ({ userId, reasons: [...reasons].sort() }))
    .sort((a, b) => (a.userId < b.userId ? -1 : 1))
}
