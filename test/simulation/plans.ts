import { v1Payload, v3Payload } from '../support/deliveries.ts'
import type { Plan } from './scenario.ts'
import type { Told } from './smile-id.ts'
import { minute } from './world.ts'

const { PartnerParams } = v1Payload

/** Job `n`: under review, approved, and the same approval with another confidence, which is an event of its own. */
function enrolled(n: number): Told[] {
  const ids = { jobId: `job-${n}`, userId: 'user-1' }
  const base = { ...v1Payload, SmileJobID: `000000000${n}`, PartnerParams: { ...PartnerParams, job_id: ids.jobId } }
  const told = (name: string, change: object, kind: Told['kind'] = 'genuine'): Told => ({
    name: `${name} ${n}`,
    generation: 'v1',
    ids,
    payload: { ...base, ...change },
    kind,
  })
  return [
    told('under review', { ResultCode: '0812', ResultText: 'Provisional', ConfidenceValue: '70' }),
    told('approved', {}),
    told('approved again', { ConfidenceValue: '97' }),
    told('rejected', { ResultCode: '0811', ResultText: 'Rejected by a person', ConfidenceValue: '12' }),
    told('id info', {
      ResultCode: '1012',
      ResultText: 'ID Number Validated',
      Actions: { Verify_ID_Number: 'Verified' },
    }),
    told("another account's", { PartnerParams: { ...base.PartnerParams, account_id: 'acc-2' } }, 'other account'),
    told('forged', {}, 'forged'),
  ]
}

/** A document that went to review and came back approved, in v3. */
function checked(n: number): Told[] {
  const ids = { jobId: `job-v3-${n}`, userId: 'user-1' }
  const told = (name: string, change: object): Told => ({
    name: `${name} ${n}`,
    generation: 'v3',
    ids,
    payload: { ...v3Payload, ...change },
    kind: 'genuine',
  })
  return [
    told('in review, v3', { status: 'processing', message: 'Under review' }),
    told('clear, v3', {}),
    told('block, v3', { status: 'block', message: 'Verification failed', reason: 'Document expired' }),
  ]
}

const jobs = [enrolled(1), enrolled(2), checked(3)] as const
const [first] = jobs

const small = { processes: 2, effect: 'mail', inbox: 'none', store: 'redis' } as const

/** Worlds that are small enough for every schedule. */
export const smallPlans: Readonly<Record<string, Plan>> = {
  'one callback, up to two faults': { ...small, callbacks: first.slice(1, 2), faults: 2 },
  'one callback, a store in Postgres, up to one fault': {
    ...small,
    store: 'postgres',
    callbacks: first.slice(1, 2),
    faults: 1,
  },
  'one callback in a transaction, up to one fault': {
    ...small,
    effect: 'transaction',
    callbacks: first.slice(1, 2),
    faults: 1,
  },
  'two callbacks of one verdict in transactions, no fault': {
    ...small,
    effect: 'transaction',
    callbacks: first.slice(1, 3),
    faults: 0,
  },
}

/** Every schedule of these takes minutes. */
export const largerPlans: Readonly<Record<string, Plan>> = {
  'two callbacks of one job, up to one fault': { ...small, callbacks: first.slice(1, 3), faults: 1 },
}

/** One that is too large for that, by far. */
export const largePlan: Plan = { ...small, callbacks: first.slice(0, 3), faults: 2 }

/** A larger world by chance: one or two jobs, of one or two products. */
export function planBy(next: () => number): Plan {
  const pick = <T>(list: readonly T[]): T => list[Math.floor(next() * list.length)]!
  const any = (list: readonly Told[], most: number) => {
    const from = Math.floor(next() * list.length)
    return [...list.slice(from), ...list.slice(0, from)].slice(0, pick([1, 1, most]))
  }
  const effect = pick(['mail', 'transaction'] as const)
  const inbox = pick(['none', 'none', 'none', 'bullmq', 'pg-boss'] as const)
  const callbacks = [...any(pick(jobs), 3), ...(next() < 0.2 ? any(pick(jobs), 2) : [])]
  const isPlain = callbacks.every(({ generation, kind }) => generation === 'v1' && kind === 'genuine')
  const processes = pick([1, 2, 2, 2, 3])
  const isAlone = processes === 1 && inbox === 'none' && next() < 0.3
  const plan: Plan = {
    processes,
    callbacks: callbacks.filter((one, i) => callbacks.indexOf(one) === i),
    faults: pick([1, 2, 3, 5]),
    store: isAlone ? 'memory' : pick(['redis', 'redis', 'postgres']),
    effect,
    inbox,
    reconciles: isPlain && inbox === 'none' && !isAlone && next() < 0.3,
    replays: next() < 0.1,
    skewMs: pick([0, 0, -4, 4]) * minute,
    ...(next() < 0.1 && { deploysAt: pick([0, 0, 15_000, 40_000]) }),
    mixes: !isAlone && next() < 0.15,
  }
  const isAskable = !plan.reconciles && plan.callbacks.every(({ generation }) => generation === 'v1')
  return isAskable && next() < 0.2 ? { ...plan, confirms: true, callbacks: plan.callbacks.map(invented) } : plan
}

/** What would be the verdict of another account is none that Smile ID knows. */
const invented = (one: Told): Told => (one.kind === 'other account' ? { ...one, kind: 'invented' } : one)
