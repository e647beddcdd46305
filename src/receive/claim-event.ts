import { refuseUnexpected } from './diagnose/inside.ts'
import type { NewEvent } from '../events/build.ts'
import { claimAndRun } from '../once/claim.ts'
import { isNoted, noteVerdict } from '../once/verdicts.ts'
import type { Refusal } from '../report/refusal.ts'
import { endOfClaim, isFinished } from './claim-end.ts'
import type { Config } from './config.ts'
import type { InFlight } from './in-flight.ts'
import type { End, Trace } from './trace.ts'
import { factsOfFinished, workOn, type Consumers, type ToWorkOn } from './work.ts'

/** What handling an event needs of its receiver. */
export interface Handling {
  readonly config: Config
  readonly consumers: Consumers
  readonly inFlight: InFlight
}

/** The same, not handled before. */
export interface Ready extends ToWorkOn {
  readonly event: NewEvent
}

/** Claim, then handlers or inbox: the same for what was delivered and for what was asked. `check` may refuse it once it is claimed. */
export async function claimEvent(ready: Ready, { config, consumers, inFlight }: Handling, trace: Trace, check?: () => Promise<Refusal | undefined>): Promise<End> {
  const { event } = ready
  const claimed = await claimAndRun<End>(event.id, config.once, isFinished, async () => {
    trace.reached('claimed')
    try {
      const refused = check && (await check())
      if (refused) return refused
      const { end, facts } = await workOn(ready, config.inbox, consumers)
      Object.assign(trace.facts, facts)
      return end
    } catch (error) {
      return refuseUnexpected(error)
    }
  })
  const noting = claimed.claim.end === 'completed' && isNoted(event) ? noteVerdict(event.verdictId, config.once) : undefined
  // Whoever waits for the answer need not wait for these.
  for (const going of [claimed.pending, noting]) if (going) void inFlight.run(() => going)
  const { end, hint, retryAfter } = endOfClaim(claimed, config.once.leaseMs)
  trace.facts.claim = claimed.claim
  if (hint !== undefined) trace.facts.hint = hint
  if (retryAfter !== undefined) trace.facts.retryAfter = retryAfter
  if (end === 'duplicate' && config.inbox) Object.assign(trace.facts, await factsOfFinished(event.id, config.inbox))
  return end
}
