import { v1Payload } from '../support/deliveries.ts'
import type { Callback } from './smile-id.ts'

const callback = (name: string, payload: Record<string, unknown>, isGenuine = true): Callback => ({
  name,
  payload,
  isGenuine,
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
    callback(`under review ${n}`, told({ ResultCode: '0812', ResultText: 'Provisional', ConfidenceValue: '70' })),
    callback(`approved ${n}`, told({})),
    callback(`approved again ${n}`, told({ ConfidenceValue: '97' })),
  ]
}

/** A callback of the job under the key of somebody else. */
export const forged = (n: number): Callback => ({ ...jobOf(n)[1]!, name: `forged ${n}`, isGenuine: false })

/** Worlds that are small enough for every schedule, with the fewest first. */
export const exhaustivePlans = [
  { callbacks: 1, faults: 1 },
  { callbacks: 1, faults: 2 },
  { callbacks: 2, faults: 1 },
].map(({ callbacks, faults }) => ({
  name: `two processes, ${callbacks} of a job's callbacks, up to ${faults} faults`,
  plan: { processes: 2, callbacks: jobOf(1).slice(1, 1 + callbacks), faults },
}))
