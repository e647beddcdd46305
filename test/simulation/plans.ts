import { v1Payload } from '../support/deliveries.ts'
import type { Plan } from './scenario.ts'
import type { Callback } from './smile-id.ts'

const callback = (name: string, payload: Record<string, unknown>, jobId: string): Callback => ({
  name,
  ids: { jobId, userId: 'user-1' },
  payload,
  isGenuine: true,
  tries: 0,
  taken: false,
  deliveries: [],
  id: undefined,
})

const { PartnerParams } = v1Payload

/** Job `n`: under review, approved, and the same approval with another confidence, which is an event of its own. */
export function jobOf(n: number): Callback[] {
  const ids = { SmileJobID: `000000000${n}`, PartnerParams: { ...PartnerParams, job_id: `job-${n}` } }
  const told = (change: object) => ({ ...v1Payload, ...ids, ...change })
  return [
    { name: 'under review', change: { ResultCode: '0812', ResultText: 'Provisional', ConfidenceValue: '70' } },
    { name: 'approved', change: {} },
    { name: 'approved again', change: { ConfidenceValue: '97' } },
  ].map(({ name, change }) => callback(`${name} ${n}`, told(change), `job-${n}`))
}

/** A callback of the job under the key of somebody else. */
export const forged = (n: number): Callback => ({ ...jobOf(n)[1]!, name: `forged ${n}`, isGenuine: false })

const small = { processes: 2, effect: 'mail', inbox: 'none', reconciles: false } as const

/** Worlds that are small enough for every schedule. */
export const exhaustivePlans: readonly { name: string; plan: Plan }[] = [
  { name: 'one callback, up to 2 faults', plan: { ...small, callbacks: jobOf(1).slice(1, 2), faults: 2 } },
  { name: 'two callbacks of a job, no fault', plan: { ...small, callbacks: jobOf(1).slice(1), faults: 0 } },
  {
    name: 'one callback in a transaction, up to 1 fault',
    plan: { ...small, effect: 'transaction', callbacks: jobOf(1).slice(1, 2), faults: 1 },
  },
  {
    name: 'two callbacks of one verdict in transactions, no fault',
    plan: { ...small, effect: 'transaction', callbacks: jobOf(1).slice(1), faults: 0 },
  },
]

/** A larger world by chance. */
export function planBy(next: () => number): Plan {
  const pick = <T>(list: readonly T[]): T => list[Math.floor(next() * list.length)]!
  const inbox = pick(['none', 'none', 'none', 'bullmq', 'pg-boss'] as const)
  const all = [...jobOf(1), ...jobOf(2)]
  const from = Math.floor(next() * 3)
  return {
    processes: pick([1, 2, 2, 2, 3]),
    callbacks: [...all.slice(from, from + pick([1, 1, 1, 2, 3])), ...(next() < 0.1 ? [forged(1)] : [])],
    faults: pick([1, 2, 3, 5]),
    effect: pick(['mail', 'transaction'] as const),
    inbox,
    reconciles: inbox === 'none' && next() < 0.1,
  }
}
