import { type JobState, mergeJob } from '../../events/merge-job.ts'
import type { Credential } from '../../options/types.ts'
import { codes, type ReportCode } from '../../report/codes.ts'
import type { SmileIdEvent } from '../../types/event.ts'
import { type Mistake, mistakeOfCode } from '../inspect/causes.ts'
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
  jobId?: string
  steps: Step[]
  cause?: Mistake
  event?: object
  /** State of the job after this delivery, by mergeJob. */
  state?: string
}

/** A delivery, and its answer. */
export interface Came {
  capture: Capture
  path: string
  status: number
  /** The answer's code; undefined if it was not the router's. */
  code: ReportCode | undefined
  /** Then an explanation of the answer. */
  wrong?: Mistake
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

  async add({ capture, path, status, code, wrong }: Came, credentials: readonly Credential[]): Promise<Shown> {
    const inspection = await inspect(capture, { credentials, allowedIps: false })
    const { event } = inspection
    // The answer counts; the local judgement is used if both agree, or if the answer says more than "accepted".
    const agrees =
      code === undefined || code === inspection.code || (codes[code].status === 200 && inspection.status === 200)
    const own = code ?? inspection.code
    this.#count += 1
    const cause = wrong ?? (agrees ? inspection.cause : mistakeOfCode(own, undefined))
    const shown: Shown = {
      n: this.#count,
      at: (capture.receivedAt ?? new Date()).toISOString(),
      path,
      status,
      code: code ?? wrong?.name ?? 'other answer',
      what: wordsOf(event),
      ...(event && {
        jobId: event.jobId,
        event: eventFacts(event, false),
        ...(!wrong && { state: this.#merge(event) }),
      }),
      steps: wrong ? [] : agrees ? inspection.steps : stepsOf({ code: own, status, stages: [] }, {}),
      ...(cause && (wrong ?? status !== 200) && { cause }),
    }
    this.#keep({ shown, capture, event })
    return shown
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

function wordsOf(event: SmileIdEvent | undefined): string {
  if (!event) return 'not read as an event'
  const said =
    event.kind === 'result' ? event.outcome : event.kind === 'id_info' ? `ID look-up ${event.idStep}` : event.kind
  return `${event.product}, ${said}`
}

export function stateWords({ verdict, idInfo, suspects }: JobState): string {
  const parts = [
    verdict ? `${verdict.outcome} ${verdict.final ? '(final)' : '(not final)'}` : 'no verdict yet',
    ...(idInfo ? [`ID look-up ${idInfo.idStep}`] : []),
    ...(suspects.length > 0 ? [`${suspects.length} suspects`] : []),
  ]
  return parts.join(', ')
}
