import { type JobState, mergeJob } from '../../events/merge-job.ts'
import type { Credential } from '../../options/types.ts'
import { codes, type ReportCode } from '../../report/codes.ts'
import type { SmileIdEvent } from '../../types/event.ts'
import { type Mistake, mistake } from '../inspect/causes.ts'
import { inspect } from '../inspect/inspect.ts'
import { eventFacts } from '../inspect/print.ts'
import { type Step, stepsOf } from '../inspect/steps.ts'
import { bodyText, type Capture } from '../shared/body.ts'

/** One delivery as the page shows it: identity data is masked. */
export interface Shown {
  n: number
  at: string
  path: string
  status: number
  code: string
  what: string
  jobId: string | undefined
  steps: Step[]
  cause: Mistake | undefined
  event: object | undefined
  /** State of the job after this delivery, by mergeJob. */
  state: string | undefined
}

/** A delivery, and its answer. */
export interface Came {
  capture: Capture
  path: string
  status: number
  /** The answer's code; undefined if it was not the router's. */
  code: ReportCode | undefined
  /** Then an explanation of the answer. */
  wrong?: Mistake | undefined
}

interface Kept {
  shown: Shown
  capture: Capture
  event: SmileIdEvent | undefined
}

const most = 200
/** Total size of bodies, bytes. */
const mostBytes = 64 * 1_048_576

/** The last deliveries, as they are needed to show and to send them again. */
export class History {
  readonly #kept: Kept[] = []
  readonly #jobs = new Map<string, JobState>()
  #bytes = 0
  #count = 0

  get shown(): readonly Shown[] {
    return this.#kept.map(({ shown }) => shown)
  }

  capture(n: number): Capture | undefined {
    return this.#find(n)?.capture
  }

  /** The event with its identity data. */
  data(n: number): object | undefined {
    const event = this.#find(n)?.event
    return event && eventFacts(event, true)
  }

  async add(came: Came, credentials: readonly Credential[]): Promise<Shown> {
    const { capture, path, status, wrong } = came
    const inspection = await inspect(capture, { credentials, allowedIps: false })
    const { event } = inspection
    const code = this.#isKnown(event) && came.code === 'accepted' ? 'duplicate' : came.code
    const own = code ?? inspection.code
    // The answer counts; the local judgement is used if both agree, or if the answer says more than "accepted".
    const agrees = own === inspection.code || (codes[own].status === 200 && inspection.status === 200)
    const cause = wrong ?? (status === 200 ? undefined : agrees ? inspection.cause : refusedBy(own, event))
    const isHandled = event !== undefined && status === 200 && !wrong
    this.#count += 1
    const shown: Shown = {
      n: this.#count,
      at: (capture.receivedAt ?? new Date()).toISOString(),
      path,
      status,
      code: code ?? wrong?.name ?? 'other answer',
      what: wordsOf(event),
      jobId: event?.jobId,
      event: event && eventFacts(event, false),
      state: isHandled ? this.#merge(event) : undefined,
      steps: wrong ? [] : agrees ? inspection.steps : stepsOf({ code: own, status, stages: [] }, {}),
      cause,
    }
    this.#keep({ shown, capture, event })
    return shown
  }

  /** The router answers the first delivery and a duplicate alike. */
  #isKnown(event: SmileIdEvent | undefined): boolean {
    return this.#kept.some(({ event: other, shown }) => other?.id === event?.id && shown.state !== undefined)
  }

  #merge(event: SmileIdEvent): string {
    const state = mergeJob(this.#jobs.get(event.jobId), event)
    this.#jobs.delete(event.jobId)
    this.#jobs.set(event.jobId, state)
    if (this.#jobs.size > most) this.#jobs.delete(this.#jobs.keys().next().value ?? '')
    return stateWords(state)
  }

  #keep(kept: Kept): void {
    this.#kept.push(kept)
    this.#bytes += sizeOf(kept)
    while (this.#kept.length > most || (this.#bytes > mostBytes && this.#kept.length > 1)) {
      const dropped = this.#kept.shift()
      if (dropped) this.#bytes -= sizeOf(dropped)
    }
  }

  #find(n: number): Kept | undefined {
    return this.#kept.find(({ shown }) => shown.n === n)
  }
}

const sizeOf = ({ capture }: Kept): number => bodyText(capture).length

/** An answer names no path of a schema, so the page names the params that it was given. */
function refusedBy(code: ReportCode, event: SmileIdEvent | undefined): Mistake {
  if (code !== 'invalid_partner_params' || !event) return mistake(code)
  const names = Object.keys(event.partnerParams).map((name) => `partner_params.${name}`)
  return mistake(
    code,
    `The app's schema of partnerParams refuses ${names.join(', ') || 'a callback without partner params'}. The log line of the app names the paths that are wrong or missing.`,
  )
}

function wordsOf(event: SmileIdEvent | undefined): string {
  if (!event) return 'not read as an event'
  const said =
    event.kind === 'result' ? event.outcome : event.kind === 'id_info' ? `ID look-up ${event.idStep}` : event.kind
  return `${event.product}, ${said}`
}

function stateWords({ verdict, idInfo, suspects }: JobState): string {
  const parts = [
    verdict ? `${verdict.outcome} ${verdict.final ? '(final)' : '(not final)'}` : 'no verdict yet',
    ...(idInfo ? [`ID look-up ${idInfo.idStep}`] : []),
    ...(suspects.length > 0 ? [`${suspects.length} suspects`] : []),
  ]
  return parts.join(', ')
}
