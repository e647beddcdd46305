import { inOrder, type RepeatedCallback, verdictOf } from '../confirm/answer.ts'
import type { Environment } from '../confirm/api.ts'
import { verdictId } from '../events/id.ts'
import { claimAndRun, isNoted, verdictKey, wasDone } from '../once/claim.ts'
import type { Decoded } from '../payload/decoded.ts'
import { decodeV3 } from '../payload/v3/decode.ts'
import type { AskedFact, ReceiverAccess } from '../receive/asked.ts'
import type { Candidate } from '../receive/guards/signature.ts'
import { parseTimestamp } from '../signature/sign.ts'
import { isRefusal } from '../report/refusal.ts'
import type { ReportCode } from '../report/report.ts'
import { askAbout, isNotFound, type Means, refusal, type Said } from './ask.ts'
import type { JobToAsk, ReconcileFailure, Settled, V1Job, V3Job } from './job.ts'

/** Context in which jobs are settled. */
export interface Settling extends Means {
  readonly receiver: ReceiverAccess
  readonly environment: Environment
  /** Time before a requested replay is requested again, ms. */
  readonly replayAgainMs: number
  /** Lease of the claim on a replay, ms. */
  readonly replayLeaseMs: number
  /** Hears of a job that Smile ID has not finished. `saidAt`: when its provisional result was signed, epoch ms. */
  readonly notDone: (job: JobToAsk, saidAt?: number) => 'processing'
}

/** `held`: another process is working on it, so it must be asked about again later. */
type Ended = Settled | 'held'

const failed = (reason: ReconcileFailure) => ({ failed: reason })

function storeFailed(error: unknown, { tell }: ReceiverAccess): Settled {
  tell(error, { where: 'store' })
  return failed('store_unavailable')
}

/** Asks about a job, and acts on the answer. */
export async function settle(job: JobToAsk, settling: Settling): Promise<Ended> {
  const candidates = await credentialsFor(job, settling)
  if (!candidates) return failed('credentials_unavailable')
  const said = await askAbout(job, candidates, settling)
  if (said.is === 'v1') return settleV1(job as V1Job, said, settling)
  if (said.is === 'v3') return settleV3(job as V3Job, said, settling)
  if (said.is === 'failed') return failed(said.reason)
  return said.is === 'not_found' ? 'notFound' : settling.notDone(job)
}

/** The option `credentials`, for the delivery that the job's callback would have been. */
async function credentialsFor(
  { generation, params }: JobToAsk,
  { receiver, environment }: Settling,
): Promise<readonly Candidate[] | undefined> {
  const candidates = await receiver.config.candidates(generation, {
    method: 'POST',
    headers: {},
    body: undefined,
    params,
  })
  if (isRefusal(candidates)) {
    receiver.tell(candidates.thrown?.error, { where: 'credentials' })
    return undefined
  }
  const other = environment === 'production' ? 'sandbox' : 'production'
  return candidates.filter(({ credential }) => credential.environment !== other)
}

/** How a job of these report codes ended. The others are failures. */
const endOf: Partial<Record<ReportCode, Ended>> = {
  accepted: 'handled',
  handler_rejected: 'handled',
  // No subscription matches: there is nothing to do, in this run or the next.
  unhandled: 'known',
  duplicate: 'known',
  in_progress: 'held',
}

/**
 * Handles everything in a v1 answer that was not handled before: steps and stages in the order they came, then the
 * verdict that holds.
 */
async function settleV1(
  job: V1Job,
  { status, credential, answeredAt }: Said<Candidate> & { is: 'v1' },
  { receiver, notDone }: Settling,
): Promise<Ended> {
  const { told } = status
  // Each by itself, as callbacks are: a step whose handler always fails must not keep the verdict back.
  const ends: Ended[] = []
  for (const one of inOrder(status)) ends.push(await handleIfNew(one))
  const is = (end: Ended) => ends.includes(end)
  if (is('held')) return 'held'
  const failure = ends.find((end) => typeof end === 'object')
  if (failure) return failure
  return is('dead') ? 'dead' : is('handled') ? 'handled' : status.holding ? 'known' : notDone(job, signedAt(told[0]))

  function factOf(decoded: Decoded): AskedFact {
    return { decoded, credential, reference: job.reference, params: job.params ?? {} }
  }

  async function hand({ decoded }: RepeatedCallback): Promise<Ended> {
    const { code, isDead } = await receiver.receiveAsked({ ...factOf(decoded), answeredAt })
    if (isDead) return 'dead'
    return endOf[code] ?? failed(code as ReconcileFailure)
  }

  /**
   * One verdict or step comes in several wordings: if one was handled, by a callback or an earlier run, it is known. Of
   * a verdict that returned after another one, only those that came since count.
   */
  async function handleIfNew(news: RepeatedCallback): Promise<Ended> {
    const ids = await receiver.idsOf(factOf(news.decoded))
    const since = sinceReturn(news)
    const keys = ids && isNoted(news.decoded.meaning) && since === told ? [verdictKey(ids.verdictId)] : []
    const eventIds = ids ? [ids.id] : []
    for (const one of since.filter((other) => other !== news && isNoted(other.decoded.meaning))) {
      const other = await receiver.idsOf(factOf(one.decoded))
      if (!other || other.verdictId !== ids?.verdictId || other.id === ids.id) continue
      keys.push(other.id)
      eventIds.push(other.id)
    }
    for (const key of keys) {
      const done = await wasDone(key, receiver.config.once)
      if ('failed' in done) return storeFailed(done.error, receiver)
      if (done.value) return (await receiver.isDead(eventIds)) ? 'dead' : 'known'
    }
    return hand(news)
  }

  /** All that was told, or what came after another verdict had taken the place of this one. */
  function sinceReturn(news: RepeatedCallback): readonly RepeatedCallback[] {
    const verdict = verdictOf(news)
    const other = told.findIndex((one) => ![undefined, verdict].includes(verdictOf(one)))
    const hasReturned =
      verdict !== undefined && other >= 0 && told.slice(other).some((one) => verdictOf(one) === verdict)
    return hasReturned ? told.slice(0, other) : told
  }
}

/** When a repeated callback was signed, epoch ms. */
const signedAt = (one: RepeatedCallback | undefined): number | undefined => {
  const { timestamp } = one?.entry ?? {}
  return typeof timestamp === 'string' || typeof timestamp === 'number' ? parseTimestamp(String(timestamp)) : undefined
}

/** Requests another delivery of a v3 verdict that was not handled. */
async function settleV3(
  job: V3Job,
  { status, credential }: Said<Candidate> & { is: 'v3' },
  settling: Settling,
): Promise<Ended> {
  const { receiver, api, asker, replayAgainMs, replayLeaseMs } = settling
  const { once } = receiver.config
  const decoded = decodeV3({ status }, { jobId: job.jobId })
  if (!decoded) return failed('unknown_status')
  const verdict = verdictId(credential, decoded)
  const known = await wasDone(verdictKey(verdict), once)
  if ('failed' in known) return storeFailed(known.error, receiver)
  if (known.value) return 'known'
  const { claim, end, trouble } = await claimAndRun<Ended>(
    `replay:${verdict}`,
    { ...once, leaseMs: replayLeaseMs, ttlMs: replayAgainMs, onStoreError: 'refuse' },
    (ended) => ended === 'replayed',
    async () => {
      const answer = await asker.ask((signal) => api.replay(credential, job.jobId, signal), false)
      if (typeof answer === 'string') return failed(answer)
      if (answer.status === 202) return 'replayed'
      if (answer.status === 409) return 'processing'
      const said = refusal(answer, (body) => isNotFound(body, job.jobId))
      return said.is === 'failed' ? failed(said.reason) : 'notFound'
    },
  )
  if (end) return end
  if (claim.reservation === 'unavailable') return storeFailed(trouble?.error, receiver)
  return claim.reservation === 'done' ? 'processing' : 'held'
}
